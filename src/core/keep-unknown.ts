import { FaceError } from './errors.ts'

/**
 * What a collection keeps of faces that it could not name. Without one it keeps nothing of them.
 */
export interface KeepUnknown {
  /** How long a sighting is kept. */
  readonly hours: number
  /** How long after it was last seen a stranger is remembered that is ignored. */
  readonly ignoredHours: number
  /** Sightings beyond this number are removed, the oldest first. */
  readonly maxSightings: number
  /** Whether a picture of the face is kept with a sighting. */
  readonly crops: boolean
}

/** Changes of {@link KeepUnknown}: what is absent stays, or is as the configuration says; `null` keeps nothing any more. */
export type KeepUnknownPatch =
  | { readonly [K in keyof KeepUnknown]?: KeepUnknown[K] | undefined }
  | null

/** Three days are enough to look through a weekend's strangers on the Monday after. */
export const defaultKeepUnknown: KeepUnknown = {
  hours: 72,
  ignoredHours: 720,
  maxSightings: 50_000,
  crops: false,
}

const maxHours = 87_600
/** Embeddings of 512 values are 400 MB then. */
const mostSightings = 200_000

/** The whole numbers that are allowed; hours may be parts of one. */
export const keepUnknownRanges = {
  hours: { exclusiveMinimum: 0, maximum: maxHours },
  ignoredHours: { exclusiveMinimum: 0, maximum: maxHours },
  maxSightings: { minimum: 1, maximum: mostSightings },
} as const

/**
 * What a collection keeps after a change.
 *
 * @param current  what it keeps now
 * @param defaults  in force where neither says anything
 * @returns `null` when it keeps nothing
 * @throws {FaceError} `invalidOption` for a value out of its range
 */
export function patchKeepUnknown(
  current: KeepUnknown | undefined,
  patch: KeepUnknownPatch,
  defaults: KeepUnknown,
): KeepUnknown | null {
  if (patch === null) return null
  const base = { ...defaults, ...current }
  const kept = {
    hours: patch.hours ?? base.hours,
    ignoredHours: patch.ignoredHours ?? base.ignoredHours,
    maxSightings: patch.maxSightings ?? base.maxSightings,
    crops: patch.crops ?? base.crops,
  }
  assertHours('hours', kept.hours)
  assertHours('ignoredHours', kept.ignoredHours)
  if (
    !Number.isInteger(kept.maxSightings) ||
    kept.maxSightings < 1 ||
    kept.maxSightings > mostSightings
  ) {
    throw new FaceError('invalidOption', {
      detail: `keepUnknown.maxSightings must be a whole number from 1 to ${mostSightings}.`,
    })
  }
  if (typeof kept.crops !== 'boolean') {
    throw new FaceError('invalidOption', { detail: 'keepUnknown.crops must be true or false.' })
  }
  return kept
}

function assertHours(name: string, hours: unknown): void {
  if (typeof hours === 'number' && hours > 0 && hours <= maxHours) return
  throw new FaceError('invalidOption', {
    detail: `keepUnknown.${name} must be a number above 0, at most ${maxHours}.`,
  })
}
