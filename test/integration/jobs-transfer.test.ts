import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaceError } from '../../src/core/errors.ts'
import { toJobKinds } from '../../src/jobs/kinds/kinds.ts'
import { createSeedImport } from '../../src/jobs/kinds/seed-import.ts'
import {
  createGalleryCopy,
  createGalleryExport,
  createGalleryImport,
} from '../../src/jobs/kinds/transfer-kinds.ts'
import { createJobService, type JobService } from '../../src/jobs/service.ts'
import type { Aggregates, Database } from '../../src/storage/database.ts'
import { wrapMethods } from '../../src/storage/methods.ts'
import type { Job, JobState } from '../../src/storage/ports/jobs.ts'
import type { SeedDocument } from '../../src/transfer/importers/seed/seed-source.ts'
import {
  createScratch,
  expectSameGallery,
  fillCollection,
  type Scratch,
} from '../helpers/moved-gallery.ts'

let scratch: Scratch
let from: Database
let to: Database
let directory: string
const machine = hostname()
const services: JobService[] = []
let readMs = 0
/** Documents of a seed's gallery. */
let documents: readonly SeedDocument[] = []

beforeEach(async () => {
  scratch = await createScratch()
  for (const name of ['from', 'to']) await mkdir(join(scratch.directory, name))
  from = await scratch.openStore(join(scratch.directory, 'from', 'gallery.sqlite'))
  to = await scratch.openStore(join(scratch.directory, 'to', 'gallery.sqlite'))
  directory = join(scratch.directory, 'export')
  readMs = 0
})

afterEach(async () => {
  for (const service of services.splice(0)) await service.close()
  await scratch.dispose()
})

/** A database that is busy when one of its methods is called for the first time, as for what a process that was killed still holds. */
function busyAtFirst(store: Database, refused: Set<string>): Database {
  const wrap = (ports: Aggregates): Aggregates =>
    wrapMethods(ports, async (name, body) => {
      if (name.startsWith('jobs.') || refused.has(name)) return body()
      refused.add(name)
      throw new FaceError('storeBusy')
    })
  return { ...store, ...wrap(store), as: (context) => wrap(store.as(context)) }
}

/** A database that takes its time to read faces, so that there is time to interrupt. */
function slowed(store: Database): Database {
  return {
    ...store,
    as(context) {
      const ports = store.as(context)
      const readFaces: typeof ports.transfer.readFaces = async (...args) => {
        await sleep(readMs)
        return ports.transfer.readFaces(...args)
      }
      return { ...ports, transfer: { ...ports.transfer, readFaces } }
    },
  }
}

/** The jobs of a database; with a runner as a server has it, or without. */
function serve(store: Database, concurrency = 1) {
  const kinds = toJobKinds(
    createGalleryExport({ store: slowed(store), source: 'sqlite' }),
    createGalleryImport({ store }),
    createGalleryCopy({ store, openSource: async () => ({ ...from, close: async () => {} }) }),
    createSeedImport({
      ...{ store, policy: { maxFpir: 0.01, possibleFpir: 0.1 } },
      openSource: async () => ({
        count: async () => documents.length,
        async *documents() {
          for (const document of documents) {
            await sleep(readMs)
            yield document
          }
        },
        close: async () => {},
      }),
    }),
  )
  const service = createJobService({
    ...{ store, kinds, concurrency, keepMs: 1e9, leaseMs: 600, pollMs: 50 },
  })
  services.push(service)
  return service.jobs
}

async function until(store: Database, id: string, state: JobState): Promise<Job> {
  const get = () => store.jobs.get(id)
  await expect.poll(async () => (await get()).state, { timeout: 20_000 }).toBe(state)
  return get()
}

const copyInput = () => ({ from: '/from', isPartial: false, machine })

