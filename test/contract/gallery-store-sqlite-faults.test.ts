import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Libsql from 'libsql'
import { Piscina } from 'piscina'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { schemaVersion } from '../../src/storage/sqlite/schema.ts'
import { expectCode } from '../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../helpers/faces.ts'
import { provideSqliteFile } from '../helpers/sqlite-file.ts'

const isRoot = process.getuid?.() === 0

describe('gallery store on SQLite: faults', () => {
  let directory: string
  let file: string
  const openStore = provideSqliteFile((made) => {
    directory = made.directory
    file = made.file
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  /** Everything of the database that is on disk, WAL included. */
  function readDisk(): Buffer {
    return Buffer.concat(readdirSync(directory).map((name) => readFileSync(join(directory, name))))
  }

  function edit(sql: string): void {
    const database = new Libsql(file)
    database.exec(sql)
    database.close()
  }

  describe('encryption', () => {
    const encryptionKey = 'a secret of the tests'

    it('opens with the key it was created with and shows no plain text on disk', async () => {
      const store = await openStore({ encryptionKey })
      const { id } = await makeCollection(store)
      const face = makeFace(1)
      await store.faces.add(id, { name: 'Plainly Visible' }, [face])
      const bytes = Buffer.from(face.embedding.buffer)
      for (const secret of ['Plainly Visible', 'SQLite format', bytes.subarray(0, 16)]) {
        expect(readDisk().includes(secret)).toBe(false)
      }
      await store.close()
      expect(readDisk().includes('Plainly Visible')).toBe(false)
      const again = await openStore({ encryptionKey })
      expect((await again.persons.list(id)).items[0]!.name).toBe('Plainly Visible')
      expect(
        (await again.feed.embeddings({ id, modelId: 'test-model' }, { limit: 1 })).embeddings,
      ).toHaveLength(8)
    })

    it('would show it without a key', async () => {
      const store = await openStore()
      await store.faces.add((await makeCollection(store)).id, { name: 'Plainly Visible' }, [])
      expect(readDisk().includes('Plainly Visible')).toBe(true)
    })

    it('refuses another key, a missing key, and a key for a plain database', async () => {
      await (await openStore({ encryptionKey })).close()
      await expectCode(openStore({ encryptionKey: 'another' }), 'storeKeyWrong')
      await expectCode(openStore(), 'storeKeyWrong')
      const plain = join(directory, 'plain.db')
      await (await openStore({ file: plain })).close()
      await expectCode(openStore({ file: plain, encryptionKey }), 'storeKeyWrong')
    })
  })

  describe('files that cannot be used', () => {
    it('refuses a file that is not a database', async () => {
      await writeFile(file, 'These are my notes. '.repeat(500))
      await expectCode(openStore(), 'storeKeyWrong')
    })

    it('refuses the database of another program', async () => {
      edit('CREATE TABLE notes (text TEXT)')
      await expectCode(openStore(), 'dataDirUnusable')
    })

    it('refuses a schema of a newer version and leaves it as it is', async () => {
      await (await openStore()).close()
      edit('PRAGMA user_version = 999')
      await expectCode(openStore(), 'storeTooNew')
      edit(`PRAGMA user_version = ${schemaVersion}`)
      await (await openStore()).ping()
    })

    /** As before embeddings had a table of their own. */
    function joinEmbeddings(): void {
      edit("ALTER TABLE faces ADD COLUMN model_id TEXT NOT NULL DEFAULT 'test-model'")
      edit("ALTER TABLE faces ADD COLUMN embedding BLOB NOT NULL DEFAULT x''")
      edit('UPDATE faces SET embedding = (SELECT embedding FROM embeddings WHERE face_id = id)')
      edit('DROP TABLE embeddings')
      edit('ALTER TABLE changes DROP COLUMN model_id')
      edit('ALTER TABLE crops DROP COLUMN place')
      for (const name of ['index_id', 'second_model']) {
        edit(`ALTER TABLE collections DROP COLUMN ${name}`)
      }
    }

    /** Takes out what came with strangers, statements, fields of persons and the history. */
    function dropPeople(): void {
      const names = (sql: string): readonly string[] => {
        const database = new Libsql(file)
        const rows = database.prepare(sql).all() as { name: string }[]
        database.close()
        return rows.map(({ name }) => name)
      }
      const triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name"
      for (const pattern of ['rejection%', 'words\\_of%', 'face\\_of%']) {
        for (const name of names(`${triggers} LIKE '${pattern}' ESCAPE '\\'`)) {
          edit(`DROP TRIGGER ${name}`)
        }
      }
      const tables = ['trashed_crops', 'trashed_embeddings', 'trash', 'history_persons', 'history']
      tables.push('person_words', 'statement_embeddings', 'statements', 'sighting_crops')
      tables.push('sightings', 'stranger_joins', 'strangers', 'stranger_leases')
      tables.push('audit', 'audit_subjects', 'sessions')
      for (const name of tables) edit(`DROP TABLE ${name}`)
      edit('DROP INDEX faces_by_cover_score')
      edit('ALTER TABLE faces DROP COLUMN cover_score')
      const first = "'persons_by_name'"
      const indexes = `SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'persons' AND sql IS NOT NULL AND name NOT IN (${first})`
      for (const name of names(indexes)) edit(`DROP INDEX ${name}`)
      const columns = ['aliases', 'external_id', 'notes', 'cover_face_id', 'hidden', 'favourite']
      columns.push('face_count', 'revision', 'last_seen_at', 'words', 'word_bits')
      columns.push('sort_name', 'consent')
      for (const name of columns) edit(`ALTER TABLE persons DROP COLUMN ${name}`)
      const later = ['template_secret_id', 'consent', 'retention']
      for (const name of ['keep_unknown', 'rejections', ...later]) {
        edit(`ALTER TABLE collections DROP COLUMN ${name}`)
      }
    }

    it('counts what a file of the first schema holds, and what comes and goes later', async () => {
      const store = await openStore()
      const { id } = await makeCollection(store)
      await store.faces.add(id, { name: 'Ann' }, [makeFace(1), makeFace(2)])
      await store.close()
      dropPeople()
      for (const name of ['person_added', 'person_removed', 'face_added', 'face_removed']) {
        edit(`DROP TRIGGER ${name}`)
      }
      for (const name of ['answer_of_person_removed', 'answer_of_face_removed']) {
        edit(`DROP TRIGGER ${name}`)
      }
      edit('DROP TABLE idempotency_subjects')
      joinEmbeddings()
      edit('DROP TRIGGER job_items_of_person_removed')
      for (const name of ['job_items', 'job_parts', 'jobs', 'keys']) edit(`DROP TABLE ${name}`)
      edit('DROP INDEX faces_by_id')
      for (const name of ['persons', 'faces', 'quality_gates'])
        edit(`ALTER TABLE collections DROP COLUMN ${name}`)
      edit('PRAGMA user_version = 1')
      const again = await openStore()
      expect(await again.collections.counts(id)).toEqual({ persons: 1, faces: 2 })
      const { person } = await again.faces.add(id, { name: 'Bob' }, [makeFace(3)])
      expect(await again.collections.counts(id)).toEqual({ persons: 2, faces: 3 })
      await again.persons.delete(id, person.id)
      expect(await again.collections.counts(id)).toEqual({ persons: 1, faces: 2 })
    })

    it('opens a file from before there were keys', async () => {
      const store = await openStore()
      const collection = await makeCollection(store)
      await store.faces.add(collection.id, { name: 'Ann' }, [makeFace(1)])
      const cursor = await store.feed.latestCursor()
      await store.close()
      dropPeople()
      joinEmbeddings()
      edit('DROP TRIGGER job_items_of_person_removed')
      for (const name of ['job_items', 'job_parts', 'jobs', 'keys']) edit(`DROP TABLE ${name}`)
      edit('DROP INDEX faces_by_id')
      edit('ALTER TABLE collections DROP COLUMN quality_gates')
      edit('PRAGMA user_version = 3')
      const again = await openStore()
      expect(await again.collections.get('default')).toEqual(collection)
      expect(await again.collections.counts(collection.id)).toEqual({ persons: 1, faces: 1 })
      expect(await again.feed.latestCursor()).toBe(cursor)
      expect(await again.keys.list()).toEqual({ items: [] })
    })

    it('reports damaged pages and goes on with what is whole', async () => {
      const store = await openStore()
      const { id } = await makeCollection(store)
      const faces = Array.from({ length: 300 }, (_, i) => makeFace(i))
      await store.faces.add(id, { name: 'Ann' }, faces)
      await store.close()
      const handle = await open(file, 'r+')
      const { size } = await handle.stat()
      // The last half of the file: rows of faces and their indexes.
      await handle.write(Buffer.alloc(size / 2, 0xff), 0, size / 2, size / 2)
      await handle.close()
      const again = await openStore()
      await expectCode(
        again.feed.embeddings({ id, modelId: 'test-model' }, { limit: 1000 }),
        'storeCorrupt',
      )
      expect((await again.collections.get('default')).id).toBe(id)
    })

    it('refuses a directory in the place of the file, and a missing directory', async () => {
      mkdirSync(file)
      await expectCode(openStore(), 'dataDirUnusable')
      const missing = join(directory, 'missing', 'gallery.db')
      await expectCode(openStore({ file: missing }), 'dataDirUnusable')
    })

    // Root ignores file modes, so it gets a read-only mount.
    it.skipIf(isRoot && !canMount())('reports a read-only directory', async () => {
      if (isRoot) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory])
      try {
        await (await openStore()).close()
        if (isRoot) execFileSync('mount', ['-o', 'remount,ro', directory])
        else execFileSync('chmod', ['-R', 'a-w', directory])
        await expectCode(openStore(), 'storeReadOnly')
      } finally {
        if (isRoot) execFileSync('umount', ['-l', directory])
        else execFileSync('chmod', ['-R', 'u+w', directory])
      }
    })

    it('creates the files for their owner only', async () => {
      const store = await openStore()
      await makeCollection(store)
      const modes = readdirSync(directory).map(
        (name) => statSync(join(directory, name)).mode & 0o777,
      )
      expect(modes).toEqual([0o600, 0o600, 0o600])
    })
  })

  describe('a full disk', () => {
    it('stores nothing of the call that does not fit, and serves on', async () => {
      const store = await openStore({ maxPages: 64 })
      const { id } = await makeCollection(store)
      await store.faces.add(id, { name: 'Ann' }, [makeFace(1)])
      const cursor = await store.feed.latestCursor()
      const many = Array.from({ length: 1000 }, (_, i) => makeFace(i + 10))
      await expectCode(store.faces.add(id, { name: 'Bob' }, many), 'storeFull')
      expect(await store.collections.counts(id)).toEqual({ persons: 1, faces: 1 })
      expect(await store.feed.changes(cursor, 10)).toEqual([])
      await store.faces.add(id, { name: 'Cleo' }, [makeFace(2)])
      expect(await store.collections.counts(id)).toEqual({ persons: 2, faces: 2 })
    })

    it('fails only the call that does not fit of those that share a transaction', async () => {
      const store = await openStore({ maxPages: 64 })
      const { id } = await makeCollection(store)
      const many = Array.from({ length: 1000 }, (_, i) => makeFace(i + 10))
      const results = await Promise.allSettled([
        store.faces.add(id, { name: 'Ann' }, [makeFace(1)]),
        store.faces.add(id, { name: 'Bob' }, many),
        store.faces.add(id, { name: '' }, []),
        store.faces.add(id, { name: 'Cleo' }, [makeFace(2)]),
      ])
      expect(results).toMatchObject([
        { status: 'fulfilled' },
        { reason: { code: 'storeFull' } },
        { reason: { code: 'invalidName' } },
        { status: 'fulfilled' },
      ])
      expect(await store.collections.counts(id)).toEqual({ persons: 2, faces: 2 })
    })

    it.skipIf(!canMount())('reports a file system without space (tmpfs; root only)', async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory])
      try {
        const store = await openStore()
        const { id } = await makeCollection(store)
        let stored = 0
        const fill = async (): Promise<void> => {
          for (;;) {
            await store.faces.add(id, { name: `P${stored}` }, [makeFace(stored)])
            stored++
          }
        }
        await expectCode(fill(), 'storeFull')
        expect(stored).toBeGreaterThan(3)
        expect(await store.collections.counts(id)).toEqual({ persons: stored, faces: stored })
        await store.close()
        const again = await openStore().catch((error: unknown) => error)
        if (!(again instanceof Error)) {
          expect(await (again as Database).collections.counts(id)).toEqual({
            persons: stored,
            faces: stored,
          })
          await (again as Database).close()
        } else expect(again).toMatchObject({ code: 'storeFull' })
      } finally {
        execFileSync('umount', ['-l', directory])
      }
    })
  })

  describe('erasure', () => {
    it('leaves neither name nor embedding of a deleted person on disk', async () => {
      const store = await openStore()
      const { id } = await makeCollection(store, { storeCrops: true })
      const crop = Buffer.from('the crop of the person to be erased')
      const face = makeFace(1, { crop: { bytes: crop } })
      const { person } = await store.faces.add(id, { name: 'Erased Ann' }, [face])
      await store.faces.add(id, { name: 'Bob' }, [makeFace(2)])
      const { embeddings } = await store.faces.getEmbeddings(
        { id, modelId: 'test-model' },
        { personId: person.id },
      )
      const traces = ['Erased Ann', 'erased ann', crop, Buffer.from(embeddings.buffer)]
      for (const trace of traces) expect(readDisk().includes(trace)).toBe(true)
      await store.persons.delete(id, person.id)
      // The log is emptied once writes have been quiet for a second.
      await vi.waitFor(
        () => {
          for (const trace of traces) expect(readDisk().includes(trace)).toBe(false)
        },
        { timeout: 10_000, interval: 100 },
      )
    })
  })

  it('forgets idempotency keys after a day, and claims of dead processes after ten minutes', async () => {
    const store = await openStore()
    await store.answers.claim('done', 'hash')
    await store.answers.complete('done', { status: 200, body: '' })
    await store.answers.claim('dead', 'hash')
    edit('UPDATE idempotency SET created_at_ms = created_at_ms - 11 * 60000')
    expect(await store.answers.claim('done', 'other')).toMatchObject({ requestHash: 'hash' })
    expect(await store.answers.claim('dead', 'other')).toBeUndefined()
    edit('UPDATE idempotency SET created_at_ms = created_at_ms - 24 * 3600000')
    expect(await store.answers.claim('done', 'other')).toBeUndefined()
  })

  it('refuses a cursor of a future that a restored backup does not share', async () => {
    const store = await openStore()
    const { id } = await makeCollection(store)
    await store.faces.add(id, { name: 'A' }, [makeFace(1)])
    const shared = await store.feed.latestCursor()
    await store.close()
    copyFileSync(file, join(directory, 'backup.db'))
    const before = await openStore()
    await before.faces.add(id, { name: 'B' }, [makeFace(2)])
    const lost = await before.feed.latestCursor()
    await before.close()
    copyFileSync(join(directory, 'backup.db'), file)
    const restored = await openStore()
    await expectCode(restored.feed.changes(lost, 10), 'invalidCursor')
    await restored.faces.add(id, { name: 'C' }, [makeFace(3)])
    await expectCode(restored.feed.changes(lost, 10), 'invalidCursor')
    expect(await restored.feed.changes(shared, 10)).toHaveLength(1)
  })

  it('answers busy when another process holds the write lock for too long', async () => {
    const store = await openStore({ busyTimeoutMs: 100 })
    const { id } = await makeCollection(store)
    const other = new Libsql(file)
    other.exec('BEGIN IMMEDIATE')
    await expectCode(store.persons.create(id, { name: 'A' }), 'storeBusy')
    expect(await store.collections.counts(id)).toEqual({ persons: 0, faces: 0 })
    other.exec('ROLLBACK')
    other.close()
    await store.persons.create(id, { name: 'A' })
  })

  it('lets several processes create the database at once', async () => {
    const script = `
      import { createSqliteStore } from ${JSON.stringify(distUrl('sqlite-store.js'))}
      const store = await createSqliteStore({ file: process.argv[1] })
      const policy = { maxFpir: 0.01, possibleFpir: 0.1 }
      const name = 'c' + process.pid
      await store.collections.create({ name, modelId: 'm', dimension: 8, policy, storeCrops: false })
      await store.close()`
    const run = promisify(execFile)
    const processes = Array.from({ length: 4 }, () =>
      run(process.execPath, ['--input-type=module', '-e', script, file]),
    )
    await Promise.all(processes)
    expect((await (await openStore()).collections.list()).items).toHaveLength(4)
  })

  describe('the thread', () => {
    it('is replaced when it dies; what it had is rejected, what was durable is there', async () => {
      const pools: Piscina[] = []
      const run = Piscina.prototype.run
      vi.spyOn(Piscina.prototype, 'run').mockImplementation(function (
        this: Piscina,
        ...parameters: Parameters<typeof run>
      ) {
        if (!pools.includes(this)) pools.push(this)
        return run.apply(this, parameters)
      })
      const store = await openStore()
      const { id } = await makeCollection(store)
      await store.faces.add(id, { name: 'A' }, [makeFace(1)])
      const many = Array.from({ length: 2000 }, (_, i) => makeFace(i + 10))
      const pending = store.faces.add(id, { name: 'B' }, many)
      const rejected = expectCode(pending, 'workerFailed')
      await new Promise((resolve) => setImmediate(resolve))
      await pools[0]!.threads[0]!.terminate()
      await rejected
      expect(await store.collections.counts(id)).toEqual({ persons: 1, faces: 1 })
      await pools[0]!.threads[0]!.terminate()
      await store.faces.add(id, { name: 'C' }, [makeFace(2)])
      expect(await store.collections.counts(id)).toEqual({ persons: 2, faces: 2 })
    })

    it('does not fail neighbours for a parameter that no thread can be sent', async () => {
      const store = await openStore()
      const { id } = await makeCollection(store)
      const results = await Promise.allSettled([
        store.persons.create(id, { name: 'A' }),
        store.persons.create(id, { name: (() => 1) as unknown as string }),
        store.persons.create(id, { name: 'C' }),
      ])
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    })

    it('gives back the memory of the calls that it has answered', async () => {
      const store = await openStore()
      await makeCollection(store)
      const ask = async (times: number): Promise<number> => {
        for (let i = 0; i < times; i++) await store.feed.changes(undefined, 1)
        return process.memoryUsage.rss()
      }
      const before = await ask(10_000)
      // In bytes: about 0 observed, 86e6 and more when nothing was freed.
      expect((await ask(80_000)) - before).toBeLessThan(40e6)
    })

    it('keeps fsyncs off the event loop', async () => {
      const store = await openStore()
      const { id } = await makeCollection(store)
      const many = Array.from({ length: 2000 }, (_, i) => makeFace(i))
      let turns = 0
      let writing = true
      const count = async (): Promise<void> => {
        while (writing) {
          turns++
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
      const counting = count()
      await store.faces.add(id, { name: 'A' }, many)
      writing = false
      await counting
      // Were the call synchronous, the loop would turn a few times only; observed > 1000.
      expect(turns).toBeGreaterThan(50)
    })
  })

  it('empties its log when it is closed', async () => {
    const store = await openStore()
    await makeCollection(store)
    await store.close()
    const wal = `${file}-wal`
    expect(existsSync(wal) ? statSync(wal).size : 0).toBe(0)
  })
})

function distUrl(name: string): string {
  return new URL(`../../dist/storage/sqlite/${name}`, import.meta.url).href
}

function canMount(): boolean {
  if (!isRoot || process.platform !== 'linux') return false
  try {
    // A mount in a namespace of its own, which vanishes with the command.
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
