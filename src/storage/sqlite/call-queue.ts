import { maxScans, tooManyScans } from '../rules/scans.ts'
import type { StoreCall } from './batch.ts'
import { isScan } from './methods.ts'

// [Note: Scans wait apart]
// The thread answers one batch after the other. Searches by a part of a name read all persons of a
// collection: sixty of them in one batch kept everything else waiting for seconds. So they wait in
// a line of their own, of which a batch takes one. A write waits behind one scan at most, a scan
// behind the scans before it, and neither keeps the other from ever being done.

// Bounds how long a read waits behind a batch: 64 writes of a face take about 2 ms.
const maxBatch = 64
const maxPending = 10_000

/** The calls that wait for the store's thread. */
export interface CallQueue<T extends StoreCall> {
  push(call: T): void
  /** Why a call cannot wait as well; undefined when it can. */
  whyFull(call: StoreCall): string | undefined
  /** The next batch; empty when nobody waits. */
  take(): T[]
  /** All that wait, which then wait no more. */
  clear(): T[]
}

/** Creates an empty queue; see [Note: Scans wait apart]. */
export function createCallQueue<T extends StoreCall>(): CallQueue<T> {
  const calls: T[] = []
  const scans: T[] = []
  // After everything that was asked for before it, the scans too.
  const lineOf = ({ method, parameters }: StoreCall) =>
    method === 'close' || isScan(method, parameters) ? scans : calls
  return {
    push(call) {
      lineOf(call).push(call)
    },
    whyFull(call) {
      if (call.method === 'close') return undefined
      if (lineOf(call) === scans && scans.length >= maxScans) {
        return tooManyScans
      }
      return calls.length >= maxPending ? 'Too many calls are waiting.' : undefined
    },
    take() {
      const batch = calls.splice(0, maxBatch)
      const isEnd = scans[0]?.method === 'close'
      if (scans.length > 0 && !(isEnd && calls.length > 0)) batch.push(scans.shift() as T)
      return batch
    },
    clear: () => [...calls.splice(0), ...scans.splice(0)],
  }
}
