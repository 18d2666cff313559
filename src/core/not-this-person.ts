import { dotProduct } from './similarity.ts'

// [Note: Not this person]
// Somebody said of a face that it is not a person: a rejection. From then on the person is no
// candidate for probes that lie nearer to the rejected face than to the nearest face of the person's
// own. The margin is 0, which was measured best: it suppresses 0.998 of the stranger's other
// photographs and at most 0.0012 of the person's own, with up to ten rejections. A margin of -0.05
// loses up to 0.0077 of the person's own, and suppressing whatever resembles the rejected face at an
// FMR of 1e-3 loses 26 to 36 % of them. See docs/decisions/0025-rejections.md.
//
// A face that was confirmed as the person counts as one of the person's own here, though nowhere
// else: where a probe is as near to it as to what was rejected, the rejection does not hold.

/** A search computes in float32, this in float64: what is equal may differ by so much. Observed 3e-7. */
const roundingSlack = 1e-5

/** What was said of a face and a person, with the face's embedding. */
export interface SaidFace {
  readonly id: string
  readonly kind: 'rejection' | 'confirmation'
  readonly embedding: Float32Array
}

/** A rejection that keeps a person from being a candidate. */
export interface Suppression {
  /** Id of the rejection. */
  readonly rejectionId: string
  /** Cosine of the probe and the rejected face. */
  readonly similarity: number
}

/**
 * The rejection that suppresses a person for a probe, see [Note: Not this person].
 *
 * @param probe    [d], unit vector
 * @param nearest  cosine of the probe and the person's nearest face
 * @param said     of the person, embeddings [d] of the probe's model
 * @returns the nearest rejected face, where it suppresses
 */
export function findSuppression(
  probe: Float32Array,
  nearest: number,
  said: readonly SaidFace[],
): Suppression | undefined {
  let own = nearest
  let found: Suppression | undefined
  for (const { id, kind, embedding } of said) {
    const similarity = dotProduct(probe, embedding)
    if (kind === 'confirmation') own = Math.max(own, similarity)
    else if (!found || similarity > found.similarity) found = { rejectionId: id, similarity }
  }
  return found && found.similarity > own + roundingSlack ? found : undefined
}
