import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createConfiguredBackup, verifyConfiguredBackup } from '../../src/compose/backup.ts'
import { openStore } from '../../src/compose/storage.ts'
import { toConfig } from '../../src/config/load.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { listBackups } from '../../src/transfer/backup/backups.ts'
import { runCli, runInProcess, startCli } from '../helpers/cli.ts'
import { findBytes } from '../helpers/data-bytes.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'
import { createGalleryNodes, type GalleryNode, type GalleryNodes } from '../helpers/gallery-node.ts'
import '../helpers/property-runs.ts'

const dimension = 32
const faceOf = (seed: number) => makeFace(seed, { embedding: makeEmbedding(seed, dimension) })

let directory: string
let nodes: GalleryNodes
const at = (...path: string[]) => join(directory, ...path)
const dataDir = () => at('data')
const dir = () => at('backups')

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-backup-'))
  nodes = await createGalleryNodes()
})
afterEach(async () => {
  await nodes.end()
  await rm(directory, { recursive: true, force: true })
})

/** A data folder with some persons, which no process uses. */
async function fill(persons = 5, store = {}): Promise<Collection> {
  const opened = await openStore(toConfig({ dataDir: dataDir(), store }))
  const collection = await makeCollection(opened, { dimension })
  for (let seed = 0; seed < persons; seed++) {
    await opened.faces.add(collection.id, { name: `Person ${seed}` }, [faceOf(seed)])
  }
  await opened.close()
  return collection
}

async function namesIn(folder: string, store = {}): Promise<readonly string[]> {
  const opened = await openStore(toConfig({ dataDir: folder, store }))
  try {
    const [collection] = (await opened.collections.list()).items
    if (collection === undefined) return []
    const { items } = await opened.persons.list(collection.id, { limit: 1000 })
    return items.map(({ name }) => name).sort()
  } finally {
    await opened.close()
  }
}

async function create(...args: readonly string[]): Promise<string> {
  const made = await runInProcess([
    ...['backup', 'create', '--data-dir', dataDir(), '--dir', dir(), '--json', ...args],
  ])
  expect(made).toMatchObject({ code: 0 })
  return JSON.parse(made.stdout).backup.id
}

// In a process of its own: what it holds of a database ends for certain with the process alone.
const restore = (id: string, to: string, ...args: readonly string[]) =>
  runCli(['backup', 'restore', id, '--dir', dir(), '--data-dir', to, ...args])

describe('a backup of a database in use', () => {
  it('has all that was acknowledged before, and is restored to an empty folder', {
    timeout: 120_000,
  }, async () => {
    const node = await nodes.start({ dataDir: dataDir() })
    const collection = await makeCollection(node.gallery, { dimension })
    const enrol = async (of: GalleryNode, seed: number) => {
      const { person } = await of.gallery.faces.add(collection.id, { name: `Person ${seed}` }, [
        faceOf(seed),
      ])
      return person.id
    }
    const before: string[] = []
    for (let seed = 0; seed < 200; seed++) before.push(await enrol(node, seed))
    const removedBefore = before.splice(0, 20)
    for (const id of removedBefore) await node.gallery.persons.delete(collection.id, id)
    let going = true
    const removedSince = new Set<string>()
    let writes = 0
    const load = (async () => {
      for (let seed = 1000; going; seed++) {
        const id = await enrol(node, seed)
        if (seed % 3 === 0) await node.gallery.persons.delete(collection.id, id)
        if (seed % 10 === 0 && before.length > 100) {
          const gone = before.pop()!
          removedSince.add(gone)
          await node.gallery.persons.delete(collection.id, gone)
        }
        writes++
      }
    })()
    const made = await runCli(['backup', 'create', '--data-dir', dataDir(), '--dir', dir()])
    going = false
    await load
    expect(made).toMatchObject({ code: 0 })
    expect(made.stdout).toMatch(/: \d+ persons, \d+ faces, \d+\.\d MB, not encrypted\.\n$/)
    expect(writes).toBeGreaterThan(0)
    const seeds = Array.from({ length: 20 }, (_, i) => 20 + i)
    const search = async (of: GalleryNode) => {
      const probes = new Float32Array(seeds.flatMap((seed) => [...makeEmbedding(seed, dimension)]))
      const results = await of.gallery.search(collection, probes, { persons: 1 })
      return results.map(({ persons }) => persons)
    }
    const answers = await search(node)
    await node.kill()

    const restored = await runCli([
      ...['backup', 'restore', 'latest', '--dir', dir(), '--data-dir', at('empty')],
    ])
    expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining('Restored ') })
    expect((await stat(at('empty', 'gallery.sqlite'))).mode & 0o777).toBe(0o600)
    const again = await nodes.start({ dataDir: at('empty') })
    for (const id of before) await again.gallery.persons.get(collection.id, id)
    const { missing, surplus, different } = await again.gallery.verifyIndex(collection)
    expect([missing, surplus, different]).toEqual([[], [], []])
    expect(await search(again)).toEqual(answers)
  })
})

