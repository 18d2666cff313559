import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeCollection } from '../helpers/faces.ts'
import { isUnavailable, patient, reportFault } from '../helpers/fault-report.ts'
import { createGalleryNodes, type GalleryNodes } from '../helpers/gallery-node.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { createWriteLedger, ledgerDimension } from '../helpers/write-ledger.ts'
import { newMilvusPrefix, type OwnMilvus, startMilvus, whyNoMilvus } from '../servers/milvus.ts'

const noMilvus = whyNoMilvus({ own: true })
const suite = nameWithReason('kill -9 of Milvus during upserts', noMilvus)

describe.skipIf(noMilvus)(suite, patient, () => {
  let nodes: GalleryNodes
  let milvus: OwnMilvus

  beforeAll(async () => {
    milvus = await startMilvus()
  })
  afterAll(() => milvus?.stop())
  beforeEach(async () => {
    nodes = await createGalleryNodes()
  })
  afterEach(() => nodes.end())

  it('stops searches, not enrolment, until it is back, and loses nothing', async () => {
    const { address } = milvus
    const config = {
      index: { kind: 'milvus', milvus: { address, prefix: newMilvusPrefix() } },
    } as const
    let node = await nodes.start(config)
    const collection = await makeCollection(node.gallery, { dimension: ledgerDimension })
    const ledger = createWriteLedger(collection)
    const stop = ledger.writeOn(node.gallery)
    await ledger.waitForMore(60)
    await milvus.kill9()
    await ledger.waitForMore(30)
    const search = ledger.finds(node.gallery, await ledger.enrol(node.gallery))
    await expect(search).rejects.toSatisfy(isUnavailable)
    expect((await node.gallery.stats()).ready).toBe(false)
    await milvus.restart()
    const recoveryMs = await ledger.measureRecovery(node.gallery, performance.now())
    await ledger.waitForMore(30)
    expect((await stop()).filter((error) => !isUnavailable(error))).toEqual([])
    await vi.waitFor(
      async () => expect(await node.gallery.stats()).toMatchObject({ ready: true, changeLag: 0 }),
      30_000,
    )
    const audit = await ledger.audit(node.gallery)
    reportFault('kill -9 of Milvus', { ...audit, recoveryMs })
    await node.kill()
    node = await nodes.start(config)
    expect(await ledger.audit(node.gallery)).toEqual(audit)
  })
})
