/** What a comparison with one of the other pictures says; `later` when the server did not answer. */
export type Comparison = 'same' | 'different' | 'impossible' | 'later'

/** Whether a picture may stand beside the others; `unchecked`: nobody can tell, `later`: not now. */
export type PictureVerdict = 'same' | 'other' | 'unchecked' | 'later'

/**
 * Judges a picture by how it compares with those before it. One that it resembles is enough, since a
 * face that looks up may resemble the one from the front better than the one from the side.
 */
export function judgePicture(comparisons: readonly Comparison[]): PictureVerdict {
  if (comparisons.length === 0 || comparisons.includes('same')) return 'same'
  if (comparisons.includes('later')) return 'later'
  return comparisons.includes('different') ? 'other' : 'unchecked'
}
