import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeCollection } from '../helpers/faces.ts'
import { isUnavailable, patient, reportFault } from '../helpers/fault-report.ts'
import { createGalleryNodes, type GalleryNodes } from '../helpers/gallery-node.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { createTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts'
import { createWriteLedger, ledgerDimension } from '../helpers/write-ledger.ts'
import {
  newDatabaseName,
  type ReplicaSet,
  startReplicaSet,
  whyNoMongod,
} from '../servers/mongod.ts'

const noMongod = whyNoMongod({ own: true })
const suite = nameWithReason('a MongoDB that answers slowly', noMongod)

describe.skipIf(noMongod)(suite, patient, () => {
  let server: ReplicaSet
  let nodes: GalleryNodes
  let proxy: TcpProxy

  beforeAll(async () => {
    server = await startReplicaSet({ members: 1 })
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    nodes = await createGalleryNodes()
    proxy = await createTcpProxy(Number(new URL(server.memberUrls[0]!).port))
  })
  afterEach(async () => {
    await nodes.end()
    await proxy.close()
  })

  it('makes requests slow, then answered with 503, and never the node itself', async () => {
    const url = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`
    const database = newDatabaseName()
    const node = await nodes.start({ store: { kind: 'mongodb', url, database, timeoutMs: 2500 } })
    const { gallery } = node
    const ledger = createWriteLedger(await makeCollection(gallery, { dimension: ledgerDimension }))
    const stop = ledger.writeOn(gallery)
    await ledger.waitForMore(40)
    // A transaction takes several round trips of twice this.
    proxy.delay(100)
    await ledger.waitForMore(8)
    expect(await gallery.stats()).toMatchObject({ ready: true })

    proxy.delay(4000)
    let answered = false
    const slow = ledger.enrol(gallery).finally(() => {
      answered = true
    })
    slow.catch(() => {})
    for (let i = 0; i < 50; i++) await node.now()
    expect(answered).toBe(false)
    await expect(slow).rejects.toSatisfy(isUnavailable)
    await expect(gallery.stats()).rejects.toSatisfy(isUnavailable)

    proxy.restore()
    const recoveryMs = await ledger.measureRecovery(gallery, performance.now())
    await ledger.waitForMore(20)
    expect((await stop()).filter((error) => !isUnavailable(error))).toEqual([])
    await vi.waitFor(
      async () => expect(await gallery.stats()).toMatchObject({ ready: true, changeLag: 0 }),
      30_000,
    )
    reportFault('store that answers slowly', { ...(await ledger.audit(gallery)), recoveryMs })
  })
})
