import { existsSync } from 'node:fs'
import { open, readFile, writeFile } from 'node:fs/promises'
import { endianness, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cursor } from '../../../src/core/types.ts'
import { createNativeIndex } from '../../../src/search/faiss/addon.ts'
import {
  readRows as readFaissRows,
  writeChecksum,
  writeRows,
} from '../../../src/search/faiss/snapshot.ts'
import { toAttachment, toLearnedState } from '../../../src/search/projected/attachment.ts'
import { createKernelLoader } from '../../../src/search/table/kernel.ts'
import { createRowTable } from '../../../src/search/table/rows.ts'
import { readSnapshot } from '../../../src/search/table/snapshot.ts'
import { addToChecksum } from '../../../src/search/table/snapshot-chunks.ts'
import { readRows, toSnapshotBody } from '../../../src/search/table/snapshot-rows.ts'
import type { Attachment, RowBatch } from '../../../src/search/table/table.ts'
import { type FuzzTarget, type InputKind, MustRefuse } from '../target.ts'

const dimension = 16
const cursor = '17' as Cursor
const loadKernel = createKernelLoader(
  new URL('../../../dist/kernels/scan-f32.wasm', import.meta.url),
)
const toFile = () => join(tmpdir(), 'fuzzed.snapshot')

function makeRows(count: number): RowBatch {
  const vectors = Float32Array.from({ length: count * dimension }, (_, i) => Math.sin(i) / 4)
  return {
    faceIds: Array.from({ length: count }, (_, i) => `01ARZ3NDEKTSV4RRFFQ69G5F${10 + i}`),
    vectors,
  }
}

const attachment: Attachment = toAttachment({
  learned: {
    ...{ width: 16, head: 16, axes: new Float32Array(16 * dimension).fill(0.25), scale: 3 },
    ...{ candidates: 10, shortlist: 5, agreement: 0.99, reserve: 1.5 },
  },
  ...{ faces: 3, widened: 1, audit: { tried: 10, missed: 1 }, written: 2 },
  at: '2026-01-01T00:00:00.000Z',
})

async function writeSeed(kind: string, count: number): Promise<Uint8Array> {
  const isProjected = kind === 'projected'
  const batches = [makeRows(count), { faceIds: [], vectors: new Float32Array() }]
  const rows = {
    count,
    ...(isProjected ? { attachment } : {}),
    next: () => {
      const batch = batches.shift() as RowBatch
      const codes = new Uint8Array(batch.faceIds.length * attachment.codeBytes).fill(7)
      return isProjected ? { ...batch, codes } : batch
    },
    release: () => {},
  }
  const path = join(tmpdir(), `${kind}.seed`)
  const file = await open(path, 'w+')
  await toSnapshotBody(rows, { kind, dimension }).write(file, cursor)
  await file.close()
  return new Uint8Array(await readFile(path))
}

/** Reads a snapshot as an index does. */
async function restore(kind: string, input: Uint8Array): Promise<boolean> {
  const rows = createRowTable(await loadKernel(), dimension)
  await writeFile(toFile(), input)
  const { status } = await readSnapshot(toFile(), (file) =>
    readRows(
      file,
      { kind, dimension },
      {
        attach: (given) => void toLearnedState(given, dimension),
        room: rows.room,
        restore: ({ faceIds, vectors }) => void rows.upsert(faceIds, vectors),
      },
    ),
  )
  return status === 'loaded'
}

/** Writes the right checksums before each chunk, as far as the structure can be followed. */
function repairRows(kind: string, input: Uint8Array): Uint8Array {
  const out = Uint8Array.from(input)
  const view = new DataView(out.buffer)
  const little = endianness() === 'LE'
  try {
    const headerAt = `FW${kind.toUpperCase()}\n`.length
    const headerEnd = headerAt + 4 + view.getUint32(headerAt, little)
    const header = JSON.parse(Buffer.from(out.subarray(headerAt + 4, headerEnd)).toString())
    const codeBytes = header.attachment?.codeBytes ?? 0
    let at = headerEnd + (header.attachment?.bytes ?? 0)
    let checksum = addToChecksum(0, [out.subarray(0, at)])
    for (;;) {
      view.setUint32(at, checksum, little)
      const rows = view.getUint32(at + 4, little)
      const bytes = view.getUint32(at + 8, little) + rows * (4 * header.dimension + codeBytes)
      if (rows === 0 || !(bytes < out.length - at)) return out
      checksum = addToChecksum(checksum, [out.subarray(at + 4, at + 12 + bytes)])
      at += 12 + bytes
    }
  } catch {
    return out
  }
}

function createRowsTarget(kind: string): FuzzTarget {
  let intact: readonly Uint8Array[] = []
  return {
    name: `snapshot-${kind}`,
    refusals: ['overloaded', 'invalidEmbedding', 'dimensionMismatch'],
    words: ['"count":4294967296', '"dimension":16', '"codeBytes":0', `"kind":"${kind}"`],
    seeds: async () => {
      intact = [await writeSeed(kind, 3), await writeSeed(kind, 0)]
      return intact
    },
    repair: (input) => repairRows(kind, input),
    async read(input, { isRepaired }: InputKind) {
      const isLoaded = await restore(kind, input)
      const isIntact = intact.some((seed) => Buffer.compare(seed, input) === 0)
      if (isIntact && !isLoaded) throw new Error('An intact snapshot is refused.')
      // Its checksum is of what was written, so that a change shows.
      if (isLoaded && !isIntact && !isRepaired && !isRight(kind, input)) {
        throw new MustRefuse('A snapshot with a wrong checksum is used.')
      }
    },
  }
}

/** Whether its checksums are right: a kept input may have been repaired. */
function isRight(kind: string, input: Uint8Array): boolean {
  return Buffer.compare(repairRows(kind, input), input) === 0
}

const faiss = { factory: 'Flat', metric: 'ip', dimension } as const

async function writeFaissSeed(): Promise<Uint8Array> {
  const native = createNativeIndex(dimension, faiss)
  const { faceIds, vectors } = makeRows(3)
  await native.add(vectors, 1)
  const path = join(tmpdir(), 'faiss.seed')
  const file = await open(path, 'w+')
  const rows = { native, stage: 'ready', ids: [...faceIds] }
  await writeRows(file, rows as never, { target: faiss as never, cursor })
  await writeChecksum(file)
  await file.close()
  return new Uint8Array(await readFile(path))
}

const addon = new URL('../../../native/faiss/build/Release', import.meta.url)

function createFaissTarget(): FuzzTarget {
  let seed: Uint8Array = new Uint8Array()
  return {
    name: 'snapshot-faiss',
    refusals: ['invalidEmbedding', 'dimensionMismatch'],
    seeds: async () => {
      if (!existsSync(addon)) return []
      seed = await writeFaissSeed()
      return [seed]
    },
    async read(input) {
      await writeFile(toFile(), input)
      const { status } = await readSnapshot(toFile(), async (file) => {
        const snapshot = await readFaissRows(file, faiss as never)
        return snapshot.status === 'loaded' ? { status: 'loaded', cursor } : snapshot
      })
      if (status === 'loaded' && Buffer.compare(seed, input) !== 0) {
        throw new MustRefuse('A changed snapshot is used.')
      }
    },
  }
}

export const snapshotTargets: readonly FuzzTarget[] = [
  createRowsTarget('exact'),
  createRowsTarget('projected'),
  createFaissTarget(),
]
