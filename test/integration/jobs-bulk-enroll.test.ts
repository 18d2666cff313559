import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaceError } from '../../src/core/errors.ts'
import { toArchiveFile } from '../../src/jobs/kinds/bulk-enroll.ts'
import { createJobService, type JobService } from '../../src/jobs/service.ts'
import type { FaceWatcher } from '../../src/recognition/face-watcher.ts'
import { createUseCases } from '../../src/recognition/use-cases.ts'
import type { Job, JobState, JsonObject } from '../../src/storage/ports/jobs.ts'
import { expectCode } from '../helpers/expect-code.ts'
import {
  createFakeDependencies,
  type FakeDependencies,
  image,
} from '../helpers/fake-recognition.ts'
import { createTestKinds } from '../helpers/job-kinds.ts'

let directory: string
let deps: FakeDependencies
let faceWatcher: FaceWatcher
const services: JobService[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-bulk-'))
  deps = await createFakeDependencies()
  faceWatcher = createUseCases(deps)
})

afterEach(async () => {
  for (const service of services.splice(0)) await service.close()
  await rm(directory, { recursive: true, force: true })
})

function start(options: { concurrency?: number; faceWatcher?: FaceWatcher } = {}): JobService {
  const { store } = deps
  const service = createJobService({
    ...{ store, concurrency: options.concurrency ?? 1, keepMs: 1e9, pollMs: 50, leaseMs: 600 },
    kinds: createTestKinds({ store, faceWatcher: options.faceWatcher ?? faceWatcher }),
  })
  services.push(service)
  return service
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100)
}

const request = (input: JsonObject = {}) => ({ kind: 'bulkEnroll', collection: 'default', input })

function upload(
  { jobs }: JobService,
  files: Readonly<Record<string, string>>,
  input: JsonObject = {},
): Promise<Job> {
  const zip = zipSync(Object.fromEntries(Object.entries(files).map(([k, v]) => [k, image(v)])))
  return jobs.startWithFile(request(input), toArchiveFile(pieces(zip)))
}

async function until(id: string, state: JobState): Promise<Job> {
  const get = () => deps.store.jobs.get(id)
  await expect.poll(async () => (await get()).state, { timeout: 10_000 }).toBe(state)
  return get()
}

async function readItems(id: string): Promise<readonly (readonly [unknown, boolean])[]> {
  const { items } = await deps.store.jobs.items(id)
  return items.map(({ rejected, body }) => [body.file, rejected])
}