describe('backup restore', () => {
  it('refuses a folder that a process uses, and one that has a database', async () => {
    await fill()
    const id = await create()
    const node = await nodes.start({ dataDir: at('other') })
    expect(await restore(id, at('other'), '--replace')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('stop the server first'),
    })
    await node.kill()
    expect(await restore(id, at('other'))).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('[dataInUse]'),
    })
    expect(await restore(id, at('other'), '--replace')).toMatchObject({ code: 0 })
    expect(await namesIn(at('other'))).toHaveLength(5)
  })

  it('puts nothing of the write-ahead log and the snapshots of another database into it', async () => {
    const collection = await fill()
    const id = await create()
    const node = await nodes.start({ dataDir: dataDir() })
    for (let seed = 100; seed < 140; seed++) {
      await node.gallery.faces.add(collection.id, { name: `Later ${seed}` }, [faceOf(seed)])
    }
    await node.gallery.rebuildIndex(collection)
    await node.kill()
    expect((await stat(at('data', 'gallery.sqlite-wal'))).size).toBeGreaterThan(0)
    const restored = await restore(id, dataDir(), '--replace', '--json')
    expect(restored).toMatchObject({ code: 0 })
    const { replaced } = JSON.parse(restored.stdout)
    expect(existsSync(at('data', 'gallery.sqlite-wal'))).toBe(false)
    expect(existsSync(at('data', 'indexes'))).toBe(false)
    expect(await namesIn(dataDir())).toHaveLength(5)
    // What was there is whole, its log included.
    expect(await namesIn(replaced)).toHaveLength(45)
    const again = await nodes.start({ dataDir: dataDir() })
    const verified = await again.gallery.verifyIndex(collection)
    expect([verified.missing, verified.surplus, verified.different]).toEqual([[], [], []])
  })

  it('takes the place of a damaged database', async () => {
    await fill()
    const id = await create()
    await writeFile(at('data', 'gallery.sqlite'), 'no database at all, of some length '.repeat(200))
    await writeFile(at('data', 'gallery.sqlite-wal'), 'a log of it')
    expect(await restore(id, dataDir(), '--replace')).toMatchObject({ code: 0 })
    expect(await namesIn(dataDir())).toHaveLength(5)
  })

  it('leaves the old state or the new one, wherever it is killed', {
    timeout: 240_000,
  }, async () => {
    await fill(5)
    const id = await create()
    const opened = await openStore(toConfig({ dataDir: dataDir() }))
    const [collection] = (await opened.collections.list()).items
    await opened.faces.add(collection!.id, { name: 'Newer' }, [faceOf(77)])
    await opened.close()
    await cp(dataDir(), at('original'), { recursive: true })
    const args = ['backup', 'restore', id, '--dir', dir(), '--data-dir', dataDir(), '--replace']
    const startedAt = performance.now()
    expect(await runCli(args)).toMatchObject({ code: 0 })
    const duration = performance.now() - startedAt
    for (let part = 0.4; part < 1; part += 0.07) {
      await rm(dataDir(), { recursive: true })
      await cp(at('original'), dataDir(), { recursive: true })
      const running = startCli(args)
      await Promise.race([pause(part * duration), running.done])
      running.child.kill('SIGKILL')
      await running.done
      const names = await namesIn(dataDir())
      expect([5, 6]).toContain(names.length)
      expect(names.includes('Newer')).toBe(names.length === 6)
      expect(existsSync(at('data', 'restored'))).toBe(false)
    }
  })

  it.each([
    ['before anything was moved', []],
    ['after the database', ['gallery.sqlite']],
    ['after all', ['gallery.sqlite', 'plan.json']],
  ] as const)('is finished by the next start when it was interrupted %s', async (_, done) => {
    await fill(5)
    const ready = at('data', 'restored')
    await cp(at('data', 'gallery.sqlite'), at('new.sqlite'))
    const opened = await openStore(toConfig({ dataDir: dataDir() }))
    const [collection] = (await opened.collections.list()).items
    await opened.faces.add(collection!.id, { name: 'Newer' }, [faceOf(77)])
    await opened.close()
    await mkdir(ready)
    await writeFile(join(ready, 'plan.json'), JSON.stringify({ replaced: 'replaced-x' }))
    await cp(at('new.sqlite'), join(ready, 'gallery.sqlite'))
    await mkdir(at('data', 'indexes'), { recursive: true })
    if ((done as readonly string[]).includes('gallery.sqlite')) {
      await cp(at('new.sqlite'), at('data', 'gallery.sqlite'))
    } else await writeFile(at('data', 'gallery.sqlite-wal'), 'of another database')
    for (const file of done) await rm(join(ready, file))
    expect(await namesIn(dataDir())).toHaveLength(5)
    expect(await readdir(dataDir())).not.toContain('restored')
  })
})

