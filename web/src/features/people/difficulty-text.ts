import type { CollectionDetails } from '../../shared/api/types.ts'
import type { Texts } from '../../shared/text/texts.ts'

/** Draws of 100 people from the very photographs of the curve scatter by 0.16. */
const unremarkableTimes = 1.5

/**
 * How alike the people of a collection are, in one sentence and in the words of the command line
 * (`collections show`).
 *
 * @returns `undefined` when it was not measured, or has too few people to tell
 */
export function difficultyText(
  t: Texts<'people'>,
  { difficulty }: CollectionDetails,
): string | undefined {
  const { persons, pairs, times, expectedFpir } = difficulty ?? {}
  if (persons === undefined || pairs === undefined) return undefined
  if (times === undefined || expectedFpir === undefined) return undefined
  const counted = { pairs, persons: String(persons) }
  if (times < unremarkableTimes) return t('asHard', { times, ...counted })
  return t('harder', {
    times: toTwoDigits(times),
    percent: toTwoDigits(expectedFpir * 100),
    ...counted,
  })
}

function toTwoDigits(value: number): string {
  return String(Number(value.toPrecision(2)))
}
