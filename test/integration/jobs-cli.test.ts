import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Job, JobItem } from '../../src/storage/ports/jobs.ts'
import {
  type CliResult,
  createTestDataDir,
  runCli,
  startCli,
  type TestDataDir,
  writeFacePhoto,
} from '../helpers/cli.ts'
import { createScratch, fillCollection } from '../helpers/moved-gallery.ts'
import { createServeNodes, type ServeNodes } from '../servers/serve-node.ts'

const photographs = 24

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'face-watcher-jobs-cli-'))
  for (let i = 0; i < photographs; i++) {
    // Files of one photograph that differ.
    await writeFacePhoto('ann', join(folder, `P${i % 3}`, `${i}.jpg`), 45 + i)
  }
  await writeFacePhoto('bea', join(folder, 'P0', 'other.jpg'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let nodes: ServeNodes
const cleanups: (() => unknown)[] = []
beforeAll(() => {
  nodes = createServeNodes()
})
afterEach(async () => {
  await nodes.end()
  for (const clean of cleanups.splice(0)) await clean()
})

async function newData(): Promise<TestDataDir> {
  const data = await createTestDataDir()
  cleanups.push(() => data.remove())
  return data
}

const on = (data: TestDataDir, ...args: string[]): Promise<CliResult> =>
  runCli(['--data-dir', data.path, ...args])

async function listJobs(data: TestDataDir): Promise<readonly Job[]> {
  return JSON.parse((await on(data, 'jobs', 'list', '--json')).stdout).items
}

async function showJob(data: TestDataDir): Promise<Job & { readonly items: readonly JobItem[] }> {
  const [job] = await listJobs(data)
  return JSON.parse((await on(data, 'jobs', 'show', job!.id, '--json')).stdout)
}

describe('enroll', () => {
  it('says what it would do with --dry-run, and does nothing', async () => {
    const data = await newData()
    const { code, stdout } = await on(data, 'enroll', folder, '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^Nothing was stored\. Would be enrolled: 25 images, 3 new persons, in \d+ s/,
    )
    const json = JSON.parse((await on(data, 'enroll', folder, '--dry-run', '--json')).stdout)
    expect(json).toMatchObject({ dryRun: true, enrolled: 25, newPersons: 3, remaining: 0 })
    expect(JSON.parse((await on(data, 'persons', 'list', '--json')).stdout).items).toEqual([])
    expect(await showJob(data)).toMatchObject({
      ...{ kind: 'bulkEnroll', state: 'done', input: { source: 'list', dryRun: true } },
      result: { dryRun: true, enrolled: 25, newPersons: 3 },
    })
  })

  it('tells its progress as JSON for programs', async () => {
    const data = await newData()
    const { stderr } = await on(data, 'enroll', folder, '--progress', 'json', '--json')
    const lines = stderr.split('\n').filter((line) => line.startsWith('{'))
    const events = lines.map((line) => JSON.parse(line))
    const [job] = await listJobs(data)
    const shared = { job: job!.id, kind: 'bulkEnroll', stage: 'photographs', total: 25 }
    expect(events[0]).toEqual({ ...shared, done: 0 })
    expect(events.at(-1)).toMatchObject({ ...shared, done: 25, remainingSeconds: 0 })
    expect(events.at(-1).perSecond).toBeGreaterThan(0)
  })

  it('is left to a server with --detach', async () => {
    const node = await nodes.start()
    const { stdout } = await on(node.data, 'enroll', folder, '--detach', '--json')
    const { id } = JSON.parse(stdout)
    const watched = await on(node.data, 'jobs', 'watch', id)
    expect(watched).toMatchObject({ code: 0 })
    const { json } = await node.send('GET', '/v1/collections/default')
    expect(json).toMatchObject({ persons: 3, faces: 25 })
    // What a request sees of it.
    const { json: seen } = await node.send('GET', `/v1/jobs/${id}`)
    expect(seen).toMatchObject({ state: 'done', createdBy: { kind: 'commandLine' } })
    expect(JSON.stringify(seen)).not.toContain(folder)
  })

  it('is gone on with by a server when it was killed, each photograph once', async () => {
    const data = await newData()
    // So many that the first count, after a second, comes long before the end on any machine.
    const many = await mkdtemp(join(tmpdir(), 'face-watcher-jobs-cli-many-'))
    cleanups.push(() => rm(many, { recursive: true, force: true }))
    for (const name of ['ann', 'bea', 'carla', 'dora'] as const) {
      for (let i = 0; i < 55; i++) await writeFacePhoto(name, join(many, name, `${i}.jpg`), 45 + i)
    }
    const running = startCli(['--data-dir', data.path, '--progress', 'json', 'enroll', many], {
      env: { FACE_WATCHER_ANALYZER_WORKERS: '1' },
    })
    await running.waitFor(/"done":[1-9]/)
    running.child.kill('SIGKILL')
    await running.done
    const node = await nodes.start({}, data)
    const [job] = (await node.send('GET', '/v1/jobs')).json.items
    const get = async () => (await node.send('GET', `/v1/jobs/${job.id}`)).json
    await expect.poll(async () => (await get()).state, { timeout: 90_000 }).toBe('done')
    expect((await get()).attempts).toBe(2)
    const { json } = await node.send('GET', `/v1/jobs/${job.id}/items?limit=1000`)
    const files = json.items.map(({ body }: JobItem) => body.file)
    expect(new Set(files).size).toBe(220)
    expect(files).toHaveLength(220)
    const collection = await node.send('GET', '/v1/collections/default')
    expect(collection.json).toMatchObject({ persons: 4, faces: 220 })
  })
})

describe('data', () => {
  it('is gone on with by a server when an import was killed', async () => {
    const scratch = await createScratch()
    cleanups.push(() => scratch.dispose())
    const from = await scratch.openStore(join(scratch.directory, 'gallery.sqlite'))
    await fillCollection(from, { name: 'staff', persons: 1500 })
    const dir = join(scratch.directory, 'export')
    await runCli(['data', 'export', dir, '--data-dir', scratch.directory])
    const data = await newData()
    const running = startCli(['data', 'import', dir, '--data-dir', data.path])
    await running.waitFor('Importing')
    running.child.kill('SIGKILL')
    await running.done
    const node = await nodes.start({}, data)
    const [job] = (await node.send('GET', '/v1/jobs')).json.items
    expect(job).toMatchObject({ kind: 'galleryImport', state: 'running' })
    const get = async () => (await node.send('GET', `/v1/jobs/${job.id}`)).json
    await expect.poll(async () => (await get()).state, { timeout: 90_000 }).toBe('done')
    expect(await get()).toMatchObject({
      ...{ attempts: 2, progress: { stage: 'compare', done: 6000, total: 6000 } },
      result: { collections: [{ name: 'staff', persons: 1500, faces: 4500, others: 0 }] },
    })
  })

  it('keeps no password, and leaves nothing to a server that would need one', async () => {
    const data = await newData()
    const to = join(data.path, 'copy.sqlite')
    const url = 'mongodb://ann:s3cret@127.0.0.1:1/faces'
    const detached = await on(data, 'data', 'copy', '--from', url, '--to', to, '--detach')
    expect(detached).toMatchObject({ code: 2, stderr: expect.stringContaining('keeps no user') })
    const seed = await on(data, 'seed', 'import', '--mongodb', url, '--detach')
    expect(seed).toMatchObject({ code: 2, stderr: expect.stringContaining('--mongodb has one') })
    expect(detached.stderr + seed.stderr).not.toContain('s3cret')
  })
})

describe('evaluate', () => {
  const people = () => ['evaluate', 'fmr', '--data', folder]

  it('is a job with what is worth keeping of its result', async () => {
    const data = await newData()
    expect(await on(data, ...people())).toMatchObject({ code: 0 })
    expect(await showJob(data)).toMatchObject({
      ...{ kind: 'evaluation', state: 'done', input: { protocol: 'fmr', data: folder } },
      result: { protocol: 'fmr', images: 25, persons: 3 },
    })
  })

  it('works where the database cannot be opened, and says that nothing is recorded', async () => {
    const data = await newData()
    const { code, stdout, stderr } = await runCli(['--data-dir', data.path, ...people()], {
      env: {
        FACE_WATCHER_STORE_KIND: 'mongodb',
        FACE_WATCHER_STORE_URL: 'mongodb://127.0.0.1:1/?directConnection=true',
        FACE_WATCHER_STORE_TIMEOUT_MS: '1000',
      },
    })
    expect(stderr).toContain('No job is recorded')
    expect(code).toBe(0)
    expect(stdout).toContain('images')
  })
})
