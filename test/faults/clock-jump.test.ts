import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PartialConfig } from '../../src/config/config.ts'
import { makeCollection } from '../helpers/faces.ts'
import { nothingLost, patient, reportFault } from '../helpers/fault-report.ts'
import { createGalleryNodes, type GalleryNode, type GalleryNodes } from '../helpers/gallery-node.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { createWriteLedger, ledgerDimension } from '../helpers/write-ledger.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const preload = fileURLToPath(new URL('../helpers/clock-shift.mjs', import.meta.url))
const dayMs = 86_400_000
const noMongod = whyNoMongod({ own: false })

describe('a clock that jumps', patient, () => {
  let nodes: GalleryNodes
  let clock: string

  beforeEach(async () => {
    nodes = await createGalleryNodes()
    clock = join(nodes.directory, 'clock')
    shift(0)
  })
  afterEach(() => nodes.end())

  function shift(ms: number): void {
    writeFileSync(clock, String(ms))
  }

  const start = (config: PartialConfig): Promise<GalleryNode> =>
    nodes.start(config, {
      nodeArguments: ['--import', preload],
      env: { FACE_WATCHER_TEST_CLOCK: clock },
    })

  /** @param config  of a node, @param other  of one that follows it */
  async function jump(store: string, config: PartialConfig, other: PartialConfig): Promise<void> {
    let node = await start(config)
    const { gallery } = node
    const collection = await makeCollection(gallery, { dimension: ledgerDimension })
    const ledger = createWriteLedger(collection)
    // Another node, whose clock stays, follows.
    const follower = await nodes.start(other)
    const stop = ledger.writeOn(gallery)
    await ledger.waitForMore(30)
    let recoveryMs = 0
    for (const ms of [dayMs, -dayMs, 0]) {
      shift(ms)
      const jumped = performance.now()
      expect(Math.abs((await node.now()) - Date.now() - ms)).toBeLessThan(dayMs / 2)
      recoveryMs = Math.max(recoveryMs, await ledger.measureRecovery(gallery, jumped))
      await ledger.waitForMore(30)
      expect(await gallery.stats()).toMatchObject({ ready: true })
    }
    expect(await stop()).toEqual([])
    await vi.waitFor(async () => {
      const stats = await follower.gallery.stats()
      expect(stats).toMatchObject({ ready: true, changeLag: 0 })
    }, 30_000)
    expect(await ledger.audit(follower.gallery)).toMatchObject(nothingLost)
    const outcome = { ...(await ledger.audit(gallery)), recoveryMs }
    reportFault(`clock that jumps a day, ${store}`, outcome)
    // A restart in the past: new ids lie before ones that are there already.
    shift(-dayMs)
    await node.stop()
    node = await start(config)
    await ledger.measureRecovery(node.gallery, performance.now())
    await node.gallery.rebuildIndex(collection)
    expect(await ledger.audit(node.gallery)).toMatchObject(nothingLost)
  }

  async function keepKeys(config: PartialConfig): Promise<void> {
    const { answers } = await start(config)
    for (const [i, ms] of [dayMs, -dayMs, 0].entries()) {
      // Of a request that runs, and of one that was answered.
      await answers.claim(`running ${i}`, 'first')
      await answers.claim(`answered ${i}`, 'first')
      await answers.complete(`answered ${i}`, { status: 201, body: '{}' })
      shift(ms)
      const running = await answers.claim(`running ${i}`, 'again')
      expect(running).toEqual({ requestHash: 'first' })
      const answered = await answers.claim(`answered ${i}`, 'again')
      expect(answered).toMatchObject({ requestHash: 'first', response: { status: 201 } })
    }
  }

  it('confuses neither ids nor feed on SQLite', async () => {
    await jump('SQLite', {}, {})
  })

  it('does not forget Idempotency-Keys that are in use on SQLite', async () => {
    await keepKeys({})
  })

  describe.skipIf(noMongod)(nameWithReason('on MongoDB', noMongod), () => {
    let server: TestServer
    beforeAll(async () => {
      server = await openTestServer()
    })
    afterAll(() => server?.stop())

    const configure = (): PartialConfig => ({
      store: { kind: 'mongodb', url: server.url, database: newDatabaseName() },
    })

    it('confuses neither ids nor feed on MongoDB', async () => {
      const config = configure()
      await jump('MongoDB', config, { ...config, dataDir: join(nodes.directory, 'follower') })
    })

    it('does not forget Idempotency-Keys that are in use on MongoDB', async () => {
      await keepKeys(configure())
    })
  })
})
