import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/platform/random.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'

let directory: string
let one: Database
let other: Database
let collection: Collection
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-lookups-'))
  const file = join(directory, 'gallery.db')
  one = await createSqliteStore({ file })
  other = await createSqliteStore({ file })
  collection = await makeCollection(one)
})
afterEach(async () => {
  await one.close()
  await other.close()
  await rm(directory, { recursive: true, force: true })
})

const names = async (store: Database, faceIds: readonly string[]) =>
  (await store.faces.lookUpNearest(collection, [faceIds])).owners.map((owner) => owner.personName)

describe('look-ups of SQLite, which remember rows', () => {
  it('answer what this and another process have written since', async () => {
    const { person, faces } = await one.faces.add(collection.id, { name: 'Ann' }, [makeFace(1)])
    const { id: personId } = person
    const faceIds = [faces[0]!.id]
    expect(await names(one, faceIds)).toEqual(['Ann'])
    for (const writer of [one, other]) {
      for (const name of ['Bea', 'Cy']) {
        await writer.persons.update(collection.id, personId, { name })
        expect(await names(one, faceIds)).toEqual([name])
      }
      const { faces: added } = await writer.faces.add(collection.id, personId, [
        makeFace(writer === one ? 2 : 3),
      ])
      const found = await one.faces.lookUpNearest(collection, [faceIds])
      expect(found.persons[0]?.faceIds).toContain(added[0]!.id)
      expect(found.faces).toBe(writer === one ? 2 : 3)
      const [current] = (await one.collections.list()).items
      const policy = { maxFpir: writer === one ? 0.02 : 0.03, possibleFpir: 0.1 }
      await writer.collections.update(current!, { policy })
      expect((await one.faces.lookUpNearest(collection, [faceIds])).collection?.policy).toEqual(
        policy,
      )
    }
    await other.persons.delete(collection.id, personId)
    expect(await names(one, faceIds)).toEqual([])
    await other.collections.delete(collection.name)
    const gone = await one.faces.lookUpNearest(collection, [faceIds])
    expect(gone).toMatchObject({ owners: [], persons: [], faces: 0 })
    expect(gone).not.toHaveProperty('collection')
  })

  it('tell models apart', async () => {
    const better = { modelId: 'better', dimension: 4, policy: collection.policy }
    await one.secondModels.begin(collection.id, better)
    const faces = [1, 2].map((seed) =>
      makeFace(seed, { second: { modelId: 'better', embedding: makeEmbedding(seed, 4) } }),
    )
    const added = await one.faces.add(collection.id, { name: 'Ann' }, faces)
    const lists = [added.faces.map(({ id }) => id)]
    for (let round = 0; round < 2; round++) {
      const first = await one.faces.lookUpNearest(collection, lists)
      const second = await one.faces.lookUpNearest({ id: collection.id, modelId: 'better' }, lists)
      expect([first.persons[0]?.mean?.length, second.persons[0]?.mean?.length]).toEqual([8, 4])
    }
  })

  it('answer as a process that has just begun, whoever writes what', async () => {
    const random = createRandom(7)
    const pick = <T>(items: readonly T[]): T | undefined =>
      items[Math.floor(random() * items.length)]
    const file = join(directory, 'gallery.db')
    for (let step = 0; step < 60; step++) {
      const writer = random() < 0.5 ? one : other
      const { items: persons } = await one.persons.list(collection.id)
      const { items: faces } = await one.faces.list(collection.id)
      const [person, face] = [pick(persons), pick(faces)]
      const what = Math.floor(random() * 5)
      if (what < 2) {
        const added = [makeFace(step, { embedding: makeEmbedding(step) })]
        await writer.faces.add(collection.id, person?.id ?? { name: `P${step}` }, added)
      } else if (what === 2) {
        await writer.faces.add(collection.id, { name: `P${step}` }, [makeFace(step)])
      } else if (what === 3 && face) await writer.faces.delete(collection.id, face.id)
      else if (person) await writer.persons.update(collection.id, person.id, { name: `Q${step}` })
      const lists = [0, 1].map(() => faces.filter(() => random() < 0.7).map(({ id }) => id))
      const fresh = await createSqliteStore({ file })
      expect(await one.faces.lookUpNearest(collection, lists)).toEqual(
        await fresh.faces.lookUpNearest(collection, lists),
      )
      await fresh.close()
    }
  })
})
