import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PartialConfig } from '../../src/config/config.ts'
import { makeCollection } from '../helpers/faces.ts'
import { patient, reportFault } from '../helpers/fault-report.ts'
import { createGalleryNodes, type GalleryNodes, NodeEnded } from '../helpers/gallery-node.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { createWriteLedger, ledgerDimension } from '../helpers/write-ledger.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const noMongod = whyNoMongod({ own: false })

describe('kill -9 of a node during enrolment', patient, () => {
  let nodes: GalleryNodes

  beforeEach(async () => {
    nodes = await createGalleryNodes()
  })
  afterEach(() => nodes.end())

  async function killAgainAndAgain(fault: string, config: PartialConfig): Promise<void> {
    let node = await nodes.start(config)
    const collection = await makeCollection(node.gallery, { dimension: ledgerDimension })
    const ledger = createWriteLedger(collection)
    let recoveryMs = 0
    // The kills meet different places of the work; a snapshot is being written, too.
    for (const writes of [3, 61, 117]) {
      const stop = ledger.writeOn(node.gallery, 32)
      void node.gallery.rebuildIndex(collection).catch(() => {})
      await ledger.waitForMore(writes)
      await node.kill()
      const failures = await stop()
      expect(failures.filter((error) => !(error instanceof NodeEnded))).toEqual([])
      const restarted = performance.now()
      node = await nodes.start(config)
      recoveryMs = Math.max(recoveryMs, await ledger.measureRecovery(node.gallery, restarted))
    }
    // What the killed nodes had begun does not hold up the next one.
    const stop = ledger.writeOn(node.gallery, 32)
    await ledger.waitForMore(300)
    expect(await stop()).toEqual([])
    reportFault(fault, { ...(await ledger.audit(node.gallery)), recoveryMs })
  }

  it('loses nothing on SQLite', async () => {
    await killAgainAndAgain('kill -9 of a node, SQLite', {})
  })

  describe.skipIf(noMongod)(nameWithReason('on MongoDB', noMongod), () => {
    let server: TestServer
    beforeAll(async () => {
      server = await openTestServer()
    })
    afterAll(() => server?.stop())

    it('loses nothing on MongoDB', async () => {
      const database = newDatabaseName()
      // Ample, as no write may fail.
      const store = { kind: 'mongodb', url: server.url, database, timeoutMs: 20_000 } as const
      await killAgainAndAgain('kill -9 of a node, MongoDB', { store })
    })
  })
})
