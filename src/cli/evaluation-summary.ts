import type { JsonObject } from '../storage/ports/jobs.ts'

/** Longest list that a summary keeps. */
const maxLength = 20
/** Levels of objects and lists that a summary keeps. */
const maxLevels = 4

/**
 * What a job keeps of a result: its numbers, words and short lists. Long lists, such as the points of a
 * curve, are left out; `--out` has them.
 */
export function toSummary(result: object): JsonObject {
  return summarize(result, 0) as JsonObject
}

function summarize(value: unknown, level: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (level >= maxLevels) return undefined
  if (Array.isArray(value)) {
    return value.length > maxLength ? undefined : value.map((item) => summarize(item, level + 1))
  }
  if (ArrayBuffer.isView(value)) return undefined
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, summarize(member, level + 1)]),
  )
}
