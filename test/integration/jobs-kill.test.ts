import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readTar } from '../../src/jobs/archive/tar.ts'
import { writeFacePhoto } from '../helpers/cli.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import {
  newDatabaseName,
  type ReplicaSet,
  startReplicaSet,
  whyNoMongod,
} from '../servers/mongod.ts'
import { createServeNodes, type ServeNode, type ServeNodes } from '../servers/serve-node.ts'

/**
 * How many photographs; with a tar of Labeled Faces in the Wild, its first ones. For a run by hand:
 * FACE_WATCHER_TEST_PHOTOGRAPHS=300 FACE_WATCHER_TEST_LFW=FILE
 */
const photographs = Number(process.env.FACE_WATCHER_TEST_PHOTOGRAPHS ?? 48)
const lfw = process.env.FACE_WATCHER_TEST_LFW

let nodes: ServeNodes
let directory: string
let archive: Uint8Array
let names: readonly string[]
let persons: number

beforeEach(async () => {
  nodes = createServeNodes()
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-jobs-kill-'))
  const files = lfw === undefined ? await makePhotographs() : await readPhotographs(lfw)
  archive = zipSync(files, { level: 0 })
  names = Object.keys(files)
  persons = new Set(names.map((name) => name.split('/').at(-2))).size
})
afterEach(async () => {
  await nodes.end()
  await rm(directory, { recursive: true, force: true })
})

async function makePhotographs(): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {}
  for (let i = 0; i < photographs; i++) {
    // Files of one photograph that differ.
    const file = await writeFacePhoto('ann', join(directory, 'photo.jpg'), 45 + i)
    files[`P${i % 4}/${i}.jpg`] = await readFile(file)
  }
  return files
}

async function readPhotographs(tar: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {}
  const { size } = await stat(tar)
  const file = { size, read: (start: number, end: number) => readPieces(tar, start, end) }
  for await (const { path, read } of readTar(file, { from: 0, maxFileBytes: 1e6 })) {
    if (path.endsWith('.jpg')) files[path] = await read()
    if (Object.keys(files).length === photographs) break
  }
  return files
}

async function* readPieces(
  file: string,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void> {
  yield* createReadStream(file, { start, end: end - 1 })
}

/** Of a run by hand. */
function report(observed: object): void {
  if (lfw !== undefined) process.stderr.write(`${JSON.stringify(observed)}\n`)
}

/** @returns the job's address */
async function upload(node: ServeNode): Promise<string> {
  const path = '/v1/collections/default/enrolments?duplicates=ignore'
  const { status, headers } = await node.send('POST', path, { form: { archive } })
  expect(status).toBe(202)
  return headers.get('location')!
}

async function untilDone(node: ServeNode, job: string, done: number): Promise<void> {
  const get = async () => (await node.send('GET', job)).json.progress?.done ?? 0
  await expect.poll(get, { timeout: 60_000, interval: 20 }).toBeGreaterThanOrEqual(done)
}

/** Which of two nodes is at work on the job, and which is not. */
async function tellApart([one, two]: readonly [ServeNode, ServeNode]): Promise<
  readonly [ServeNode, ServeNode]
> {
  for (;;) {
    const running = await Promise.all([one, two].map((node) => node.metric('analysis_running')))
    if (running.some((count) => count > 0)) return running[0]! > 0 ? [one, two] : [two, one]
  }
}

/** Every photograph is enrolled once, and told once. */
async function expectAllOnce(node: ServeNode, job: string): Promise<void> {
  await expect
    .poll(async () => (await node.send('GET', job)).json.state, { timeout: 150_000 })
    .toBe('done')
  const { result, attempts } = (await node.send('GET', job)).json
  const usable = photographs - result.rejected
  expect(result.enrolled + result.alreadyEnrolled).toBe(usable)
  if (lfw === undefined) expect(usable).toBe(photographs)
  // Its upload, and each process that worked on it.
  expect(attempts).toBe(3)
  const { json: collection } = await node.send('GET', '/v1/collections/default')
  expect(collection.faces).toBe(usable)
  if (usable === photographs) expect(collection.persons).toBe(persons)
  const { json: items } = await node.send('GET', `${job}/items?limit=1000`)
  const files = items.items.map(({ body }: { body: { file: string } }) => body.file)
  expect(files.toSorted()).toEqual(names.toSorted())
  report({ ...result, persons: collection.persons })
}

describe('kill -9 during a bulk enrolment', () => {
  it('is followed by the rest of it after the restart', async () => {
    const first = await nodes.start()
    const job = await upload(first)
    await untilDone(first, job, Math.max(4, photographs / 10))
    await first.kill()
    const second = await nodes.start({}, first.data)
    await expectAllOnce(second, job)
    expect(second.faults()).toEqual([])
  })

  const noMongod = whyNoMongod({ own: true })
  describe.skipIf(noMongod)(
    nameWithReason('of one of two nodes over one MongoDB', noMongod),
    () => {
      let server: ReplicaSet | undefined
      afterEach(() => server?.stop())

      it('is taken over by the other within 15 seconds', async () => {
        server = await startReplicaSet({ members: 1 })
        const env = {
          FACE_WATCHER_STORE_KIND: 'mongodb',
          FACE_WATCHER_STORE_URL: server.url,
          FACE_WATCHER_STORE_DATABASE: newDatabaseName(),
        }
        const both = [await nodes.start(env), await nodes.start(env)] as const
        const job = await upload(both[0])
        await untilDone(both[0], job, 1)
        const [working, other] = await tellApart(both)
        const killed = performance.now()
        await working.kill()
        await expect
          .poll(async () => (await other.send('GET', job)).json.attempts, { timeout: 30_000 })
          .toBe(3)
        const takeoverMs = performance.now() - killed
        report({ takeoverMs })
        expect(takeoverMs).toBeLessThan(15_000)
        // What the killed node was storing is locked until the server ends it, after a minute.
        await expectAllOnce(other, job)
        expect(other.faults()).toEqual([])
      }, 240_000)
    },
  )
})
