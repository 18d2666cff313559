import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PartialConfig } from '../../src/config/config.ts'
import type { Gallery } from '../../src/gallery/gallery.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { makeCollection, makeCrop, makeEmbedding, makeFace } from '../helpers/faces.ts'
import { createGalleryNodes, type GalleryNode, type GalleryNodes } from '../helpers/gallery-node.ts'
import { placeStranger } from '../helpers/place-stranger.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const undoable = { undoable: true } as const
const strangerId = '01ARZ3NDEKTSV4RRFFQ69G5F0A'
const patient = { timeout: 240_000 }
const probes = Array.from({ length: 8 }, (_, i) => makeEmbedding(i))

/** What a gallery is, and what its index answers to probes near each face and near none. */
async function readGallery(gallery: Gallery, collection: Collection) {
  await gallery.catchUp()
  const { items } = await gallery.persons.list(collection.id)
  const all = Float32Array.from(probes.flatMap((probe) => [...probe]))
  const found = await gallery.search(collection, all, { persons: 5 })
  const { missing, surplus, different } = await gallery.verifyIndex(collection)
  expect([missing, surplus, different]).toEqual([[], [], []])
  return {
    persons: items.map(({ updatedAt: _, revision: _revision, ...person }) => person),
    faces: (await gallery.faces.list(collection.id)).items,
    statements: (await gallery.statements.list(collection.id)).items,
    nearest: await gallery.searchFaces(collection, all, 10),
    found: found.map(({ collection: _, ...result }) => result),
    strangers: (await gallery.strangers.list(collection.id)).items,
    sightings: (await gallery.strangers.sightings(collection.id)).items,
  }
}

/** Makes changes at one node, kills it after each, and takes the change back at the next one. */
async function undoElsewhere(start: () => Promise<GalleryNode>): Promise<void> {
  let node = await start()
  const elsewhere = async () => {
    const next = await start()
    await node.kill()
    node = next
    await node.gallery.catchUp()
  }
  const collection = await makeCollection(node.gallery, { storeCrops: true })
  const { id } = collection
  const crop = makeCrop(Uint8Array.of(0xff, 0xd8, 7))
  const enrol = async (name: string, ...seeds: readonly number[]) => {
    const faces = seeds.map((seed) => makeFace(seed, { crop }))
    const added = await node.gallery.faces.add(id, { name }, faces)
    return { id: added.person.id, faces: added.faces.map((face) => face.id) }
  }
  const ann = await enrol('Ann', 1, 2, 3)
  const ben = await enrol('Ben', 4)
  const of = { faceId: ann.faces[0]! }
  await node.gallery.statements.add(id, ben.id, { kind: 'rejection', of })
  const seen = { modelId: collection.modelId, seenAt: '2026-01-01T00:00:00.000Z' }
  const sightings = [5, 6].map((seed) => ({ ...seen, embedding: makeEmbedding(seed) }))
  await placeStranger(node.gallery.strangers, collection, { id: strangerId, sightings })

  const changes: Readonly<Record<string, () => Promise<unknown>>> = {
    merge: () => node.gallery.persons.merge(id, { into: ben.id, from: [ann.id] }, undoable),
    deletion: () => node.gallery.persons.delete(id, ann.id, undoable),
    move: () => node.gallery.faces.move(id, ann.faces.slice(0, 2), ben.id, undoable),
    // As assigning does it: the faces are enrolled, then the stranger is marked.
    assignment: async () => {
      const { person, faces } = await node.gallery.faces.add(id, { name: 'Cy' }, [makeFace(5)])
      const anchorId = faces[0]!.id
      await node.gallery.strangers.assign(id, strangerId, { personId: person.id, anchorId })
    },
  }
  for (const [what, change] of Object.entries(changes)) {
    const before = await readGallery(node.gallery, collection)
    await change()
    const after = await readGallery(node.gallery, collection)
    expect(after, what).not.toEqual(before)
    await elsewhere()
    expect(await readGallery(node.gallery, collection), what).toEqual(after)
    const [entry] = (await node.gallery.history.list(id, { limit: 1 })).items
    const undoing = await node.gallery.history.undo(id, entry!.id, undoable)
    expect(await readGallery(node.gallery, collection), what).toEqual(before)
    await elsewhere()
    expect(await readGallery(node.gallery, collection), what).toEqual(before)
    const redoing = await node.gallery.history.undo(id, undoing.id, undoable)
    expect(await readGallery(node.gallery, collection), what).toEqual(after)
    await node.gallery.history.undo(id, redoing.id, undoable)
    expect(await readGallery(node.gallery, collection), what).toEqual(before)
  }
  expect(await node.gallery.faces.getCrop(id, ann.faces[0]!)).toEqual(crop)
}

describe('what was changed is taken back after the process was killed', () => {
  let nodes: GalleryNodes
  beforeEach(async () => {
    nodes = await createGalleryNodes()
  })
  afterEach(() => nodes.end())

  it('on SQLite, with the index of before and of after', patient, () =>
    undoElsewhere(() => nodes.start({ dataDir: join(nodes.directory, 'data') })),
  )

  const skipReason = whyNoMongod({ own: false })
  describe.skipIf(skipReason)(nameWithReason('on MongoDB', skipReason), () => {
    let server: TestServer
    beforeAll(async () => {
      server = await openTestServer()
    })
    afterAll(() => server?.stop())

    it('by another node', patient, async () => {
      const database = newDatabaseName()
      const store = { kind: 'mongodb', url: server.url, database, timeoutMs: 30_000 } as const
      let started = 0
      await undoElsewhere(() => {
        const dataDir = join(nodes.directory, String(started++))
        const config: PartialConfig = { store, dataDir }
        return nodes.start(config)
      })
    })
  })
})
