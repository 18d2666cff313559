import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeCollection } from '../helpers/faces.ts'
import { isUnavailable, nothingLost, patient, reportFault } from '../helpers/fault-report.ts'
import { createGalleryNodes, type GalleryNode, type GalleryNodes } from '../helpers/gallery-node.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { createTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts'
import { createWriteLedger, ledgerDimension, type WriteLedger } from '../helpers/write-ledger.ts'
import {
  newDatabaseName,
  type ReplicaSet,
  startReplicaSet,
  whyNoMongod,
} from '../servers/mongod.ts'

const noMongod = whyNoMongod({ own: true })
const suite = nameWithReason('a network that fails between node and MongoDB', noMongod)

describe.skipIf(noMongod)(suite, patient, () => {
  let server: ReplicaSet
  let nodes: GalleryNodes
  let proxy: TcpProxy
  let node: GalleryNode
  let ledger: WriteLedger
  /** Another node, whose network is whole. */
  let neighbour: GalleryNode

  beforeAll(async () => {
    server = await startReplicaSet({ members: 1 })
  })
  afterAll(() => server?.stop())

  beforeEach(async () => {
    nodes = await createGalleryNodes()
    proxy = await createTcpProxy(Number(new URL(server.memberUrls[0]!).port))
    const database = newDatabaseName()
    const store = { kind: 'mongodb', database, timeoutMs: 1500 } as const
    const url = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`
    node = await nodes.start({ store: { ...store, url } })
    const other = { dataDir: `${nodes.directory}/neighbour`, store: { ...store, url: server.url } }
    neighbour = await nodes.start(other)
    const collection = await makeCollection(node.gallery, { dimension: ledgerDimension })
    ledger = createWriteLedger(collection)
  })
  afterEach(async () => {
    await nodes.end()
    await proxy.close()
  })

  /** Breaks the network while the node writes, lets the neighbour go on, and mends it. */
  async function endure(fault: string, breakIt: () => void, mend: () => void): Promise<void> {
    const stop = ledger.writeOn(node.gallery)
    await ledger.waitForMore(40)
    breakIt()
    // Requests are answered with 503, and readiness and metrics have nothing to read.
    await expect(ledger.enrol(node.gallery)).rejects.toSatisfy(isUnavailable)
    await expect(node.gallery.stats()).rejects.toSatisfy(isUnavailable)
    // What the neighbour writes meanwhile is found on the node later.
    const stopNeighbour = ledger.writeOn(neighbour.gallery)
    await ledger.waitForMore(40)
    expect(await stopNeighbour()).toEqual([])
    mend()
    const recoveryMs = await ledger.measureRecovery(node.gallery, performance.now())
    await ledger.waitForMore(20)
    expect((await stop()).filter((error) => !isUnavailable(error))).toEqual([])
    await vi.waitFor(
      async () => expect(await node.gallery.stats()).toMatchObject({ ready: true, changeLag: 0 }),
      30_000,
    )
    expect(await ledger.audit(neighbour.gallery)).toMatchObject(nothingLost)
    reportFault(fault, { ...(await ledger.audit(node.gallery)), recoveryMs })
  }

  it('is cut: the node answers 503, and goes on when it is mended', async () => {
    await endure('network cut', proxy.cut, proxy.restore)
  })

  it('swallows packets for a while: the node gives up waiting, and goes on', async () => {
    await endure('network half-open, packets late', proxy.silence, proxy.restore)
  })

  it('forgets its connections: the node opens others', async () => {
    await endure('network half-open, connections lost', proxy.silence, proxy.forget)
  })
})
