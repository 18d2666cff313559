/** A face of a stranger that is kept for comparisons. */
export interface StrangerMember {
  readonly sightingId: string
  /** [dimension], unit vector. */
  readonly embedding: Float32Array
}

/** What has to be stored of a stranger, so that it can be restored. */
export interface StrangerState {
  /** Ids of older strangers are smaller, as those of ULIDs are. */
  readonly id: string
  /** Sightings of the stranger. */
  readonly count: number
  /** [dimension], sum of the unit embeddings of all its sightings. */
  readonly sum: Float32Array
  /** The most diverse ones, at most {@link maxMembers}. */
  readonly members: readonly StrangerMember[]
}

/** Faces kept of a stranger. Keeping all finds 0.002 more of the pairs of LFW at most. */
export const maxMembers = 5
