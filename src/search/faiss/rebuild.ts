import { availableParallelism } from 'node:os'
import { FaceError } from '../../core/errors.ts'
import { createNativeIndex, type FaissKind, type NativeIndex } from './addon.ts'
import { appendFaces, createRows, type FaissRows, type IndexedRows, indexRows } from './rows.ts'

export interface Rebuild {
  /** Rejects when it was stopped, or when there is no memory. */
  readonly done: Promise<void>
  /** Ends it soon. */
  stop(): void
}

const rowsPerStep = 64
/** faiss complains below `trainingRows`; more than a few times as many teach it nothing. */
const trainingSurplus = 3

// [Note: Rebuild beside searches]
// A new index is trained and filled from the old one in steps. Only reading a step, and the last
// one with the switch, keep changes waiting. New faces are appended to the old index, so that the
// walk comes upon them; those that were removed after they were copied are removed at the end.

/**
 * Begins to make an index anew from the vectors in it: trained when there are enough, flat when
 * there are not, and without the slots of removed faces.
 *
 * @param deps.undisturbed  runs a task while the old rows do not change
 * @param deps.replace      is given the new rows, in such a task
 */
export function startRebuild(
  old: IndexedRows,
  deps: {
    readonly dimension: number
    readonly kind: FaissKind
    readonly undisturbed: <T>(task: () => Promise<T>) => Promise<T>
    readonly replace: (rows: IndexedRows) => Promise<void>
  },
): Rebuild {
  const { dimension, kind, undisturbed } = deps
  // Searches take a thread each.
  const threads = Math.max(1, availableParallelism() - 1)
  let training: NativeIndex | undefined
  let stopped = false

  function assertWanted(): void {
    if (stopped) throw new FaceError('notReady', { detail: 'The index is closed or emptied.' })
  }

  async function run(): Promise<void> {
    const rows = indexRows(await createSuccessor())
    /** The old slot of each new one. */
    const origins: number[] = []
    let next = 0

    /** The vectors of the next rows that are still there. */
    async function readStep(): Promise<Float32Array> {
      const slots: number[] = []
      for (; slots.length < rowsPerStep && next < old.ids.length; next++) {
        if (old.ids[next] !== undefined) slots.push(next)
      }
      appendFaces(
        rows,
        slots.map((slot) => old.ids[slot]!),
      )
      for (const slot of slots) origins.push(slot)
      return old.native.vectors(Uint32Array.from(slots))
    }

    while (old.ids.length - next > rowsPerStep) {
      assertWanted()
      await rows.native.add(await undisturbed(readStep), threads)
    }
    await undisturbed(async () => {
      assertWanted()
      await rows.native.add(await readStep(), threads)
      await removeGone(rows, origins)
      await deps.replace(rows)
    })
  }

  /** Removes what was removed from the old rows after it was copied. */
  async function removeGone(rows: IndexedRows, origins: readonly number[]): Promise<void> {
    const gone = [...origins.keys()].filter((slot) => old.ids[origins[slot]!] === undefined)
    for (const slot of gone) {
      const faceId = rows.ids[slot]!
      // A replaced face is also in a later slot.
      if (rows.slotOf.get(faceId) === slot) rows.slotOf.delete(faceId)
      rows.ids[slot] = undefined
    }
    await rows.native.remove(Uint32Array.from(gone))
  }

  /** Empty, and trained where it has to be. */
  async function createSuccessor(): Promise<FaissRows> {
    const native = createNativeIndex(dimension, kind)
    if (native.trainingRows > 0) {
      if (old.stage === 'ready' && old.native.lossy) await native.learnFrom(old.native)
      else if (old.slotOf.size < native.trainingRows) return createRows(dimension, kind)
      else await train(native)
    }
    return { native, stage: 'ready', ids: [] }
  }

  async function train(native: NativeIndex): Promise<void> {
    const sample = await undisturbed(async () => {
      const slots = [...old.slotOf.values()]
      const stride = Math.max(1, slots.length / (native.trainingRows * trainingSurplus))
      const count = Math.floor(slots.length / stride)
      const chosen = Uint32Array.from({ length: count }, (_, i) => slots[Math.floor(i * stride)]!)
      return old.native.vectors(chosen)
    })
    assertWanted()
    training = native
    try {
      await native.train(sample, threads)
    } catch (error) {
      assertWanted()
      throw error
    } finally {
      training = undefined
    }
  }

  return {
    done: run(),
    stop() {
      stopped = true
      training?.stop()
    },
  }
}
