import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { makeCollection, makeFace } from '../helpers/faces.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const child = fileURLToPath(new URL('../helpers/merge-child.mjs', import.meta.url))
const facesEach = 500
const kills = 8

/** Where a child finds the database. */
type Address = readonly [kind: 'sqlite' | 'mongodb', address: string, database: string]

/** Merges in another process, which is killed after `killAfterMs`, and tells how long the merge took where it ended. */
async function merge(
  address: Address,
  ids: readonly string[],
  killAfterMs = Number.POSITIVE_INFINITY,
): Promise<number | undefined> {
  const process_ = spawn(process.execPath, [child, ...address, ...ids], { stdio: 'pipe' })
  const ended = once(process_, 'close')
  let output = ''
  let begun = 0
  let took: number | undefined
  for await (const text of process_.stdout.setEncoding('utf8')) {
    output += text
    if (begun === 0 && output.includes('merging')) {
      begun = performance.now()
      if (Number.isFinite(killAfterMs)) {
        void sleep(killAfterMs).then(() => process_.kill('SIGKILL'))
      }
    }
    if (output.includes('merged')) took = performance.now() - begun
  }
  await ended
  expect(output).toContain('merging')
  return took
}

/** @param open  the same database, opened anew */
async function killMerges(address: Address, open: () => Promise<Database>): Promise<void> {
  let store = await open()
  let round = 0

  async function fill(): Promise<{ readonly collection: Collection; readonly ids: string[] }> {
    const collection = await makeCollection(store, { name: `round-${round}` })
    const ids: string[] = []
    for (const name of ['Ann', 'Anna']) {
      const faces = Array.from({ length: facesEach }, (_, i) => makeFace(ids.length * 1000 + i))
      const { person } = await store.faces.add(collection.id, { name }, faces)
      ids.push(person.id)
    }
    round++
    return { collection, ids }
  }

  const whole = await fill()
  const took = (await merge(address, [whole.collection.id, ...whole.ids])) as number
  expect(took).toBeGreaterThan(0)
  for (let kill = 0; kill < kills; kill++) {
    const { collection, ids } = await fill()
    const { id } = collection
    await store.close()
    await merge(address, [id, ...ids], (took * (kill + 0.5)) / kills)
    store = await open()
    const { items: persons } = await store.persons.list(id)
    const { items: entries } = await store.history.list(id, { limit: 1 })
    const isMerged = persons.length === 1
    const counts = persons.map(({ faceCount }) => faceCount)
    expect(counts).toEqual(isMerged ? [2 * facesEach] : [facesEach, facesEach])
    expect(entries[0]!.kind).toBe(isMerged ? 'personsMerged' : 'facesAdded')
    for (const person of persons) {
      const { faceIds } = await store.faces.getEmbeddings(collection, { personId: person.id })
      expect(faceIds).toHaveLength(person.faceCount)
    }
    expect(await store.collections.counts(id)).toEqual({
      ...{ persons: persons.length, faces: 2 * facesEach },
    })
    if (!isMerged) continue
    await store.history.undo(id, entries[0]!.id, { undoable: true })
    const apart = (await store.persons.list(id)).items
    expect(apart.map((person) => [person.id, person.faceCount])).toEqual(
      ids.map((personId) => [personId, facesEach]),
    )
  }
  await store.close()
}

const patient = { timeout: 240_000 }

describe('kill -9 in the middle of a merge of 1,000 faces leaves all or nothing', () => {
  it('on SQLite', patient, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'face-watcher-merge-'))
    const file = join(directory, 'gallery.sqlite')
    try {
      await killMerges(['sqlite', file, '-'], () => createSqliteStore({ file }))
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  const skipReason = whyNoMongod({ own: false })
  describe.skipIf(skipReason)(nameWithReason('on MongoDB', skipReason), () => {
    let server: TestServer
    const database = newDatabaseName()
    beforeAll(async () => {
      server = await openTestServer()
    })
    afterAll(async () => {
      // It would wait a minute for what the killed processes hold; a server of this test's own goes whole.
      if (process.env.FACE_WATCHER_TEST_MONGODB_URL !== undefined) {
        const admin = await MongoClient.connect(server.url)
        await admin.db(database).dropDatabase()
        await admin.close()
      }
      await server.stop()
    })

    it('too', patient, async () => {
      const open = () => createMongodbStore({ url: server.url, database })
      await killMerges(['mongodb', server.url, database], open)
    })
  })
})
