import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bulkEnroll, type EnrollJob } from '../../src/cli/bulk-enroll.ts'
import { FaceError } from '../../src/core/errors.ts'
import type { EnrollResult, FaceWatcher } from '../../src/recognition/face-watcher.ts'
import { choosePersonOfName } from '../../src/storage/rules/person-by-name.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'face-watcher-bulk-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function jobs(count: number, name: string): EnrollJob[] {
  return Array.from({ length: count }, (_, index) => {
    const path = join(dir, `${name}-${index}.jpg`)
    writeFileSync(path, `${name} ${index}`)
    return { path, person: { name } }
  })
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
    const id = choosePersonOfName({ name, ifExists: 'reuse' }, ids)
    if (id !== undefined) return { id, newPerson: false }
    created.push(name)
    existing.push({ id: `new-${created.length}`, name, faceCount: 0 })
    return { id: `new-${created.length}`, newPerson: true }
  }
  const faceWatcher = {
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
      const face = { alreadyEnrolled, turned: 0, warnings: [], ...options.face }
      // Answers may come in another order than images were stored.
      await sleep(Math.random() * 5)
      const answer = { person: { id, faceCount }, newPerson, faces: [face], rejected: [] }
      return answer as unknown as EnrollResult
    },
  } as unknown as FaceWatcher
  return { faceWatcher, created }
}

const options = (fake: Fake) => ({
  ...{ faceWatcher: fake.faceWatcher, collection: 'default', concurrency: 4 },
  ...{ maxImageBytes: 1000, enroll: {}, onProgress: () => {}, stop: new AbortController().signal },
})

it('counts a person once, however many images are in work', async () => {
  const fake = createFake({})
  const all = [...jobs(10, 'Ann'), ...jobs(3, 'Bob')]
  const summary = await bulkEnroll(all, options(fake))
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
  const summary = await bulkEnroll([...jobs(2, 'Ann'), ...jobs(2, 'Bob')], options(fake))
  expect(summary).toMatchObject({ enrolled: 2, newPersons: 0 })
  expect(summary.rejected.map((it) => it.reasons)).toEqual([['ambiguousName'], ['ambiguousName']])
})

it('ends at an error that the next image would meet, too', async () => {
  const fake = createFake({ fail: (done) => (done < 3 ? undefined : new FaceError('storeFull')) })
  const summary = await bulkEnroll(jobs(30, 'Ann'), options(fake))
  expect(summary.failure).toMatchObject({ code: 'storeFull' })
  expect(summary.enrolled).toBe(3)
  expect(summary.remaining).toBe(27)
})

it('rejects a file that is too large or gone, and goes on', async () => {
  const [large, gone, good] = jobs(3, 'Ann') as [EnrollJob, EnrollJob, EnrollJob]
  writeFileSync(large.path, 'x'.repeat(2000))
  rmSync(gone.path)
  const summary = await bulkEnroll([large, gone, good], options(createFake({})))
  expect(summary.rejected.map((it) => it.reasons[0])).toEqual(['imageTooLarge', 'unreadable'])
  expect(summary.enrolled).toBe(1)
})

it('counts persons who have one photograph, also those who had it before', async () => {
  const existing = [
    { id: '1', name: 'Ann', faceCount: 1 },
    { id: '2', name: 'Bob', faceCount: 1 },
  ]
  const all = ['Ann', 'Bob', 'Cy', 'Dan'].flatMap((name) => jobs(name === 'Cy' ? 3 : 1, name))
  const summary = await bulkEnroll(all, options(createFake({ existing, complete: ['2'] })))
  expect(summary).toMatchObject({ enrolled: 5, alreadyEnrolled: 1 })
  // Ann has two now and Cy three.
  expect(summary.personsWithOnePhotograph).toBe(2)
})

it('tells of each file how it was read and what to know of it', async () => {
  const weak = { reason: 'weakPhotograph', message: 'Weak.' } as const
  const fake = createFake({ face: { turned: 90, warnings: [weak] } })
  const [job] = jobs(1, 'Ann') as [EnrollJob]
  const { turned, warnings } = await bulkEnroll([job], options(fake))
  expect(turned).toEqual([{ file: job.path, turned: 90 }])
  expect(warnings).toEqual([{ file: job.path, ...weak }])
})
