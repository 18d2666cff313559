import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeCollection } from '../helpers/faces.ts'
import { isUnavailable, patient, reportFault } from '../helpers/fault-report.ts'
import { createGalleryNodes, type GalleryNode, type GalleryNodes } from '../helpers/gallery-node.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { createWriteLedger, ledgerDimension, type WriteLedger } from '../helpers/write-ledger.ts'
import {
  newDatabaseName,
  type ReplicaSet,
  startReplicaSet,
  whyNoMongod,
} from '../servers/mongod.ts'

const noMongod = whyNoMongod({ own: true })
const suite = nameWithReason('kill -9 of mongod during transactions', noMongod)

describe.skipIf(noMongod)(suite, patient, () => {
  let nodes: GalleryNodes
  let set: ReplicaSet | undefined

  beforeEach(async () => {
    nodes = await createGalleryNodes()
  })
  afterEach(async () => {
    await nodes.end()
    await set?.stop()
    set = undefined
  })

  async function prepare(members: 1 | 3): Promise<{
    readonly set: ReplicaSet
    readonly node: GalleryNode
    readonly ledger: WriteLedger
    readonly restart: () => Promise<GalleryNode>
  }> {
    set = await startReplicaSet({ members })
    const database = newDatabaseName()
    const store = { kind: 'mongodb', url: set.url, database, timeoutMs: 1500 } as const
    const restart = () => nodes.start({ store })
    const node = await restart()
    const ledger = createWriteLedger(
      await makeCollection(node.gallery, { dimension: ledgerDimension }),
    )
    return { set, node, ledger, restart }
  }

  it('answers 503 until the only member is back, and loses nothing', async () => {
    const { set, node, ledger, restart } = await prepare(1)
    const stop = ledger.writeOn(node.gallery)
    let recoveryMs = 0
    for (let round = 0; round < 2; round++) {
      await ledger.waitForMore(40)
      const member = await set.kill('SIGKILL', 0)
      // Readiness says so, too.
      await expect(node.gallery.stats()).rejects.toSatisfy(isUnavailable)
      await set.restart(member)
      const restarted = performance.now()
      recoveryMs = Math.max(recoveryMs, await ledger.measureRecovery(node.gallery, restarted))
    }
    await ledger.waitForMore(10)
    const failures = await stop()
    expect(failures.length).toBeGreaterThan(0)
    expect(failures.filter((error) => !isUnavailable(error))).toEqual([])
    await vi.waitFor(async () => expect((await node.gallery.stats()).ready).toBe(true), 30_000)
    const audit = await ledger.audit(node.gallery)
    reportFault('kill -9 of mongod, one member', { ...audit, recoveryMs })
    // What the node has in memory is what is on the disks.
    await node.kill()
    expect(await ledger.audit((await restart()).gallery)).toEqual(audit)
  })

  it('goes on with the next primary of three, and loses nothing', async () => {
    const { set, node, ledger, restart } = await prepare(3)
    const stop = ledger.writeOn(node.gallery)
    await ledger.waitForMore(60)
    const member = await set.kill('SIGKILL')
    const recoveryMs = await ledger.measureRecovery(node.gallery, performance.now())
    await ledger.waitForMore(30)
    // What it had alone is rolled back.
    await set.restart(member)
    await ledger.waitForMore(30)
    const failures = await stop()
    expect(failures.filter((error) => !isUnavailable(error))).toEqual([])
    const audit = await ledger.audit(node.gallery)
    reportFault('kill -9 of mongod, the primary of three', { ...audit, recoveryMs })
    await node.kill()
    expect(await ledger.audit((await restart()).gallery)).toEqual(audit)
  })
})
