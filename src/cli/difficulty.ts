import type { CollectionDifficulty } from '../recognition/face-watcher.ts'

/** Draws of 100 people from the very photographs of the curve scatter by 0.16. */
const unremarkableTimes = 1.5

/** How alike the people of a collection are, as a sentence for people. */
export function describeDifficulty(difficulty: CollectionDifficulty): string {
  const { persons, pairs, times, shift, expectedFpir } = difficulty
  if (times === undefined || shift === undefined || expectedFpir === undefined) {
    return `Too few people (${persons}) to tell how alike they are: 78 are needed.`
  }
  const counted = `${pairs.toLocaleString('en')} pairs of ${persons} people`
  if (times < unremarkableTimes) {
    return `This gallery is as hard as the photographs the model was measured on (${times.toFixed(1)} times as many alike; ${counted}).`
  }
  return (
    `This gallery is ${toTwoDigits(times)} times harder than the photographs the model was measured on (${counted}); ` +
    `of strangers from the same camera, about ${toTwoDigits(expectedFpir * 100)} % would be named without the probe shift. ` +
    `The gallery shift is ${shift.toFixed(3)}.`
  )
}

function toTwoDigits(value: number): string {
  return String(Number(value.toPrecision(2)))
}
