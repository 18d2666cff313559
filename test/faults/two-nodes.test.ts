import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PartialConfig } from '../../src/config/config.ts'
import { isFaceError } from '../../src/core/errors.ts'
import type { Gallery } from '../../src/gallery/gallery.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'
import { patient, reportFault } from '../helpers/fault-report.ts'
import { createGalleryNodes, type GalleryNodes } from '../helpers/gallery-node.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const rounds = 25
const noMongod = whyNoMongod({ own: false })

describe('two nodes that enrol the same person and delete it at the same time', patient, () => {
  let nodes: GalleryNodes

  beforeEach(async () => {
    nodes = await createGalleryNodes()
  })
  afterEach(() => nodes.end())

  async function contend(store: string, configs: readonly PartialConfig[]): Promise<void> {
    const galleries = await Promise.all(
      configs.map(async (config) => (await nodes.start(config)).gallery),
    )
    const [first, second] = galleries as [Gallery, Gallery]
    const collection = await makeCollection(first)
    const deleted = new Set<string>()
    let acknowledged = 0
    let seed = 0

    for (let round = 0; round < rounds; round++) {
      const { person, faces } = await first.faces.add(collection.id, { name: 'Ann' }, [
        makeFace(seed++),
      ])
      // The same photograph on both, one more on each, and the deletion from both.
      const same = makeFace(seed++)
      const enrolments = [
        first.faces.add(collection.id, person.id, [same]),
        second.faces.add(collection.id, person.id, [same]),
        second.faces.add(collection.id, person.id, [makeFace(seed++)]),
        first.faces.add(collection.id, person.id, [makeFace(seed++)]),
      ]
      // Now before, now among, now after the enrolments.
      const deletions = [second, first].map(async (gallery) => {
        await sleep(round % 5)
        await gallery.persons.delete(collection.id, person.id)
      })
      const [enrolled, ended] = await Promise.all([
        Promise.allSettled(enrolments),
        Promise.allSettled(deletions),
      ])
      for (const outcome of [...enrolled, ...ended]) {
        if (outcome.status === 'fulfilled') acknowledged++
        // It came after the deletion, or lost against it once too often.
        else expect(['personNotFound', 'storeBusy']).toContain(outcome.reason.code)
      }
      if (ended.every(({ status }) => status === 'rejected')) {
        await first.persons.delete(collection.id, person.id)
        acknowledged++
      }
      const added = enrolled.flatMap((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.faces : [],
      )
      for (const { id } of [...faces, ...added]) deleted.add(id)
      acknowledged++
      // The same photograph was stored once, whoever came first.
      const [one, other] = enrolled
      if (one?.status === 'fulfilled' && other?.status === 'fulfilled') {
        expect(one.value.faces[0]?.id).toBe(other.value.faces[0]?.id)
      }
    }

    // What is enrolled after all deletions is all there is.
    const since = performance.now()
    const kept = await second.faces.add(collection.id, { name: 'Bea' }, [makeFace(seed)])
    const probe = makeEmbedding(seed)
    await vi.waitFor(async () => {
      for (const gallery of galleries) {
        const [ranked] = await gallery.search(collection, probe, { persons: 5 })
        expect(ranked!.persons).toMatchObject([{ personId: kept.person.id }])
      }
    }, 30_000)
    const recoveryMs = Math.round(performance.now() - since)
    let resurrected = 0
    for (const gallery of galleries) {
      const stored = (await gallery.faces.list(collection.id, { limit: 1000 })).items
      resurrected += stored.filter(({ id }) => deleted.has(id)).length
      expect(stored.map(({ id }) => id)).toEqual([kept.faces[0]!.id])
      expect(await gallery.collections.counts(collection.id)).toEqual({ persons: 1, faces: 1 })
      const differences = await gallery.verifyIndex(collection)
      expect(differences).toEqual({ checked: 1, missing: [], surplus: [], different: [] })
      const removed = gallery.persons.get(collection.id, [...deleted][0]!)
      await expect(removed).rejects.toSatisfy((error) => isFaceError(error, 'personNotFound'))
    }
    const fault = `two nodes enrol and delete at once, ${store}`
    reportFault(fault, {
      acknowledged: acknowledged + 1,
      lost: 0,
      resurrected,
      differing: 0,
      recoveryMs,
    })
  }

  it('agree on SQLite', async () => {
    await contend('SQLite', [{}, {}])
  })

  describe.skipIf(noMongod)(nameWithReason('on MongoDB', noMongod), () => {
    let server: TestServer
    beforeAll(async () => {
      server = await openTestServer()
    })
    afterAll(() => server?.stop())

    it('agree on MongoDB', async () => {
      const store = { kind: 'mongodb', url: server.url, database: newDatabaseName() } as const
      const dataDirs = ['a', 'b'].map((name) => join(nodes.directory, name))
      await contend(
        'MongoDB',
        dataDirs.map((dataDir) => ({ store, dataDir })),
      )
    })
  })
})
