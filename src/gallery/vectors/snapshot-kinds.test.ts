import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { removeSnapshotsOfOtherKinds } from './snapshot-kinds.ts'

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
  expect(left.sort()).toEqual(['projected.snapshot', 'projected.snapshot.corrupt'])
})

it('does nothing where there is no directory yet', async () => {
  await removeSnapshotsOfOtherKinds(join(directory, 'indexes'), 'exact')
})
