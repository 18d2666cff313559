import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createJobService, type JobService } from '../../src/jobs/service.ts'
import type { FaceWatcher } from '../../src/recognition/face-watcher.ts'
import { createUseCases } from '../../src/recognition/use-cases.ts'
import type { Job, JobState } from '../../src/storage/ports/jobs.ts'
import {
  createFakeDependencies,
  type FakeDependencies,
  image,
} from '../helpers/fake-recognition.ts'
import { createTestKinds } from '../helpers/job-kinds.ts'

const leaseMs = 600
const persons = 80

let directory: string
let deps: FakeDependencies
let faceWatcher: FaceWatcher
const services: JobService[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-migration-'))
  deps = await createFakeDependencies()
  faceWatcher = createUseCases(deps)
  await faceWatcher.collections.update('default', { storeCrops: true })
  for (let i = 0; i < persons; i++) {
    const images = [{ fileName: 'a.jpg', bytes: image(i % 2 ? 'ann' : `bob~0.${i + 10}`) }]
    await faceWatcher.enroll('default', { name: `P${i}` }, images, { duplicates: 'ignore' })
  }
})
afterEach(async () => {
  for (const service of services.splice(0)) await service.close()
  await rm(directory, { recursive: true, force: true })
})

function start(useCases = faceWatcher): JobService {
  const { store } = deps
  const kinds = createTestKinds({ store, faceWatcher: useCases })
  const service = createJobService({
    ...{ store, kinds, concurrency: 1, keepMs: 1e9, leaseMs, pollMs: 20 },
  })
  services.push(service)
  return service
}

async function until(id: string, state: JobState): Promise<Job> {
  const read = () => deps.store.jobs.get(id)
  await expect.poll(async () => (await read()).state, { timeout: 20_000 }).toBe(state)
  return read()
}

const request = { kind: 'modelMigration', collection: 'default', input: { modelId: 'longer' } }

describe('a migration to another model', () => {
  it('goes on from where another process left it, and embeds no crop twice', async () => {
    const first = start()
    const { id } = await first.jobs.start(request)
    const { embedCrop } = deps.analyzer
    let embedded = 0
    deps.analyzer.embedCrop = async (...args) => {
      if (++embedded === 40) void first.close()
      return embedCrop(...args)
    }
    await until(id, 'queued')
    await first.close()
    expect((await deps.store.jobs.get(id)).attempts).toBe(1)
    const atEnd = embedded
    expect(atEnd).toBeLessThan(persons)
    start()
    const { result } = await until(id, 'done')
    expect(result).toMatchObject({
      ...{ from: 'fake', to: 'longer', filled: persons, unfilled: 0, missing: 0, switched: true },
    })
    // What was in work when it was stopped, at most one part, is embedded again.
    expect(embedded).toBeLessThanOrEqual(persons + 32)
    expect((await faceWatcher.collections.get('default')).modelId).toBe('longer')
  })

  it('is done as well where it was cut off after the switch', async () => {
    const { secondModel } = faceWatcher
    await secondModel.begin('default', { modelId: 'longer' })
    for (let after: string | undefined = ''; after !== undefined; ) {
      after = (await secondModel.fill('default', { after })).next
    }
    const { signal } = new AbortController()
    const comparison = await secondModel.compare('default', { signal })
    await secondModel.switchTo('default', 'longer')
    const { id: collectionId } = await faceWatcher.collections.get('default')
    const { jobs } = deps.store
    const job = await jobs.create({ ...request, collectionId }, { leaseMs: 1 })
    const outcome = { comparison, missing: 0 }
    const checkpoint = { from: 'fake', filled: persons, unfilled: 0, total: persons, outcome }
    await jobs.save({ id: job.id, attempt: 1 }, { checkpoint, leaseMs: 1 })
    start()
    const { result } = await until(job.id, 'done')
    expect(result).toMatchObject({ from: 'fake', to: 'longer', switched: true, comparison })
    const { modelId, second } = await faceWatcher.collections.get('default')
    expect([modelId, second?.modelId]).toEqual(['longer', 'fake'])
  })

  it('can be paused, and cancelled, while the first model answers', async () => {
    const { embedCrop } = deps.analyzer
    let paused = false
    const { jobs } = start()
    const { id } = await jobs.start(request)
    deps.analyzer.embedCrop = async (...args) => {
      if (!paused) {
        paused = true
        await jobs.ask(id, 'paused')
      }
      return embedCrop(...args)
    }
    await until(id, 'paused')
    const { faces, modelId } = await faceWatcher.identify('default', image('ann'))
    expect([modelId, faces[0]?.decision]).toEqual(['fake', 'match'])
    await jobs.ask(id, 'cancelled')
    const collection = await faceWatcher.collections.get('default')
    expect([collection.modelId, collection.second?.modelId]).toEqual(['fake', 'longer'])
    // Begun again, the rest is filled.
    const again = await jobs.start(request)
    const { result } = await until(again.id, 'done')
    expect(result).toMatchObject({ missing: 0, switched: true })
    expect(Number(result?.filled)).toBeLessThan(persons)
  })

  it('does not switch where a face without a crop came after they were counted', async () => {
    const compare = faceWatcher.secondModel.compare
    const useCases: FaceWatcher = {
      ...faceWatcher,
      as: () => ({
        ...faceWatcher,
        secondModel: {
          ...faceWatcher.secondModel,
          countLacking: async () => 0,
          async compare(...args) {
            const embedding = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0)
            const images = [{ fileName: 'late', embedding, modelId: 'fake' }]
            await faceWatcher.enroll('default', { name: 'Late' }, images, { duplicates: 'ignore' })
            return compare(...args)
          },
        },
      }),
    }
    const { jobs } = start(useCases)
    const { id } = await jobs.start(request)
    const { result } = await until(id, 'done')
    expect(result).toMatchObject({ filled: persons, switched: false, missing: 1 })
    expect((await faceWatcher.collections.get('default')).modelId).toBe('fake')
  })

  it('fills and compares only, where it is told not to switch', async () => {
    const { jobs } = start()
    const { id } = await jobs.start({ ...request, input: { modelId: 'longer', switch: false } })
    const { result } = await until(id, 'done')
    expect(result).toMatchObject({ filled: persons, switched: false })
    expect((await faceWatcher.collections.get('default')).modelId).toBe('fake')
  })

  it('fails with what the model is refused for', async () => {
    const { jobs } = start()
    const { id } = await jobs.start({ ...request, input: { modelId: 'bare' } })
    expect((await until(id, 'failed')).failure?.code).toBe('invalidOption')
    await expect(jobs.start({ ...request, input: { modelId: 1 } })).rejects.toMatchObject({
      code: 'invalidOption',
    })
  })

  it('erases the former model, and goes on with it after an interruption', async () => {
    const { jobs } = start()
    await until((await jobs.start(request)).id, 'done')
    const { id } = await jobs.start({
      ...{ kind: 'modelErasure', collection: 'default', input: { modelId: 'fake' } },
    })
    expect((await until(id, 'done')).result).toMatchObject({ modelId: 'fake', erased: persons })
    const refused = await jobs.start({
      ...{ kind: 'modelErasure', collection: 'default', input: { modelId: 'longer' } },
    })
    expect((await until(refused.id, 'failed')).failure?.code).toBe('modelConflict')
  })
})
