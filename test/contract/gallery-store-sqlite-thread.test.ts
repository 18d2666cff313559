import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { expectCode } from '../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../helpers/faces.ts'
import { provideSqliteFile } from '../helpers/sqlite-file.ts'

let file: string
const openStore = provideSqliteFile((made) => {
  file = made.file
})

describe('stored metadata that no store writes', () => {
  const depth = 3000
  it.each([
    ['thousands of levels', `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`],
    ['17 levels of lists', `{"a":${'['.repeat(16)}${']'.repeat(16)}}`],
    ['a megabyte', JSON.stringify({ text: 'x'.repeat(1e6) })],
    ['no JSON', '{"a":'],
    ['no object', '[1]'],
    ['nothing', ''],
  ])('of %s is read as an empty object, logged, and can be deleted', async (_, json) => {
    const logged: object[] = []
    const logger = { info() {}, warn: (fields: object) => void logged.push(fields) }
    const store = await openStore({ logger: logger as never })
    const { id } = await makeCollection(store)
    const metadata = { kept: true }
    const ann = await store.faces.add(id, { name: 'Ann', metadata }, [makeFace(1)])
    const bob = await store.persons.create(id, { name: 'Bob', metadata })
    const database = new Database(file)
    const write = database.prepare('UPDATE persons SET metadata = ? WHERE id = ?')
    write.run([json, ann.person.id])
    const faceId = ann.faces[0]!.id

    const { items } = await store.persons.list(id)
    expect(items.map((person) => person.metadata)).toEqual([{}, metadata])
    expect((await store.persons.list(id, { name: 'ann' })).items).toHaveLength(1)
    expect(await store.faces.getOwners(id, [faceId])).toMatchObject([{ personMetadata: {} }])
    const { owners } = await store.faces.lookUpNearest({ id, modelId: 'test-model' }, [[faceId]])
    expect(owners).toMatchObject([{ personName: 'Ann', personMetadata: {} }])
    expect(await store.transfer.readFaces(id, { limit: 10 })).toHaveLength(1)
    await expect.poll(() => logged).toEqual([{ personId: ann.person.id }])

    // A new name takes nothing away from what somebody may want to repair.
    await store.persons.update(id, ann.person.id, { name: 'Anna' })
    const read = database.prepare('SELECT metadata FROM persons WHERE id = ?')
    expect(read.all([ann.person.id])).toMatchObject([{ metadata: json }])
    database.close()
    const mended = await store.persons.update(id, ann.person.id, { metadata: { b: 1 } })
    expect(mended.metadata).toEqual({ b: 1 })
    await store.persons.delete(id, ann.person.id)
    expect((await store.persons.list(id)).items).toEqual([bob])
  })
})

describe('what no thread could read', () => {
  it('is refused where it is written, alone', async () => {
    const store = await openStore()
    const collection = await makeCollection(store)
    let deep: object = {}
    for (let level = 0; level < 1900; level++) deep = { deep }
    const results = await Promise.allSettled([
      store.persons.create(collection.id, { name: 'A' }),
      store.collections.update(collection, { policy: deep as never }),
      store.faces.add(collection.id, { name: 'B' }, [makeFace(1, { quality: deep as never })]),
      store.persons.create(collection.id, { name: 'C' }),
    ])
    const refused = { reason: { code: 'invalidRequest' } }
    const done = { status: 'fulfilled' }
    expect(results).toMatchObject([done, refused, refused, done])
  })
})

describe("the store's thread", () => {
  const workerFile = new URL('../fixtures/gallery/faulty-worker.mjs', import.meta.url)

  it.each(['unreadable', 'exit'])(
    'that answers by %s fails that call alone, and is replaced',
    async (how) => {
      const store = await openStore({ workerFile })
      for (let round = 0; round < 2; round++) {
        const results = await Promise.allSettled([
          store.collections.get('a'),
          store.collections.get(how),
          store.collections.get('b'),
        ])
        expect(results).toMatchObject([
          { value: 'collections.get' },
          { reason: { code: 'workerFailed' } },
          { value: 'collections.get' },
        ])
      }
      await store.close()
    },
  )

  it('never does a write again whose answer was lost', async () => {
    const store = await openStore({ workerFile })
    const results = await Promise.allSettled([
      store.collections.delete('a'),
      store.collections.get('unreadable'),
      store.collections.get('b'),
    ])
    const failed = { reason: { code: 'workerFailed' } }
    expect(results).toMatchObject([failed, failed, { value: 'collections.get' }])
  })

  it.each(['never', 'spin'])('that answers %s is replaced when the time is up', async (how) => {
    const store = await openStore({ workerFile, callTimeoutMs: 500 })
    const stuck = store.collections.get(how)
    await new Promise((resolve) => setImmediate(resolve))
    const waiting = store.collections.get('a')
    await expectCode(stuck, 'storeUnavailable')
    expect(await waiting).toBe('collections.get')
  })

  it.each(['never', 'spin'])('that answers %s does not hold up close', async (how) => {
    const store = await openStore({ workerFile, closeTimeoutMs: 300 })
    const stuck = expectCode(store.collections.get(how), 'workerFailed')
    await new Promise((resolve) => setImmediate(resolve))
    const waiting = expectCode(store.collections.get('a'), 'storeUnavailable')
    await expectCode(store.close(), 'storeUnavailable')
    await Promise.all([stuck, waiting])
  })

  it('that cannot start any more fails its calls', async () => {
    const missing = new URL('../fixtures/gallery/missing.mjs', import.meta.url)
    await expectCode(createSqliteStore({ file, workerFile: missing }), 'workerFailed')
  })
})

describe('searches by a part of the name', () => {
  it('keep writes and short reads waiting for one of them at most, and are all answered', async () => {
    const store = await openStore()
    const { id } = await makeCollection(store)
    await Promise.all(
      Array.from({ length: 200 }, (_, i) => store.persons.create(id, { name: `Person ${i}` })),
    )
    let searched = 0
    const searches = Array.from({ length: 60 }, async () => {
      await store.persons.list(id, { name: 'no such name' })
      searched++
    })
    const before: number[] = []
    for (let i = 0; i < 10; i++) {
      const start = searched
      await Promise.all([store.persons.create(id, { name: 'Ann' }), store.collections.counts(id)])
      before.push(searched - start)
    }
    // One that runs when the call comes, and one in its own batch.
    expect(Math.max(...before)).toBeLessThanOrEqual(2)
    await Promise.all(searches)
    expect(searched).toBe(60)
  })

  it('beyond those that may wait are refused, and nothing else is', async () => {
    const store = await openStore()
    const { id } = await makeCollection(store)
    const searches = Array.from({ length: 200 }, () => store.persons.list(id, { name: 'a' }))
    const writes = Array.from({ length: 200 }, (_, i) =>
      store.persons.create(id, { name: `P${i}` }),
    )
    const outcomes = await Promise.allSettled(searches)
    await Promise.all(writes)
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused).toHaveLength(200 - 64)
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'storeBusy' })
  })
})
