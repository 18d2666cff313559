import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { runCli, startCli } from '../helpers/cli.ts'
import {
  addStatements,
  createScratch,
  expectSameGallery,
  fillCollection,
  type Scratch,
} from '../helpers/moved-gallery.ts'

let scratch: Scratch
let from: Database
let fromDir: string
let toDir: string
let dir: string

beforeEach(async () => {
  scratch = await createScratch()
  fromDir = join(scratch.directory, 'from')
  toDir = join(scratch.directory, 'to')
  dir = join(scratch.directory, 'export')
  await mkdir(fromDir)
  from = await scratch.openStore(join(fromDir, 'gallery.sqlite'))
})

afterEach(() => scratch.dispose())

const none = { statements: 0, statementsLeftOut: 0 }
const openTarget = () => scratch.openStore(join(toDir, 'gallery.sqlite'))

describe('face-watcher data', () => {
  it('exports a data directory and imports it into a fresh one', async () => {
    await addStatements(from, await fillCollection(from, { persons: 10 }))
    await fillCollection(from, { name: 'other', persons: 1 })
    const exported = await runCli(['data', 'export', dir, '--data-dir', fromDir])
    expect(exported).toMatchObject({ code: 0 })
    expect(exported.stderr).toContain('Exporting 48 records.')
    expect(exported.stdout).toMatch(
      /^default: 10 persons, 30 faces, 4 statements\.\nother: 1 person, 3 faces\.\nMoved 2 collections in \d+ s\.\n$/,
    )
    const imported = await runCli(['data', 'import', dir, '--data-dir', toDir, '--json'])
    expect(imported).toMatchObject({ code: 0 })
    expect(JSON.parse(imported.stdout)).toEqual({
      collections: [
        { name: 'default', persons: 10, faces: 30, ...none, statements: 4, others: 0 },
        { name: 'other', persons: 1, faces: 3, ...none, others: 0 },
      ],
      seconds: expect.any(Number),
    })
    expect((await stat(toDir)).mode & 0o777).toBe(0o700)
    await expectSameGallery(await openTarget(), from)
  })

  it('copies a chosen collection from one file to another', async () => {
    await fillCollection(from, { persons: 10 })
    await fillCollection(from, { name: 'other', persons: 1 })
    await mkdir(toDir)
    const ends = [
      ...['--from', `sqlite://${join(fromDir, 'gallery.sqlite')}`],
      ...['--to', join(toDir, 'gallery.sqlite'), '--data-dir', toDir],
    ]
    const chosen = await runCli(['data', 'copy', ...ends, '--collection', 'other', '--json'])
    expect(JSON.parse(chosen.stdout).collections).toEqual([
      { name: 'other', persons: 1, faces: 3, ...none },
    ])
    const copied = await runCli(['data', 'copy', ...ends])
    expect(copied).toMatchObject({ code: 0 })
    const to = await openTarget()
    expect((await to.collections.list()).items).toHaveLength(2)
    // The source lists `default` first, and so does the target, though it came last: by id.
    await expectSameGallery(to, from)
  })

  it.each(['SIGKILL', 'SIGINT'] as const)('goes on after %s in each step', async (signal) => {
    await fillCollection(from, { persons: 1500 })
    const interrupt = async (text: string, args: readonly string[]) => {
      const running = startCli(args)
      await running.waitFor(text)
      running.child.kill(signal)
      const { code, stdout, stderr } = await running.done
      expect(stdout).toBe('')
      expect(code).toBe(signal === 'SIGKILL' ? null : 130)
      if (signal === 'SIGINT') expect(stderr).toContain('Run the same command again to go on.')
    }
    const exporting = ['data', 'export', dir, '--data-dir', fromDir]
    await interrupt('Exporting', exporting)
    // Perhaps it was killed before it made the directory.
    expect(await readdir(dir).catch(() => [])).not.toContain('manifest.json')
    expect(await runCli(exporting)).toMatchObject({ code: 0 })

    const importing = ['data', 'import', dir, '--data-dir', toDir]
    for (const text of ['Checking', 'Importing', 'Comparing']) await interrupt(text, importing)
    expect(await runCli(importing)).toMatchObject({ code: 0 })
    await expectSameGallery(await openTarget(), from)

    const third = join(scratch.directory, 'third.sqlite')
    const ends = ['--from', join(fromDir, 'gallery.sqlite'), '--to', third]
    const copying = ['data', 'copy', ...ends, '--data-dir', toDir]
    for (const text of ['Copying', 'Comparing']) await interrupt(text, copying)
    expect(await runCli(copying)).toMatchObject({ code: 0 })
    await expectSameGallery(await scratch.openStore(third), from)
  })

  it('says what is wrong, and the exit code says whose fault it is', async () => {
    await fillCollection(from, { persons: 1 })
    const on = ['--data-dir', fromDir]
    expect(await runCli(['data', 'export', dir, '--collection', 'nobody', ...on])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('[collectionNotFound]'),
    })
    expect(await runCli(['data', 'export', fromDir, ...on])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('The directory is not empty; choose another one.'),
    })
    expect(await runCli(['data', 'import', fromDir, ...on])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no manifest.json'),
    })
    const file = join(fromDir, 'gallery.sqlite')
    expect(await runCli(['data', 'copy', '--from', file, '--to', file])).toMatchObject({ code: 2 })
    const missing = join(fromDir, 'typo.sqlite')
    const copied = await runCli(['data', 'copy', '--from', missing, '--to', file, ...on])
    expect(copied).toMatchObject({ code: 3, stderr: expect.stringContaining('There is no file') })
  })
})
