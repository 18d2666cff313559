import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { removeSnapshotsOfOtherCollections, removeSnapshotsOfOtherKinds } from './snapshot-kinds.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-kinds-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

it('keeps what the kind in use wrote and nothing of another', async () => {
  await mkdir(join(directory, 'c1'))
  const files = ['exact.snapshot', 'exact.snapshot.1.tmp', 'exact.snapshot.corrupt']
  for (const name of [...files, 'projected.snapshot', 'projected.snapshot.corrupt']) {
    await writeFile(join(directory, 'c1', name), '')
  }
  await removeSnapshotsOfOtherKinds(directory, 'projected')
  const left = await readdir(join(directory, 'c1'))
  expect(left).toEqual(['projected.snapshot'])
})

it('removes what dead processes were writing, and leaves the file of a live one', async () => {
  await mkdir(join(directory, 'c1'))
  // The parent runs as long as this test; no process has a number beyond the kernel's limit.
  const live = `exact.snapshot.${process.ppid}.a-1.tmp`
  const dead = 'exact.snapshot.4194305.a-1.tmp'
  const own = `exact.snapshot.${process.pid}.a-1.tmp`
  const unnamed = 'exact.snapshot.0a1b-2.tmp'
  const old = 'exact.snapshot.3c4d-5.tmp'
  for (const name of ['exact.snapshot', live, dead, own, unnamed, old]) {
    await writeFile(join(directory, 'c1', name), '')
  }
  const hourAgo = Date.now() / 1000 - 3600
  await utimes(join(directory, 'c1', old), hourAgo, hourAgo)
  await removeSnapshotsOfOtherKinds(directory, 'exact')
  const left = await readdir(join(directory, 'c1'))
  expect(left.sort()).toEqual(['exact.snapshot', live, unnamed].sort())
})

it('keeps nothing where no snapshots are kept', async () => {
  await mkdir(join(directory, 'c1'))
  await writeFile(join(directory, 'c1', 'exact.snapshot'), '')
  await removeSnapshotsOfOtherKinds(directory, undefined)
  expect(await readdir(join(directory, 'c1'))).toEqual([])
})

it('removes the snapshots of collections that do not exist', async () => {
  for (const id of ['c1', 'c2']) {
    await mkdir(join(directory, id))
    await writeFile(join(directory, id, 'exact.snapshot'), '')
  }
  await removeSnapshotsOfOtherCollections(directory, new Set(['c2', 'c3']))
  expect(await readdir(directory)).toEqual(['c2'])
})

it('does nothing where there is no directory yet', async () => {
  await removeSnapshotsOfOtherCollections(join(directory, 'indexes'), new Set())
  await removeSnapshotsOfOtherKinds(join(directory, 'indexes'), 'exact')
})
