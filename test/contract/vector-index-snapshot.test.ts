import {
  type FileHandle,
  mkdtemp,
  readdir,
  readFile,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  readSnapshot,
  type SnapshotResult,
  writeSnapshot,
} from '../../src/search/table/snapshot.ts'
import {
  type RowsIdentity,
  readRows,
  toSnapshotBody,
} from '../../src/search/table/snapshot-rows.ts'
import type { FrozenRows, RowBatch, SnapshotSink } from '../../src/search/table/table.ts'

/** What the disk answers to the second write of a new file, or to its sync. */
const disk = vi.hoisted((): { fails?: { on: 'writeFile' | 'sync'; code: string } } => ({}))

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>()
  return {
    ...original,
    async open(...args: Parameters<typeof original.open>): Promise<FileHandle> {
      const handle = await original.open(...args)
      const { fails } = disk
      if (args[1] === 'wx+' && fails !== undefined) {
        let calls = fails.on === 'sync' ? 1 : 0
        const real = handle[fails.on].bind(handle) as (data?: unknown) => Promise<void>
        handle[fails.on] = async (data?: unknown) => {
          if (calls++ === 0) return real(data)
          throw Object.assign(new Error(fails.code), { code: fails.code, syscall: 'write' })
        }
      }
      return handle
    },
  }
})

function createRows(count: number, dimension: number): FrozenRows {
  let position = 0
  return {
    count,
    next(limit) {
      const rows = Math.min(limit, count - position)
      const faceIds = Array.from({ length: rows }, (_, i) => `${position + i}: "é\n`)
      const vectors = Float32Array.from({ length: rows * dimension }, (_, i) => position + i / 7)
      position += rows
      return { faceIds, vectors }
    },
    release: () => undefined,
  }
}

const identity = { kind: 'exact', dimension: 3 }

function write(path: string, rows: FrozenRows, cursor = 'c'): Promise<void> {
  return writeSnapshot(path, (file) => toSnapshotBody(rows, identity).write(file, cursor))
}

function read(
  path: string,
  sink: SnapshotSink,
  expected: RowsIdentity = identity,
): Promise<SnapshotResult> {
  return readSnapshot(path, (file) => readRows(file, expected, sink))
}

describe('index snapshot', () => {
  let directory: string
  let path: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-snapshot-'))
    path = join(directory, 'c1', 'exact.snapshot')
  })
  afterEach(async () => {
    delete disk.fails
    await rm(directory, { recursive: true, force: true })
  })

  it.each([0, 1, 1024, 2500])('reads the %i rows that it wrote', async (count) => {
    await write(path, createRows(count, 3))
    const batches: RowBatch[] = []
    const result = await read(path, {
      attach: () => undefined,
      restore: (batch) => batches.push(batch),
    })
    expect(result).toEqual({ status: 'loaded', cursor: 'c' })
    const rows = createRows(count, 3)
    const expected: RowBatch[] = []
    for (let batch = rows.next(1024); batch.faceIds.length > 0; batch = rows.next(1024)) {
      expected.push(batch)
    }
    expect(batches).toEqual(expected)
    expect(await readdir(join(directory, 'c1'))).toEqual(['exact.snapshot'])
  })

  it.each([
    ['writeFile', 'ENOSPC', 'storeFull'],
    ['writeFile', 'EDQUOT', 'storeFull'],
    ['sync', 'ENOSPC', 'storeFull'],
    ['writeFile', 'EROFS', 'storeReadOnly'],
    ['writeFile', 'EIO', 'internal'],
  ] as const)('keeps the old file when %s fails with %s', async (on, code, expected) => {
    await write(path, createRows(10, 3), 'old')
    const before = await readFile(path)
    disk.fails = { on, code }
    const saved = write(path, createRows(2000, 3), 'new')
    await expect(saved).rejects.toMatchObject({ code: expected })
    await expect(saved).rejects.not.toThrow(directory)
    expect(await readdir(join(directory, 'c1'))).toEqual(['exact.snapshot'])
    expect(await readFile(path)).toEqual(before)
  })

  it('says that another version or dimension is there, and leaves that file', async () => {
    await write(path, createRows(10, 3))
    const sink = { attach: vi.fn(), restore: vi.fn() }
    expect(await read(path, sink, { ...identity, dimension: 4 })).toEqual({
      status: 'rejected',
      reason: 'otherTarget',
    })
    const text = (await readFile(path)).toString('latin1')
    await writeFile(path, Buffer.from(text.replace('"version":2', '"version":1'), 'latin1'))
    expect(await read(path, sink)).toEqual({
      status: 'rejected',
      reason: 'otherVersion',
    })
    expect(sink.restore).not.toHaveBeenCalled()
    expect(await readdir(join(directory, 'c1'))).toEqual(['exact.snapshot'])
  })

  it('is not used when any bit of it is another one', async () => {
    const rows = createRows(3, 3)
    const attachment = { facts: { version: 1 }, bytes: Uint8Array.of(7, 8), codeBytes: 2 }
    const next: FrozenRows['next'] = (limit) => {
      const batch = rows.next(Math.min(limit, 2))
      return { ...batch, codes: new Uint8Array(2 * batch.faceIds.length).fill(9) }
    }
    await write(path, { ...rows, attachment, next })
    const sink = { attach: () => undefined, restore: () => undefined }
    const bytes = await readFile(path)
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      await writeFile(path, damaged)
      const { status } = await read(path, sink)
      expect(status, `bit ${bit}`).toBe('rejected')
    }
    await writeFile(path, bytes)
    expect(await read(path, sink)).toMatchObject({ status: 'loaded' })
  })

  it('reads vectors into the room that the sink has for them', async () => {
    await write(path, createRows(2500, 3))
    const place = new Float32Array(2500 * 3)
    // As between two segments of a table, there is none for the second chunk.
    const room = (from: number, count: number): Float32Array<ArrayBuffer> | undefined =>
      from === 1024 ? undefined : place.subarray(3 * from, 3 * (from + count))
    const restore = vi.fn((batch: RowBatch) => {
      if (batch.vectors.buffer !== place.buffer) place.set(batch.vectors, 3 * 1024)
    })
    await read(path, { attach: () => undefined, room, restore })
    const rows = createRows(2500, 3)
    const expected = [1024, 1024, 452].flatMap((limit) => [...rows.next(limit).vectors])
    expect([...place]).toEqual(expected)
    expect(restore).toHaveBeenCalledTimes(3)
  })

  it('is absent when there is no file', async () => {
    const sink = { attach: () => undefined, restore: () => undefined }
    expect(await read(path, sink)).toEqual({ status: 'absent' })
  })

  it('removes what a killed process left, but not what another is writing', async () => {
    await write(path, createRows(1, 3))
    await writeFile(`${path}.old.tmp`, 'x')
    await writeFile(`${path}.new.tmp`, 'x')
    const hoursAgo = new Date(Date.now() - 3 * 3_600_000)
    await utimes(`${path}.old.tmp`, hoursAgo, hoursAgo)
    await write(path, createRows(1, 3))
    expect((await readdir(join(directory, 'c1'))).sort()).toEqual([
      'exact.snapshot',
      'exact.snapshot.new.tmp',
    ])
  })
})
