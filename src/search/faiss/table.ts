import { FaceError } from '../../core/errors.ts'
import { createSerialQueue } from '../../platform/concurrency/serial-queue.ts'
import type { RowNeighbours } from '../table/neighbours.ts'
import type { SnapshotBody, VectorTable } from '../table/table.ts'
import type { Neighbour } from '../vector-index.ts'
import { createNativeIndex, type FaissKind } from './addon.ts'
import { createGate } from './gate.ts'
import { type Rebuild, startRebuild } from './rebuild.ts'
import { appendFaces, createRows, type FaissRows, indexRows } from './rows.ts'
import { readRows, writeChecksum, writeRows } from './snapshot.ts'

/** One collection's vectors in faiss. Changes happen in the order of the calls; searches run beside each other. */
export interface FaissTable extends VectorTable {
  /** Runs the task while nothing is changed; searches go on. */
  read<T>(task: (rows: FaissRows) => Promise<T>): Promise<T>
}

/** Rows that are added while searches wait: a graph takes about 1 ms for each. */
const rowsPerStep = 64
/** Removed rows beyond which the index is rebuilt by itself: this many, and this share of all. */
const minDeadRows = 1000
const maxDeadShare = 0.25

/**
 * Makes an empty table.
 *
 * @throws {FaceError} as {@link createNativeIndex}
 */
