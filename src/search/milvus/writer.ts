import { setTimeout as sleep } from 'node:timers/promises'
import { FaceError } from '../../core/errors.ts'
import type { MilvusOverlay, RecentChange } from './overlay.ts'
import { type MilvusRows, slices } from './rows.ts'

/** Numbers in one write; larger ones are not faster, since the SDK encodes them on the event loop (100 faces of 512: about 25 ms, in pieces). */
const numbersPerWrite = 51_200
/** Recent faces are compared in JavaScript in each search: 4096 of 512 values are 2 ms a probe. */
const maxHeld = 4096

/**
 * Writes faces, without those that Milvus has already, and notes them as recent. Waits where too
 * many are not shown yet.
 *
 * @param vectors  by face id
 * @throws {FaceError} `indexUnavailable` also when they are not shown in time
 */
export async function writeFaces(
  deps: { readonly rows: MilvusRows; readonly overlay: MilvusOverlay; readonly timeoutMs: number },
  vectors: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  const { rows, overlay, timeoutMs } = deps
  const [first] = vectors.values()
  if (!first) return
  const perWrite = Math.max(1, Math.floor(numbersPerWrite / first.length))
  for (const faceIds of slices([...vectors.keys()], perWrite)) {
    const shown = await rows.findIds(faceIds)
    const known = await rows.findVectors([...shown], { strong: false })
    const fresh = faceIds.filter((id) => {
      const recent = overlay.get(id)
      return !isSame(recent ? recent.vector : known.get(id), vectors.get(id))
    })
    if (fresh.length === 0) continue
    await rows.upsert(
      fresh,
      fresh.map((id) => vectors.get(id)!),
    )
    for (const id of fresh) {
      const replaces = shown.has(id) || overlay.get(id) !== undefined
      overlay.add(id, vectors.get(id)!, { replaces })
    }
    await waitForRoom()
  }

  async function waitForRoom(): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (overlay.held > maxHeld) {
      await settleChanges(rows, overlay)
      if (performance.now() > deadline) {
        throw new FaceError('indexUnavailable', {
          detail: 'Milvus does not show what it was given.',
        })
      }
      await sleep(50)
    }
  }
}

/** Removes faces; searches here do not find them from the call on. */
export async function removeFaces(
  { rows, overlay }: { readonly rows: MilvusRows; readonly overlay: MilvusOverlay },
  faceIds: readonly string[],
): Promise<void> {
  for (const id of faceIds) overlay.remove(id)
  await rows.remove(faceIds)
}

/**
 * Forgets the recent changes that Milvus shows.
 *
 * @returns removals that Milvus still does not show: another node wrote the face again
 */
export async function settleChanges(
  rows: MilvusRows,
  overlay: MilvusOverlay,
): Promise<readonly RecentChange[]> {
  const due = overlay.due()
  const shown = await rows.findIds(due.map(({ faceId }) => faceId))
  const replaced = due.filter(({ vector, replaces }) => vector && replaces)
  const vectors = await rows.findVectors(
    replaced.map(({ faceId }) => faceId),
    { strong: false },
  )
  return due.filter((change) => {
    const { faceId, vector, replaces } = change
    if (!vector && shown.has(faceId)) return true
    const isShown = replaces ? isSame(vectors.get(faceId), vector) : shown.has(faceId)
    if (!vector || isShown) overlay.settle(change)
    return false
  })
}

function isSame(a: Float32Array | undefined, b: Float32Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.every((value, i) => value === b[i])
}
