import type { CollectionDetails } from '../../shared/api-types.ts'

/** Draws of 100 people from the very photographs of the curve scatter by 0.16. */
const unremarkableTimes = 1.5

/**
 * How alike the people of a collection are, in one sentence and in the words of the command line
 * (`collections show`).
 *
 * @returns `undefined` when it was not measured, or has too few people to tell
 */
export function difficultyText({ difficulty }: CollectionDetails): string | undefined {
  const { persons, pairs, times, expectedFpir } = difficulty ?? {}
  if (persons === undefined || pairs === undefined) return undefined
  if (times === undefined || expectedFpir === undefined) return undefined
  const counted = `${pairs.toLocaleString('en')} pairs of ${persons} people`
  if (times < unremarkableTimes) {
    return `This gallery is as hard as the photographs the model was measured on (${times.toFixed(1)} times as many alike; ${counted}).`
  }
  return (
    `This gallery is ${toTwoDigits(times)} times harder than the photographs the model was measured on (${counted}); ` +
    `of strangers from the same camera, about ${toTwoDigits(expectedFpir * 100)} % would be named without the probe shift.`
  )
}

function toTwoDigits(value: number): string {
  return String(Number(value.toPrecision(2)))
}