export function createFaissTable(dimension: number, kind: FaissKind): FaissTable {
  const { lossy, trainingRows } = createNativeIndex(dimension, kind)
  const queue = createSerialQueue()
  const gate = createGate()
  let rows = indexRows(createRows(dimension, kind))
  let rebuilding: Rebuild | undefined
  /** Faces from which training is tried. */
  let trainFrom = trainingStart()
  let disposed = false

  function trainingStart(): number {
    return rows.stage === 'ready' ? Number.POSITIVE_INFINITY : trainingRows
  }

  const dead = (): number => rows.ids.length - rows.slotOf.size

  async function upsert(faceIds: readonly string[], vectors: Float32Array): Promise<void> {
    assertFinite(vectors)
    const last = new Map(faceIds.map((faceId, row) => [faceId, row]))
    const wanted = await findChanged([...last], vectors)
    for (let from = 0; from < wanted.length; from += rowsPerStep) {
      const step = wanted.slice(from, from + rowsPerStep)
      const part = new Float32Array(step.length * dimension)
      step.forEach(([, row], i) => {
        part.set(vectors.subarray(row * dimension, (row + 1) * dimension), i * dimension)
      })
      await gate.exclusive(async () => {
        await rows.native.add(part, 1)
        const faces = step.map(([faceId]) => faceId)
        const replaced = releaseSlots(faces)
        appendFaces(rows, faces)
        await rows.native.remove(replaced)
      })
    }
    rebuildWhenDue()
  }

  /** Those of the faces whose vectors are not stored yet: writing a gallery over itself costs nothing. */
  async function findChanged(
    faces: readonly (readonly [string, number])[],
    vectors: Float32Array,
  ): Promise<readonly (readonly [string, number])[]> {
    const known = faces.filter(([faceId]) => rows.slotOf.has(faceId))
    if (known.length === 0 || rows.native.lossy) return faces
    const slots = known.map(([faceId]) => rows.slotOf.get(faceId)!)
    const stored = await rows.native.vectors(Uint32Array.from(slots))
    const same = new Set<string>()
    known.forEach(([faceId, row], i) => {
      const a = stored.subarray(i * dimension, (i + 1) * dimension)
      const b = vectors.subarray(row * dimension, (row + 1) * dimension)
      if (a.every((value, at) => value === b[at])) same.add(faceId)
    })
    return faces.filter(([faceId]) => !same.has(faceId))
  }

  async function remove(faceIds: readonly string[]): Promise<void> {
    await gate.exclusive(() => rows.native.remove(releaseSlots(faceIds)))
    rebuildWhenDue()
  }

  /** Forgets the faces. @returns their slots */
  function releaseSlots(faceIds: readonly string[]): Uint32Array {
    const slots: number[] = []
    for (const faceId of faceIds) {
      const slot = rows.slotOf.get(faceId)
      if (slot === undefined) continue
      rows.slotOf.delete(faceId)
      rows.ids[slot] = undefined
      slots.push(slot)
    }
    return Uint32Array.from(slots)
  }

  function search(probes: Float32Array, best: number, more: number): Promise<RowNeighbours> {
    assertFinite(probes)
    const k = Math.min(best + more, Number.MAX_SAFE_INTEGER)
    return gate.shared(async () => {
      const neighbours = await rows.native.search(probes, k)
      const counts: number[] = []
      const found: Neighbour[] = []
      let from = 0
      for (const count of neighbours.counts) {
        const list = Array.from({ length: count }, (_, i) => ({
          faceId: rows.ids[neighbours.slots[from + i]!]!,
          similarity: neighbours.similarities[from + i]!,
        }))
        list.sort((a, b) => b.similarity - a.similarity || (a.faceId < b.faceId ? -1 : 1))
        counts.push(Math.min(k, count))
        for (const candidate of list.slice(0, k)) found.push(candidate)
        from += count
      }
      return {
        counts,
        faceIds: found.map(({ faceId }) => faceId),
        similarities: Float64Array.from(found, ({ similarity }) => similarity),
      }
    })
  }

  function rebuildWhenDue(): void {
    const due =
      rows.slotOf.size >= trainFrom ||
      dead() > Math.max(minDeadRows, maxDeadShare * rows.ids.length)
    if (!due || rebuilding || disposed) return
    // A failure (no memory) leaves the index as it is; `optimize` tells why.
    rebuild().catch(() => {
      trainFrom = 2 * rows.slotOf.size
    })
  }

  function rebuild(): Promise<void> {
    rebuilding ??= startRebuild(rows, {
      dimension,
      kind,
      undisturbed: (task) => queue.run(task),
      replace: (fresh) =>
        gate.exclusive(async () => {
          rows = fresh
          trainFrom = trainingStart()
        }),
    })
    const current = rebuilding
    return current.done.finally(() => {
      if (rebuilding === current) rebuilding = undefined
    })
  }

  /** Takes the queue's next turn, in which the rows stay as they are, and keeps it. */
  function takeTurn(): { readonly begun: Promise<void>; readonly end: () => void } {
    let end = (): void => undefined
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const begun = new Promise<void>((begin) => {
      void queue.run(() => {
        begin()
        return ended
      })
    })
    return { begun, end }
  }

  function freeze(): SnapshotBody {
    const turn = takeTurn()
    return {
      async write(file, cursor) {
        await turn.begun
        await writeRows(file, rows, { target: { ...kind, dimension }, cursor })
        turn.end()
        // Reading it again and syncing is the slower part, and changes go on meanwhile.
        await writeChecksum(file)
      },
      release: turn.end,
    }
  }

  return {
    lossy,
    get count() {
      return rows.slotOf.size
    },
    upsert: (faceIds, vectors) => queue.run(() => upsert(faceIds, vectors)),
    remove: (faceIds) => queue.run(() => remove(faceIds)),
    search,
    // In the order in which they came; a rebuild keeps it.
    faceIds(from, limit) {
      const page: string[] = []
      let at = 0
      for (const faceId of rows.slotOf.keys()) {
        if (at++ < from) continue
        if (page.push(faceId) === limit) break
      }
      return page
    },
    vectors: (faceIds) =>
      queue.run(() => {
        const slots = faceIds.map((faceId) => rows.slotOf.get(faceId) ?? rows.ids.length)
        return rows.native.vectors(Uint32Array.from(slots))
      }),
    freeze,
    async restore(file) {
      const result = await readRows(file, { ...kind, dimension })
      if (result.status === 'rejected') return result
      rows = indexRows(result.rows)
      trainFrom = trainingStart()
      return { status: 'loaded', cursor: result.cursor }
    },
    // Trains the index when there are enough faces, and gets rid of removed ones; searches go on meanwhile.
    async optimize() {
      await rebuilding?.done.catch(() => undefined)
      await queue.run(async () => undefined)
      if (rows.slotOf.size >= trainFrom || dead() > 0) await rebuild()
    },
    read: (task) => queue.run(() => task(rows)),
    status: () => ({ faces: rows.slotOf.size, factory: kind.factory, lossy }),
    dispose() {
      disposed = true
      rebuilding?.stop()
    },
  }
}

function assertFinite(numbers: Float32Array): void {
  for (const value of numbers) {
    if (Number.isFinite(value)) continue
    throw new FaceError('invalidEmbedding', { detail: 'It has numbers that are not finite.' })
  }
}
