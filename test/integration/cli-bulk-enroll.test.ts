import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BulkEnrollSummary, createEnrollSummary } from '../../src/cli/bulk-enroll.ts'
import { FaceError } from '../../src/core/errors.ts'
import type { ListedPhoto } from '../../src/jobs/archive/list.ts'
import { toListFile } from '../../src/jobs/kinds/bulk-enroll.ts'
import { createJobService } from '../../src/jobs/service.ts'
import type { EnrollResult, FaceWatcher } from '../../src/recognition/face-watcher.ts'
import type { Database } from '../../src/storage/database.ts'
import { choosePerson } from '../../src/storage/rules/person-by-name.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { makeCollection } from '../helpers/faces.ts'
import { createTestKinds } from '../helpers/job-kinds.ts'

let dir: string
let store: Database
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'face-watcher-bulk-'))
  store = await createSqliteStore({ file: join(dir, 'gallery.sqlite') })
  await makeCollection(store)
})
afterAll(async () => {
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

type FilePhoto = ListedPhoto & { readonly at: { readonly path: string } }

function photos(count: number, name: string): FilePhoto[] {
  return Array.from({ length: count }, (_, index) => {
    const path = join(dir, `${name}-${index}.jpg`)
    writeFileSync(path, `${name} ${index}`)
    return { file: `${name}-${index}.jpg`, at: { path }, person: { name } }
  })
}

/** What the command sums up of a run, and what the run failed with. */
async function bulkEnroll(
  listed: readonly ListedPhoto[],
  { faceWatcher }: Fake,
): Promise<BulkEnrollSummary & { readonly failure: unknown }> {
  const kinds = createTestKinds({ store, faceWatcher, concurrency: 4 })
  const { jobs, close } = createJobService({ store, kinds, concurrency: 0, keepMs: 1e9 })
  const [collection] = (await store.collections.list()).items
  const told = createEnrollSummary({ collection: 'default', images: listed.length })
  const request = { kind: 'bulkEnroll', collection: collection!.name, input: { source: 'list' } }
  const failure = await jobs.run(request, { file: toListFile(listed), onItems: told.add }).then(
    () => undefined,
    (error: unknown) => error,
  )
  await close()
  return { ...told.toSummary(), failure }
}

interface Fake {
  readonly faceWatcher: FaceWatcher
  readonly created: string[]
}

/** Use cases that store every image; `existing` are the persons there from the start. */
function createFake(options: {
  readonly existing?: readonly {
    readonly id: string
    readonly name: string
    readonly faceCount: number
  }[]
  /** Persons who have every image already. */
  readonly complete?: readonly string[]
  /** What is answered of each face, beside that it is new. */
  readonly face?: Partial<EnrollResult['faces'][number]>
  readonly fail?: (enrolled: number) => Error | undefined
}): Fake {
  const created: string[] = []
  const existing = [...(options.existing ?? [])]
  const faceCounts = new Map(existing.map(({ id, faceCount }) => [id, faceCount]))
  let enrolled = 0
  const obtain = (name: string): { readonly id: string; readonly newPerson: boolean } => {
    const ids = existing.filter((person) => person.name === name).map(({ id }) => id)
    const id = choosePerson({ name, ifExists: 'reuse' }, { ofExternalId: undefined, ofName: ids })
    if (id !== undefined) return { id, newPerson: false }
    created.push(name)
    existing.push({ id: `new-${created.length}`, name, faceCount: 0 })
    return { id: `new-${created.length}`, newPerson: true }
  }
  const faceWatcher = {
    as: () => faceWatcher,
    collections: store.collections,
    enroll: async (_collection: string, person: { name: string; ifExists?: string }) => {
      await sleep(Math.random() * 5)
      const error = options.fail?.(enrolled)
      if (error) throw error
      enrolled++
      expect(person.ifExists).toBe('reuse')
      const { id, newPerson } = obtain(person.name)
      const alreadyEnrolled = options.complete?.includes(id) ?? false
      const faceCount = (faceCounts.get(id) ?? 0) + (alreadyEnrolled ? 0 : 1)
      faceCounts.set(id, faceCount)
      const face = {
        face: { id: 'face' },
        alreadyEnrolled,
        turned: 0,
        warnings: [],
        ...options.face,
      }
      // Answers may come in another order than images were stored.
      await sleep(Math.random() * 5)
      const answer = { person: { id, faceCount }, newPerson, faces: [face], rejected: [] }
      return answer as unknown as EnrollResult
    },
  } as unknown as FaceWatcher
  return { faceWatcher, created }
}

it('counts a person once, however many images are in work', async () => {
  const fake = createFake({})
  const all = [...photos(10, 'Ann'), ...photos(3, 'Bob')]
  const summary = await bulkEnroll(all, fake)
  expect(summary).toMatchObject({ enrolled: 13, newPersons: 2, remaining: 0 })
  expect(fake.created.toSorted()).toEqual(['Ann', 'Bob'])
})

it('adds to the only person of a name, and asks which one when there are several', async () => {
  const existing = [
    { id: '1', name: 'Ann', faceCount: 1 },
    { id: '2', name: 'Bob', faceCount: 1 },
    { id: '3', name: 'Bob', faceCount: 1 },
  ]
  const fake = createFake({ existing })
  const summary = await bulkEnroll([...photos(2, 'Ann'), ...photos(2, 'Bob')], fake)
  expect(summary).toMatchObject({ enrolled: 2, newPersons: 0 })
  expect(summary.rejected.map((it) => it.reasons)).toEqual([['ambiguousName'], ['ambiguousName']])
})

it('ends at an error that the next image would meet, too', async () => {
  const fake = createFake({ fail: (done) => (done < 3 ? undefined : new FaceError('storeFull')) })
  const summary = await bulkEnroll(photos(30, 'Ann'), fake)
  expect(summary.failure).toMatchObject({ code: 'storeFull' })
  // Those behind it that were in work are found to be enrolled by the next run.
  expect(summary.enrolled).toBeLessThanOrEqual(3)
  expect(summary.remaining).toBe(30 - summary.enrolled)
})

it('rejects a file that is too large or gone, and goes on', async () => {
  const [large, gone, good] = photos(3, 'Ann') as [FilePhoto, FilePhoto, FilePhoto]
  writeFileSync(large.at.path, 'x'.repeat(2000))
  rmSync(gone.at.path)
  const summary = await bulkEnroll([large, gone, good], createFake({}))
  expect(summary.rejected.map((it) => it.reasons[0])).toEqual(['imageTooLarge', 'unreadable'])
  expect(summary.enrolled).toBe(1)
})

it('counts persons who have one photograph, also those who had it before', async () => {
  const existing = [
    { id: '1', name: 'Ann', faceCount: 1 },
    { id: '2', name: 'Bob', faceCount: 1 },
  ]
  const all = ['Ann', 'Bob', 'Cy', 'Dan'].flatMap((name) => photos(name === 'Cy' ? 3 : 1, name))
  const summary = await bulkEnroll(all, createFake({ existing, complete: ['2'] }))
  expect(summary).toMatchObject({ enrolled: 5, alreadyEnrolled: 1 })
  // Ann has two now and Cy three.
  expect(summary.personsWithOnePhotograph).toBe(2)
})

it('tells of each file how it was read and what to know of it', async () => {
  const weak = { reason: 'weakPhotograph', message: 'Weak.' } as const
  const fake = createFake({ face: { turned: 90, warnings: [weak] } })
  const [photo] = photos(1, 'Ann') as [FilePhoto]
  const { turned, warnings } = await bulkEnroll([photo], fake)
  expect(turned).toEqual([{ file: photo.file, turned: 90 }])
  expect(warnings).toEqual([{ file: photo.file, ...weak }])
})
