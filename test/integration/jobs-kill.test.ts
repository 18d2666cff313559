import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeFacePhoto } from '../helpers/cli.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import {
  newDatabaseName,
  type ReplicaSet,
  startReplicaSet,
  whyNoMongod,
} from '../servers/mongod.ts'
import { createServeNodes, type ServeNode, type ServeNodes } from '../servers/serve-node.ts'

const persons = 4
const photographs = 48

let nodes: ServeNodes
let directory: string
let archive: Uint8Array

beforeEach(async () => {
  nodes = createServeNodes()
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-jobs-kill-'))
  const files: Record<string, Uint8Array> = {}
  for (let i = 0; i < photographs; i++) {
    // Files of one photograph that differ.
    const file = await writeFacePhoto('ann', join(directory, 'photo.jpg'), 45 + i)
    files[`P${i % persons}/${i}.jpg`] = await readFile(file)
  }
  archive = zipSync(files, { level: 0 })
})
afterEach(async () => {
  await nodes.end()
  await rm(directory, { recursive: true, force: true })
})

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

/** Every photograph is enrolled once, and told once. */
async function expectAllOnce(node: ServeNode, job: string): Promise<void> {
  await expect
    .poll(async () => (await node.send('GET', job)).json.state, { timeout: 150_000 })
    .toBe('done')
  const { result, attempts } = (await node.send('GET', job)).json
  expect(result.enrolled + result.alreadyEnrolled).toBe(photographs)
  // Its upload, and each process that worked on it.
  expect(attempts).toBe(3)
  const { json: collection } = await node.send('GET', '/v1/collections/default')
  expect([collection.persons, collection.faces]).toEqual([persons, photographs])
  const { json: items } = await node.send('GET', `${job}/items?limit=1000`)
  const files = items.items.map(({ body }: { body: { file: string } }) => body.file)
  expect(new Set(files).size).toBe(photographs)
  expect(files).toHaveLength(photographs)
}

describe('kill -9 during a bulk enrolment', () => {
  it('is followed by the rest of it after the restart', async () => {
    const first = await nodes.start()
    const job = await upload(first)
    await untilDone(first, job, 4)
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
        const first = await nodes.start(env)
        const second = await nodes.start({ ...env, FACE_WATCHER_JOBS_CONCURRENCY: '0' })
        const job = await upload(second)
        await untilDone(first, job, 4)
        await first.kill()
        // Not before, as it might have taken up the job.
        const third = await nodes.start(env)
        const listening = performance.now()
        await expect
          .poll(async () => (await third.send('GET', job)).json.attempts, { timeout: 30_000 })
          .toBe(3)
        expect(performance.now() - listening).toBeLessThan(15_000)
        // What the killed node was storing is locked until the server ends it, after a minute.
        await expectAllOnce(third, job)
        expect(third.faults()).toEqual([])
      }, 240_000)
    },
  )
})
