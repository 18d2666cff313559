import { createNativeIndex, type FaissKind, type NativeIndex } from './addon.ts'

/**
 * A native index and whose face is in which slot. While there are too few faces to train what the
 * factory string names, it is a flat one (`stage: 'untrained'`).
 */
export interface FaissRows {
  readonly native: NativeIndex
  readonly stage: 'untrained' | 'ready'
  /** By slot; undefined for those of removed faces. */
  readonly ids: (string | undefined)[]
}

/** Rows that know the slot of each face; the map's order is that of the slots. */
export interface IndexedRows extends FaissRows {
  readonly slotOf: Map<string, number>
}

/** No faces, in an index that takes them. @throws {FaceError} as {@link createNativeIndex} */
export function createRows(dimension: number, kind: FaissKind): FaissRows {
  const native = createNativeIndex(dimension, kind)
  if (native.trainingRows === 0) return { native, stage: 'ready', ids: [] }
  const flat = createNativeIndex(dimension, { ...kind, factory: 'Flat' })
  return { native: flat, stage: 'untrained', ids: [] }
}

export function indexRows(rows: FaissRows): IndexedRows {
  const slotOf = new Map<string, number>()
  rows.ids.forEach((faceId, slot) => {
    if (faceId !== undefined) slotOf.set(faceId, slot)
  })
  return { ...rows, slotOf }
}

/** Puts faces into the slots that the native index gives to the vectors added last. */
export function appendFaces({ ids, slotOf }: IndexedRows, faceIds: readonly string[]): void {
  for (const faceId of faceIds) {
    // Otherwise it would keep its old place in the map's order.
    slotOf.delete(faceId)
    slotOf.set(faceId, ids.push(faceId) - 1)
  }
}