describe('bulk enrolment', () => {
  it('makes persons of folders, and says of each photograph what became of it', async () => {
    const service = start()
    const { id } = await upload(service, {
      'Ann/1.jpg': 'ann',
      'Ann/2.jpg': 'ann~0.9',
      'photos/Bob/1.JPG': 'bob',
      'photos/Bob/2.jpg': '(none)',
      'photos/Bob/3.jpg': 'ann bob',
      'Cy/large.jpg': 'x'.repeat(1001),
      'Cy/notes.txt': 'cy',
      '.hidden/1.jpg': 'cy',
      '__MACOSX/Ann/._1.jpg': 'cy',
      'root.jpg': 'cy',
    })
    const { result } = await until(id, 'done')
    expect(result).toEqual({
      ...{ collection: 'default', enrolled: 3, alreadyEnrolled: 0, newPersons: 2 },
      ...{ rejected: 4, leftOut: 3 },
    })
    const { items } = await faceWatcher.persons.list('default')
    expect(items.map(({ name, faceCount }) => [name, faceCount]).sort()).toEqual([
      ['Ann', 2],
      ['Bob', 1],
    ])
    const told = await deps.store.jobs.items(id)
    const rejected = told.items.filter((item) => item.rejected)
    expect(rejected.map(({ body }) => [body.file, ...(body.reasons as string[])])).toEqual([
      ['photos/Bob/2.jpg', 'noFace'],
      ['photos/Bob/3.jpg', 'multipleFaces'],
      ['Cy/large.jpg', 'imageTooLarge'],
      ['root.jpg', 'noName'],
    ])
    const ann = items.find(({ name }) => name === 'Ann')
    expect(told.items.filter(({ personId }) => personId === ann?.id)).toHaveLength(2)
    // The archive is gone with the end.
    expect(await deps.store.jobs.getPart(id, 0)).toBeUndefined()
  })

  it('takes names and metadata from a table, of what it names', async () => {
    const table = [
      '\uFEFFfile,name,department,floor',
      '1.jpg,"Smith, Ann",Research,2',
      'deep\\2.jpg,"Smith, Ann",ignored,',
      'gone.jpg,Nobody,,',
      '3.jpg,,,',
    ]
    const service = start()
    const photographs = { 'deep/2.jpg': 'ann~0.9', 'Bob/3.jpg': 'bob', '4.jpg': 'cy' }
    const wrong = await upload(service, { 'people.csv': table.join('\r\n'), '1.jpg': 'ann' })
    expect((await until(wrong.id, 'failed')).failure).toMatchObject({
      ...{ code: 'invalidRequest', message: expect.stringContaining('people.csv') },
    })
    const good = table.slice(0, 4).join('\r\n')
    const { id } = await upload(service, {
      '1.jpg': 'ann',
      ...photographs,
      'people.csv': good,
    })
    expect((await until(id, 'done')).result).toMatchObject({
      ...{ enrolled: 3, newPersons: 2, rejected: 1, leftOut: 1 },
    })
    const { items } = await faceWatcher.persons.list('default')
    expect(items.map(({ name, faceCount, metadata }) => [name, faceCount, metadata])).toEqual([
      ['Smith, Ann', 2, { department: 'Research', floor: '2' }],
      ['Bob', 1, {}],
    ])
    // In the folder that holds everything, too.
    const inFolder = await upload(service, {
      ...{ 'all/people.csv': 'name,file\nDan,x/5.jpg\n', 'all/x/5.jpg': 'dan' },
    })
    expect((await until(inFolder.id, 'done')).result).toMatchObject({ enrolled: 1 })
    const { items: named } = await faceWatcher.persons.list('default', { exactName: 'Dan' })
    expect(named).toHaveLength(1)
  })

  it('refuses a table that cannot be used', async () => {
    const service = start()
    for (const table of [
      'file,name\na.jpg',
      'a.jpg,Ann\n',
      'file,name\na.jpg,Ann\na.jpg,Bob\n',
      'file,name\n"a.jpg,Ann\n',
    ]) {
      const { id } = await upload(service, { 'people.csv': table, 'a.jpg': 'ann' })
      const ended = await until(id, 'failed')
      expect(ended.failure?.code).toBe('invalidRequest')
    }
    expect((await faceWatcher.persons.list('default')).items).toEqual([])
  })

  it('does not let archives fill the database', async () => {
    const service = start({ concurrency: 0 })
    for (let i = 0; i < 20; i++) await upload(service, { 'Ann/1.jpg': 'ann' })
    await expectCode(upload(service, { 'Ann/1.jpg': 'ann' }), 'overloaded')
    const { items } = await service.jobs.list()
    expect(items).toHaveLength(20)
    await service.jobs.ask(items[0]!.id, 'cancelled')
    await upload(service, { 'Ann/1.jpg': 'ann' })
  })

  it('takes the options of an enrolment, and refuses others', async () => {
    const service = start()
    await faceWatcher.enroll('default', { name: 'Ann' }, [{ fileName: 'a', bytes: image('ann') }])
    const options = { duplicates: 'reject', faces: 'largest' }
    const { id } = await upload(service, { 'Bob/1.jpg': 'ann~0.9', 'Cy/1.jpg': 'cy dan' }, options)
    expect((await until(id, 'done')).result).toMatchObject({ enrolled: 1, rejected: 1 })
    await expectCode(upload(service, { 'A/1.jpg': 'ann' }, { faces: 'all' }), 'invalidOption')
    await expectCode(upload(service, { 'A/1.jpg': 'ann' }, { other: 1 }), 'invalidOption')
    expect((await service.jobs.list()).items).toHaveLength(1)
  })

  it('goes on after an interruption, each photograph enrolled and told once', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`P${i % 7}/${i}.jpg`, `ann~${0.5 + i / 100}`]),
    )
    const slow: FaceWatcher = {
      ...faceWatcher,
      as: () => slow,
      async enroll(...args) {
        const result = await faceWatcher.enroll(...args)
        await sleep(20)
        return result
      },
    }
    const { id } = await upload(start({ concurrency: 0 }), files, { duplicates: 'ignore' })
    for (let attempt = 0; attempt < 4; attempt++) {
      const service = start({ faceWatcher: slow })
      await sleep(150)
      await service.close()
    }
    start()
    const { result } = await until(id, 'done')
    expect(result).toMatchObject({ rejected: 0, leftOut: 0 })
    // What was stored and not yet told when an attempt ended is told as there before.
    const { enrolled, alreadyEnrolled, newPersons } = result as Record<string, number>
    expect(enrolled! + alreadyEnrolled!).toBe(40)
    expect(newPersons).toBeLessThanOrEqual(7)
    expect(await faceWatcher.collections.get('default')).toMatchObject({ persons: 7, faces: 40 })
    expect(await readItems(id)).toEqual(Object.keys(files).map((file) => [file, false]))
  })

  it('has no job when the upload is cut off, or its collection goes', async () => {
    const { jobs } = start({ concurrency: 0 })
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(2_000_000)
      throw new FaceError('aborted')
    }
    await expectCode(jobs.startWithFile(request(), toArchiveFile(cut())), 'aborted')
    expect((await jobs.list()).items).toEqual([])
    await faceWatcher.collections.create({ name: 'gone' })
    async function* deleting(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(2_000_000)
      await faceWatcher.collections.delete('gone')
      yield new Uint8Array(2_000_000)
    }
    const gone = { ...request(), collection: 'gone' }
    await expectCode(jobs.startWithFile(gone, toArchiveFile(deleting())), 'collectionNotFound')
    expect((await jobs.list()).items).toEqual([])
  })

  it('fails when its upload ended with its process', async () => {
    const { id: collectionId } = await faceWatcher.collections.get('default')
    const job = { kind: 'bulkEnroll', collectionId, input: {} }
    const { id } = await deps.store.jobs.create(job, { leaseMs: 10 })
    await deps.store.jobs.putPart({ id, attempt: 1 }, 0, new Uint8Array(10))
    await sleep(20)
    start()
    expect((await until(id, 'failed')).failure).toMatchObject({ code: 'invalidRequest' })
  })

  it('waits for a database that is busy for a while', async () => {
    let refusals = 2
    const busy: FaceWatcher = {
      ...faceWatcher,
      as: () => busy,
      async enroll(...args) {
        if (refusals-- > 0) throw new FaceError('storeBusy')
        return faceWatcher.enroll(...args)
      },
    }
    const { id } = await upload(start({ faceWatcher: busy }), { 'Ann/1.jpg': 'ann' })
    expect((await until(id, 'done')).result).toMatchObject({ enrolled: 1 })
  })

  it('ends where the next photograph would fail as well, and can be tried again', async () => {
    let isFull = true
    const full: FaceWatcher = {
      ...faceWatcher,
      as: () => full,
      async enroll(...args) {
        if (isFull) throw new FaceError('storeFull')
        return faceWatcher.enroll(...args)
      },
    }
    const service = start({ faceWatcher: full })
    const { id } = await upload(service, { 'Ann/1.jpg': 'ann' })
    expect((await until(id, 'failed')).failure).toMatchObject({ code: 'storeFull' })
    isFull = false
    await service.jobs.ask(id, 'queued')
    expect((await until(id, 'done')).result).toMatchObject({ enrolled: 1 })
  })
})
