import { FaceError } from '../../core/errors.ts'
import { createSlots } from '../../platform/concurrency/slots.ts'
import { maxScans, tooManyScans } from '../rules/scans.ts'

/** Searches by a part of a name, each of which reads all persons of a collection. */
export interface ScanTurns {
  /**
   * Runs a search when its turn comes. Only some run at a time, so that they do not take the
   * connections and the server's cores from everything else.
   *
   * @throws {FaceError} `storeBusy` when too many wait
   */
  run<T>(scan: () => Promise<T>): Promise<T>
}

const atOnce = 4

export function createScanTurns(): ScanTurns {
  const slots = createSlots(atOnce)
  let scans = 0
  return {
    async run(scan) {
      if (scans >= atOnce + maxScans) {
        throw new FaceError('storeBusy', { detail: tooManyScans })
      }
      scans++
      const slot = await slots.take()
      try {
        return await scan()
      } finally {
        scans--
        slots.give(slot)
      }
    },
  }
}
