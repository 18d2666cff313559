import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createPhotoLedger, type PhotoLedger } from '../helpers/photo-ledger.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import {
  newDatabaseName,
  type ReplicaSet,
  startReplicaSet,
  whyNoMongod,
} from '../servers/mongod.ts'
import { findNginx, type Nginx, startNginx } from '../servers/nginx.ts'
import {
  type Answer,
  createServeNodes,
  type SendOptions,
  type ServeNode,
  sendRequest,
} from '../servers/serve-node.ts'

const noMongod = whyNoMongod({ own: true })
const noNginx = findNginx() === undefined ? 'no nginx on the PATH' : undefined
/** Of one load; an identification lists at most 100 persons. */
const maxEnrolments = 30
const identifyPath = '/v1/collections/default/identify?candidates=100'

describe.skipIf(noMongod)(nameWithReason('three nodes over one MongoDB', noMongod), () => {
  const started = createServeNodes()
  let server: ReplicaSet
  let database: string
  let directory: string
  let ledger: PhotoLedger
  let nodes: ServeNode[]

  const start = (port = 0, data?: ServeNode['data']): Promise<ServeNode> =>
    started.start(
      {
        FACE_WATCHER_STORE_KIND: 'mongodb',
        FACE_WATCHER_STORE_URL: server.url,
        FACE_WATCHER_STORE_DATABASE: database,
        FACE_WATCHER_HTTP_PORT: String(port),
        FACE_WATCHER_HTTP_DRAIN_DELAY_MS: '300',
      },
      data,
    )
  const portOf = ({ url }: ServeNode) => Number(new URL(url).port)

  beforeAll(async () => {
    server = await startReplicaSet({ members: 1 })
    database = newDatabaseName()
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-nodes-'))
    ledger = await createPhotoLedger(directory)
    nodes = await Promise.all([start(), start(), start()])
  })
  afterAll(async () => {
    await started.end()
    await server?.stop()
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  })

  /** Resolves when every node lists exactly these persons as candidates. */
  async function expectCandidates(personIds: readonly string[]): Promise<void> {
    for (const node of nodes) {
      await vi.waitFor(
        async () =>
          expect([...(await ledger.identify(node))].sort()).toEqual([...personIds].sort()),
        { timeout: 30_000, interval: 20 },
      )
    }
  }

  it('finds on each node what was enrolled on another, and no more what was deleted', async () => {
    const personIds: string[] = []
    for (const node of nodes) {
      const { status, json } = await ledger.enroll(node)
      expect(status).toBe(201)
      personIds.push(json.id)
      await expectCandidates(personIds)
    }
    for (const [i, node] of nodes.entries()) {
      // Not the node that enrolled it.
      const [personId] = personIds.splice((i + 1) % personIds.length, 1)
      expect((await ledger.remove(node, personId!)).status).toBe(204)
      await expectCandidates(personIds)
    }
  })

  it('shares collections', async () => {
    const [first, second, third] = nodes as [ServeNode, ServeNode, ServeNode]
    const created = await first.send('POST', '/v1/collections', { json: { name: 'staff' } })
    expect(created.status).toBe(201)
    const listed = await second.send('GET', '/v1/collections/staff')
    expect(listed.json).toMatchObject({ name: 'staff', faces: 0 })
    expect((await third.send('DELETE', '/v1/collections/staff')).status).toBe(204)
    expect((await first.send('GET', '/v1/collections/staff')).json.code).toBe('collectionNotFound')
  })

  it('tells how far each node follows', async () => {
    for (const node of nodes) {
      const { json } = await node.send('GET', '/readyz')
      expect(json).toMatchObject({ status: 'ready', changeLag: 0 })
      expect(json.indexBehindMs).toBeGreaterThanOrEqual(0)
      expect(await node.metric('ready')).toBe(1)
      expect(await node.metric('change_lag')).toBe(0)
      expect(await node.metric('index_behind_seconds')).toBeGreaterThanOrEqual(0)
    }
  })

  it('lets a node catch up that was away, from its snapshot, and one that is new', async () => {
    const [first, , third] = nodes as [ServeNode, ServeNode, ServeNode]
    const kept = (await ledger.enroll(first)).json.id
    const removed = (await ledger.enroll(first)).json.id
    await expectCandidates([kept, removed])
    expect(await third.terminate()).toBe(0)
    const { json: collection } = await first.send('GET', '/v1/collections/default')
    expect(readdirSync(join(third.data.path, 'indexes', collection.id))).toHaveLength(1)
    const added = (await ledger.enroll(first)).json.id
    await ledger.remove(first, removed)
    nodes[2] = await start(portOf(third), third.data)
    await expectCandidates([kept, added])
    const fresh = await start()
    await vi.waitFor(
      async () => expect([...(await ledger.identify(fresh))].sort()).toEqual([kept, added].sort()),
      30_000,
    )
    expect(await fresh.terminate()).toBe(0)
  })

  interface Load {
    /** Ends it; what was not answered with success, and how many were. */
    stop(): Promise<{ readonly failures: readonly unknown[]; readonly served: number }>
  }

  type Send = (method: string, options: SendOptions & { readonly path: string }) => Promise<Answer>

  /** Four clients that identify and, about once a second, enrol. */
  function createLoad(probe: unknown, send: Send): Load {
    const failures: unknown[] = []
    let served = 0
    let stopped = false
    let enrolledAt = performance.now()
    let enrolments = 0
    async function work(): Promise<void> {
      while (!stopped) {
        const enrols = performance.now() - enrolledAt > 1000 && enrolments < maxEnrolments
        if (enrols) {
          enrolledAt = performance.now()
          enrolments++
        }
        try {
          const answer = enrols
            ? await ledger.enrollWith((options) => send('POST', options))
            : await send('POST', { path: identifyPath, json: probe })
          if (answer.status >= 300) failures.push(answer)
          else served++
        } catch (error) {
          failures.push(error)
        }
        await sleep(20)
      }
    }
    const clients = Promise.all([work(), work(), work(), work()])
    return {
      async stop() {
        stopped = true
        await clients
        return { failures, served }
      },
    }
  }

  async function restartAll(): Promise<void> {
    for (const [i, node] of nodes.entries()) {
      expect(await node.terminate()).toBe(0)
      nodes[i] = await start(portOf(node), node.data)
    }
  }

  async function embed(): Promise<unknown> {
    const { json } = await nodes[0]!.send('POST', '/v1/embed', { form: { image: ledger.photo } })
    return { embedding: json.faces[0].embedding, modelId: json.modelId }
  }

  async function restartUnderLoad(send: Send): Promise<void> {
    const load = createLoad(await embed(), send)
    await restartAll().finally(load.stop)
    const { failures, served } = await load.stop()
    expect(nodes.flatMap((node) => node.faults())).toEqual([])
    expect(failures).toEqual([])
    expect(served).toBeGreaterThan(0)
    for (const node of nodes) {
      await vi.waitFor(
        async () => expect(await ledger.audit(node)).toMatchObject({ lost: 0, resurrected: 0 }),
        30_000,
      )
    }
  }

  it('restarts one after another without a failed request of a client that tries the next', async () => {
    const urls = nodes.map(({ url }) => url)
    let turn = 0
    await restartUnderLoad(async (method, options) => {
      for (let attempt = 1; ; attempt++) {
        const url = urls[turn++ % urls.length]!
        // Nothing listens, or the connection was closed as the request came.
        const answer = await sendRequest(url, method, options).catch((error: unknown) => {
          if (attempt > 60) throw error
        })
        if (answer && (answer.status !== 503 || attempt > 60)) return answer
        await sleep(50)
      }
    })
  }, 180_000)

  describe.skipIf(noNginx)(nameWithReason('behind nginx', noNginx), () => {
    let nginx: Nginx
    beforeAll(async () => {
      nginx = await startNginx(nodes.map(portOf))
    })
    afterAll(() => nginx?.stop())

    it('restarts one after another without a failed request', async () => {
      await restartUnderLoad((method, options) => sendRequest(nginx.url, method, options))
    }, 180_000)
  })
})
