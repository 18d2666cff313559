import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCollections } from '../../src/recognition/collections.ts'
import type { FaceWatcher } from '../../src/recognition/face-watcher.ts'
import { createPersons } from '../../src/recognition/persons.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { exportGallery } from '../../src/transfer/export.ts'
import { importGallery } from '../../src/transfer/import.ts'
import { expectCode } from '../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../helpers/faces.ts'
import { createFakeDependencies, fakeDimension } from '../helpers/fake-recognition.ts'
import type { DatabaseFixture } from './database/fixture.ts'

/** Use cases of two processes at once, on every gallery store. */
export function describeUseCaseRaces(
  name: string,
  createFixture: () => Promise<DatabaseFixture>,
): void {
  describe(`use cases, calls at once: ${name}`, () => {
    let fixtures: DatabaseFixture[]
    let one: Database
    let two: Database

    beforeEach(async () => {
      fixtures = [await createFixture()]
      one = await fixtures[0]!.open()
      two = await fixtures[0]!.open()
    })
    afterEach(async () => {
      for (const fixture of fixtures) await fixture.dispose()
    })

    /** The use cases of collections, as another process has them. */
    async function collectionsOn(store: Database): Promise<FaceWatcher['collections']> {
      const deps = await createFakeDependencies()
      const { get, update } = store.collections
      const collections = { ...deps.gallery.collections, get, update }
      return createCollections({ ...deps, gallery: { ...deps.gallery, collections } })
    }

    it('keep every field of a collection that is changed by calls at once', async () => {
      await makeCollection(one, { modelId: 'fake', dimension: fakeDimension })
      const processes = [await collectionsOn(one), await collectionsOn(two)]
      for (let round = 1; round <= 5; round++) {
        const threshold = 0.5 + round / 100
        const fields = { threshold, possibleFpir: 0.1 + round / 100, galleryShift: round % 2 === 0 }
        const possibleThreshold = 0.3 + round / 100
        const storeCrops = round % 2 === 1
        const changes = [
          ...Object.entries({ ...fields, possibleThreshold }).map(([key, value]) => ({
            policy: { [key]: value },
          })),
          { storeCrops },
          { policy: { probeShift: 'strict' as const }, storeCrops },
        ]
        await Promise.all(changes.map((change, i) => processes[i % 2]!.update('default', change)))
        const { policy, storeCrops: crops } = await one.collections.get('default')
        expect(policy).toMatchObject({ ...fields, possibleThreshold, probeShift: 'strict' })
        expect(crops).toBe(storeCrops)
      }
    })

    it('erase many persons at once, also those who were deleted before', async () => {
      const { id } = await makeCollection(one)
      const ids: string[] = []
      for (const seed of [1, 2, 3]) {
        const face = makeFace(seed)
        ids.push((await one.faces.add(id, { name: `P${seed}` }, [face])).person.id)
      }
      const deps = await createFakeDependencies()
      const gallery = { ...deps.gallery, collections: one.collections, persons: one.persons }
      const persons = createPersons({ gallery })
      const bulk = (erase: object, ...some: readonly string[]) =>
        persons.bulk(
          'default',
          some.map((person) => ({ id: person, operation: { kind: 'delete', ...erase } })),
        )
      expect(await bulk({}, ids[0]!, ids[1]!)).toMatchObject({ changed: 2 })
      const [kept, erased] = (await one.history.list(id)).items
      const keptId = kept!.personIds[0]!
      await bulk({ erase: 'now' }, erased!.personIds[0]!, ids[2]!)
      await one.history.undo(id, kept!.id, { undoable: true })
      expect((await one.persons.list(id)).items).toMatchObject([{ id: keptId }])
      await expectCode(one.history.undo(id, erased!.id), 'undoRefused')
      expect(await one.history.eraseTrash('9999-01-01T00:00:00.000Z', 10)).toBe(0)
    })

    describe('an import beside enrolments', () => {
      let directory: string
      let exported: Collection

      beforeEach(async () => {
        directory = await mkdtemp(join(tmpdir(), 'face-watcher-import-race-'))
        const source = await createFixture()
        fixtures.push(source)
        const store = await source.open()
        exported = await makeCollection(store)
        for (let seed = 100; seed < 120; seed++) {
          await store.faces.add(exported.id, { name: `Person ${seed}` }, [makeFace(seed)])
        }
        const options = { source: 'test', createdAt: '2026-01-02T03:04:05.000Z' }
        await exportGallery(store, join(directory, 'export'), options)
      })
      afterEach(() => rm(directory, { recursive: true, force: true }))

      const runImport = () => importGallery(join(directory, 'export'), one)

      it('of the collection that it fills loses nobody', async () => {
        await one.transfer.restoreCollection(exported)
        const enrolments = Array.from({ length: 20 }, async (_, seed) => {
          const { person } = await two.faces.add(exported.id, { name: `New ${seed}` }, [
            makeFace(seed),
          ])
          return person.id
        })
        const [summary, ...ids] = await Promise.all([runImport(), ...enrolments])
        const [{ persons, others = 0 }] = summary.collections as [
          (typeof summary.collections)[number],
        ]
        expect(persons).toBe(20)
        // Of those enrolled meanwhile, what the comparison saw: persons and faces.
        expect(others).toBeLessThanOrEqual(40)
        expect(await two.collections.counts(exported.id)).toEqual({ persons: 40, faces: 40 })
        for (const id of ids) expect(await one.persons.get(exported.id, id)).toMatchObject({ id })
      })

      it('of a collection that is in its way keeps either all of one or all of the other', async () => {
        for (let round = 0; round < 6; round++) {
          const empty = await makeCollection(two, { name: exported.name })
          const [imported, enrolled] = await Promise.allSettled([
            runImport(),
            two.faces.add(empty.id, { name: 'Ann' }, [makeFace(round)]),
          ])
          const { id } = await one.collections.get(exported.name)
          if (imported.status === 'fulfilled') {
            expect(enrolled).toMatchObject({ reason: { code: 'collectionNotFound' } })
            expect(id).toBe(exported.id)
            expect(await two.collections.counts(id)).toEqual({ persons: 20, faces: 20 })
          } else {
            expect(imported.reason).toMatchObject({ code: 'collectionExists' })
            expect(enrolled.status).toBe('fulfilled')
            expect(id).toBe(empty.id)
            expect(await two.collections.counts(id)).toEqual({ persons: 1, faces: 1 })
          }
          await one.collections.delete(exported.name)
        }
      })
    })
  })
}