describe('a transfer', () => {
  it('is done by a server: an export, its import, and a copy', async () => {
    await fillCollection(from, { persons: 30 })
    const exporting = await serve(from).start({
      kind: 'galleryExport',
      input: { directory, machine },
    })
    const exported = await until(from, exporting.id, 'done')
    expect(exported).toMatchObject({
      result: {
        collections: [
          { name: 'default', persons: 30, faces: 90, statements: 0, statementsLeftOut: 0 },
        ],
      },
      progress: { stage: 'export', done: 120, total: 120 },
    })
    expect(exported).not.toHaveProperty('collectionId')
    const jobs = serve(to)
    const importing = await jobs.start({ kind: 'galleryImport', input: { directory, machine } })
    expect((await until(to, importing.id, 'done')).progress).toMatchObject({ stage: 'compare' })
    await expectSameGallery(to, from)
    await from.persons.create((await from.collections.get('default')).id, { name: 'Later' })
    const copying = await jobs.start({ kind: 'galleryCopy', input: copyInput() })
    await until(to, copying.id, 'done')
    await expectSameGallery(to, from)
  })

  it('waits for what is busy, at either end, as after another process was killed', async () => {
    await fillCollection(from, { persons: 3 })
    const refused = { from: new Set<string>(), to: new Set<string>() }
    const [source, target] = [from, to]
    from = busyAtFirst(source, refused.from)
    const exporting = { kind: 'galleryExport', input: { directory, machine } }
    await until(source, (await serve(from).start(exporting)).id, 'done')
    const jobs = serve(busyAtFirst(target, refused.to))
    const importing = await jobs.start({ kind: 'galleryImport', input: { directory, machine } })
    await until(target, importing.id, 'done')
    expect(refused.to).toContain('transfer.restoreFaces')
    await expectSameGallery(target, source)
    refused.from.clear()
    const copying = await jobs.start({ kind: 'galleryCopy', input: copyInput() })
    await until(target, copying.id, 'done')
    expect(refused.from).toContain('transfer.readFaces')
  }, 60_000)

  it.each(['galleryExport', 'galleryImport', 'galleryCopy'])(
    '%s is paused and goes on, and is cancelled',
    async (kind) => {
      await fillCollection(from, { persons: 600 })
      const input = kind === 'galleryCopy' ? copyInput() : { directory, machine }
      if (kind === 'galleryImport') {
        const first = await serve(from).start({ kind: 'galleryExport', input })
        await until(from, first.id, 'done')
      }
      readMs = 300
      const store = kind === 'galleryExport' ? from : to
      const jobs = serve(store)
      const { id } = await jobs.start({ kind, input })
      await until(store, id, 'running')
      await jobs.ask(id, 'paused')
      const paused = await until(store, id, 'paused')
      expect(paused.progress?.done ?? 0).toBeLessThan(2400)
      const other = await jobs.start({ kind, input })
      await until(store, other.id, 'running')
      await jobs.ask(other.id, 'cancelled')
      await until(store, other.id, 'cancelled')
      await jobs.ask(id, 'queued')
      expect(await until(store, id, 'done')).toMatchObject({ attempts: 2 })
      if (kind !== 'galleryExport') await expectSameGallery(to, from)
    },
  )

  it('is refused on another machine than the one whose files it names', async () => {
    await fillCollection(from, { persons: 1 })
    const jobs = serve(from)
    for (const kind of ['galleryExport', 'galleryImport']) {
      const { id } = await jobs.start({ kind, input: { directory, machine: 'elsewhere' } })
      const { failure } = await until(from, id, 'failed')
      expect(failure?.code).toBe('invalidOption')
      expect(failure?.message).toContain('of the machine "elsewhere"')
    }
  })

  it('takes the place of the jobs of the same work that were left behind', async () => {
    await fillCollection(from, { persons: 3 })
    const input = { directory, machine }
    // Of a command that was killed; of one that is paused; and another one.
    const killed = await from.jobs.create({ kind: 'galleryExport', input }, { leaseMs: 60_000 })
    const waiting = await from.jobs.create({ kind: 'galleryExport', input })
    const other = { ...input, collections: ['default'] }
    const different = await from.jobs.create({ kind: 'galleryExport', input: other })
    const { state } = await serve(from, 0).run({ kind: 'galleryExport', input }, { instead: true })
    expect(state).toBe('done')
    expect(await from.jobs.get(killed.id)).toMatchObject({ wanted: 'cancelled' })
    expect(await from.jobs.get(waiting.id)).toMatchObject({ state: 'cancelled' })
    expect(await from.jobs.get(different.id)).toMatchObject({ state: 'queued' })
  })

  it('was asked to be cancelled while nobody was at work on it, and does nothing', async () => {
    await fillCollection(from, { persons: 3 })
    const job = { kind: 'galleryExport', input: { directory, machine } }
    const { id } = await from.jobs.create(job, { leaseMs: 10 })
    await from.jobs.ask(id, 'cancelled')
    serve(from)
    await until(from, id, 'cancelled')
    expect(await from.jobs.get(id)).not.toHaveProperty('progress')
  })
})

describe('the import of a seed', () => {
  const input = () => ({
    ...{ from: 'mongodb://old', isPartial: false, machine, into: 'seed' },
    ...{ database: 'face_recognition', collection: 'embeddings' },
  })

  it('tells what it refused, each once, also after an interruption', async () => {
    const embedding = (n: number) => new Float32Array(512).fill(0).with(n, 1)
    documents = Array.from({ length: 400 }, (_, n) =>
      n % 4 === 0
        ? { kind: 'refused', id: `document-${n}`, reason: 'It is wrong.' }
        : { kind: 'face', id: `document-${n}`, name: `Person ${n % 3}`, embedding: embedding(n) },
    )
    readMs = 5
    const jobs = serve(to)
    const { id } = await jobs.start({ kind: 'seedImport', input: input() })
    await until(to, id, 'running')
    await jobs.ask(id, 'paused')
    await until(to, id, 'paused')
    readMs = 0
    await jobs.ask(id, 'queued')
    const { result } = await until(to, id, 'done')
    expect(result).toMatchObject({ collection: 'seed', documents: 400, refused: 100 })
    const { imported, alreadyEnrolled } = result as Record<string, number>
    expect(imported! + alreadyEnrolled!).toBe(300)
    const { items } = await jobs.items(id, { limit: 1000 })
    expect(new Set(items.map(({ body }) => body.document)).size).toBe(100)
    expect(items).toHaveLength(100)
  })
})
