import { randomFillSync } from 'node:crypto'
import { monotonicFactory } from 'ulid'

/** Random bytes that are asked for together: one by one they take a tenth of a millisecond an id. */
const poolBytes = 1024

/**
 * Creates a source of ULIDs, each larger than the one before.
 *
 * @returns `ms`: the time of an id, if not now; an id is never older than the one before
 */
export function createUlidSource(): (ms?: number) => string {
  const pool = new Uint8Array(poolBytes)
  let used = poolBytes
  return monotonicFactory(() => {
    if (used === poolBytes) {
      randomFillSync(pool)
      used = 0
    }
    return pool[used++]! / 256
  })
}
