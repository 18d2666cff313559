import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { errorCatalogue } from '../../src/core/errors.ts'
import { patient, reportFault } from '../helpers/fault-report.ts'
import { createPhotoLedger, enrollOn, type PhotoLedger } from '../helpers/photo-ledger.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { createTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts'
import {
  newDatabaseName,
  type ReplicaSet,
  startReplicaSet,
  whyNoMongod,
} from '../servers/mongod.ts'
import { type Answer, createServeNodes, type ServeNode } from '../servers/serve-node.ts'

const noMongod = whyNoMongod({ own: true })
const suite = nameWithReason('`serve` with a network that fails before MongoDB', noMongod)

describe.skipIf(noMongod)(suite, patient, () => {
  const nodes = createServeNodes()
  let server: ReplicaSet
  let proxy: TcpProxy
  let node: ServeNode
  let directory: string
  let ledger: PhotoLedger

  beforeAll(async () => {
    server = await startReplicaSet({ members: 1 })
    proxy = await createTcpProxy(Number(new URL(server.memberUrls[0]!).port))
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-photos-'))
    ledger = await createPhotoLedger(directory)
    node = await nodes.start({
      FACE_WATCHER_STORE_KIND: 'mongodb',
      FACE_WATCHER_STORE_URL: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
      FACE_WATCHER_STORE_DATABASE: newDatabaseName(),
      FACE_WATCHER_STORE_TIMEOUT_MS: '1500',
    })
  })
  afterAll(async () => {
    await nodes.end()
    await proxy?.close()
    await server?.stop()
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  })

  /** 503 with a code of the catalogue, and when to try again. */
  function expectUnavailable({ status, headers, json }: Answer): void {
    expect(status, JSON.stringify(json)).toBe(503)
    expect(Object.keys(errorCatalogue)).toContain(json.code)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  }

  async function endure(fault: string, breakIt: () => void): Promise<void> {
    const stop = enrollOn(ledger, node)
    await ledger.waitForMore(6)
    breakIt()
    let answered = false
    const enrolment = ledger.enroll(node).finally(() => {
      answered = true
    })
    // The event loop is free while the store is waited for.
    for (let i = 0; i < 20 && !answered; i++) {
      expect((await node.send('GET', '/healthz')).status).toBe(200)
    }
    expectUnavailable(await enrolment)
    expectUnavailable(await node.send('GET', '/readyz'))
    expect(await node.metric('ready')).toBe(0)
    proxy.restore()
    const recoveryMs = await ledger.measureRecovery(node, performance.now())
    for (const answer of await stop()) {
      if (answer instanceof Error) throw answer
      expectUnavailable(answer)
    }
    await vi.waitFor(
      async () => expect((await node.send('GET', '/readyz')).json.status).toBe('ready'),
      30_000,
    )
    expect(await node.metric('ready')).toBe(1)
    expect(await node.metric('change_lag')).toBe(0)
    reportFault(fault, { ...(await ledger.audit(node)), recoveryMs })
  }

  it('answers 503 while it is cut, and goes on', async () => {
    await endure('network cut, serve', () => proxy.cut())
  })

  it('answers 503 while it is slow, and goes on', async () => {
    await endure('store that answers slowly, serve', () => proxy.delay(4000))
  })
})