describe('who was erased after the backup', () => {
  /** Erases one person, deletes another so that it can be put back, and takes back a third deletion. */
  async function changeSince(): Promise<void> {
    const opened = await openStore(toConfig({ dataDir: dataDir() }))
    const [collection] = (await opened.collections.list()).items
    const { items } = await opened.persons.list(collection!.id)
    const idOf = (name: string) => items.find((person) => person.name === name)!.id
    await opened.persons.delete(collection!.id, idOf('Person 0'))
    await opened.persons.delete(collection!.id, idOf('Person 1'), { undoable: true })
    const undoable = { undoable: true }
    const back = await opened.persons.delete(collection!.id, idOf('Person 2'), undoable)
    await opened.history.undo(collection!.id, back.entryId!)
    await opened.persons.merge(
      collection!.id,
      { into: idOf('Person 4'), from: [idOf('Person 5')] },
      undoable,
    )
    await opened.persons.delete(collection!.id, idOf('Person 4'))
    await opened.persons.merge(
      collection!.id,
      { into: idOf('Person 6'), from: [idOf('Person 7')] },
      undoable,
    )
    await opened.close()
  }
  // Who was merged into somebody who is still there is as the backup has it.
  const left = ['Person 2', 'Person 3', 'Person 6', 'Person 7']

  it('is not in what is restored in the place of the database', async () => {
    await fill(8)
    const id = await create()
    await changeSince()
    const restored = await restore(id, dataDir(), '--replace')
    expect(restored.stdout).toContain('Erased again: 4 persons deleted since.')
    expect(await namesIn(dataDir())).toEqual(left)
    const traces = { name: Buffer.from('Person 0') }
    expect(await findBytes(at('data'), traces)).not.toContain('gallery.sqlite: name')
    // Once more, without the database that knew it.
    await rm(at('data', 'gallery.sqlite'))
    expect(await restore(id, dataDir())).toMatchObject({ code: 0 })
    expect(await namesIn(dataDir())).toEqual(left)
  })

  it('is not in what is restored to an empty machine from the backup and the list', async () => {
    await fill(8)
    const id = await create()
    await changeSince()
    await create()
    await cp(join(dir(), 'erasures.jsonl'), at('list'))
    await rm(join(dir(), 'erasures.jsonl'))
    await rm(dataDir(), { recursive: true })
    expect(await readFile(at('list'), 'utf8')).not.toContain('Person')
    await restore(id, at('without'))
    expect(await namesIn(at('without'))).toHaveLength(8)
    const restored = await restore(id, at('empty'), '--erasures', at('list'))
    expect(restored).toMatchObject({ code: 0 })
    expect(await namesIn(at('empty'))).toEqual(left)
    await writeFile(at('list'), '{"person":"../etc/passwd","at":"now"}\n')
    expect(await restore(id, at('other'), '--erasures', at('list'))).toMatchObject({ code: 3 })
  })
})

describe('an encrypted backup', () => {
  it('is opened by its key only, and has no name in the clear', async () => {
    await fill()
    const keys = await runInProcess(['backup', 'keys'])
    await writeFile(at('key'), keys.stdout)
    const recipient = /age1\S+/.exec(keys.stdout)![0]
    const id = await create('--recipient', recipient)
    const name = { name: Buffer.from('Person 3') }
    expect(await findBytes(dir(), name)).toEqual([])
    const verify = (...args: string[]) =>
      runInProcess(['backup', 'verify', '--dir', dir(), '--data-dir', at('empty'), ...args])
    expect(await verify()).toMatchObject({ code: 0, stdout: expect.stringContaining('not opened') })
    expect(await verify('--key-file', at('key'))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${id}: whole; 5 persons`),
    })
    await writeFile(at('other-key'), (await runInProcess(['backup', 'keys'])).stdout)
    for (const args of [[], ['--key-file', at('other-key')]]) {
      expect(await restore(id, at('empty'), ...args)).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('[backupKeyWrong]'),
      })
    }
    expect(existsSync(at('empty', 'gallery.sqlite'))).toBe(false)
    expect(await restore(id, at('empty'), '--key-file', at('key'))).toMatchObject({ code: 0 })
    expect(await namesIn(at('empty'))).toHaveLength(5)
    expect((await readdir(at('empty'))).filter((entry) => entry.startsWith('.'))).toEqual([])
  })

  it('of an encrypted store is encrypted with its key, without a key of its own, too', async () => {
    const store = { encryptionKey: 'the-key-of-the-store' }
    await fill(5, store)
    const config = toConfig({ dataDir: dataDir(), store, backup: { directory: dir() } })
    const opened = await openStore(config)
    const { backup } = await createConfiguredBackup(config, opened)
    await opened.close()
    expect(backup.content.store.encrypted).toBe(true)
    expect(await findBytes(dir(), { name: Buffer.from('Person 3') })).toEqual([])
    const folder = join(dir(), backup.id)
    expect((await verifyConfiguredBackup(config, folder)).verified?.content).toBe(true)
    const other = toConfig({ dataDir: at('empty') })
    await expect(verifyConfiguredBackup(other, folder)).rejects.toMatchObject({
      code: 'storeKeyWrong',
    })
    const env = { FACE_WATCHER_STORE_ENCRYPTION_KEY: store.encryptionKey }
    const args = ['backup', 'restore', folder, '--data-dir', at('empty')]
    expect(await runCli(args, { env })).toMatchObject({ code: 0 })
    expect(await namesIn(at('empty'), store)).toHaveLength(5)
  })
})

describe('a damaged backup', () => {
  it('is found by verify, whichever byte was changed', { timeout: 120_000 }, async () => {
    await fill(2)
    const id = await create()
    const config = toConfig({ dataDir: at('empty'), backup: { directory: dir() } })
    const folder = join(dir(), id)
    for (const file of ['archive.tar', 'manifest.json']) {
      const bytes = await readFile(join(folder, file))
      await fc.assert(
        fc.asyncProperty(
          fc.nat(bytes.length - 1),
          fc.integer({ min: 1, max: 255 }),
          async (i, x) => {
            const changed = Buffer.from(bytes)
            changed[i]! ^= x
            await writeFile(join(folder, file), changed)
            const outcome = await verifyConfiguredBackup(config, folder).catch((error) => error)
            // White space, between the parts of the manifest, means nothing.
            if (outcome.id !== undefined && file === 'manifest.json') {
              expect(JSON.parse(changed.toString())).toEqual(JSON.parse(bytes.toString()))
            } else expect(outcome).toMatchObject({ code: 'backupInvalid' })
          },
        ),
        { numRuns: 60 },
      )
      await writeFile(join(folder, file), bytes)
    }
    await verifyConfiguredBackup(config, folder)
    const archive = await readFile(join(folder, 'archive.tar'))
    await writeFile(join(folder, 'archive.tar'), archive.subarray(0, archive.length / 2))
    expect(await restore(id, at('empty'))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('[backupInvalid]'),
    })
    await rm(join(folder, 'manifest.json'))
    await expect(verifyConfiguredBackup(config, folder)).rejects.toMatchObject({
      code: 'backupNotFound',
    })
    expect(await restore(id, at('empty'))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('[backupNotFound]'),
    })
    expect(existsSync(at('empty', 'gallery.sqlite'))).toBe(false)
  })
})

describe('backup create', () => {
  it('is there whole or not at all when it is killed, and clears up after it', {
    timeout: 120_000,
  }, async () => {
    await fill(300)
    const args = ['backup', 'create', '--data-dir', dataDir(), '--dir', dir()]
    const startedAt = performance.now()
    expect(await runCli(args)).toMatchObject({ code: 0 })
    const duration = performance.now() - startedAt
    for (let part = 0.4; part < 1; part += 0.1) {
      // The lock of a process that was killed is held for 20 s.
      await rm(at('data', '.backup.lock'), { recursive: true, force: true })
      const running = startCli(args)
      await Promise.race([pause(part * duration), running.done])
      running.child.kill('SIGKILL')
      await running.done
    }
    const { backups, unreadable } = await listBackups(dir())
    expect(unreadable).toEqual([])
    const config = toConfig({ dataDir: dataDir(), backup: { directory: dir() } })
    await rm(at('data', '.backup.lock'), { recursive: true, force: true })
    for (const { id } of backups) await verifyConfiguredBackup(config, join(dir(), id))
    await create()
    const left = await readdir(dataDir())
    expect(left.filter((name) => name.startsWith('.backup-'))).toEqual([])
  })

  it('keeps as many as it is told, and the newest that was verified', async () => {
    await fill(1)
    const ids = [await create(), await create(), await create()]
    const { backups } = await listBackups(dir())
    expect(new Set(backups.map(({ id }) => id))).toEqual(new Set(ids))
    const newest = await create('--keep', '1')
    expect((await listBackups(dir())).backups.map(({ id }) => id)).toEqual([newest])
    expect(await readdir(dir())).toEqual([newest])
    const listed = await runInProcess(['backup', 'list', '--dir', dir(), '--data-dir', dataDir()])
    expect(listed.stdout).toContain(newest)
  })
})
