import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { patient, reportFault } from '../helpers/fault-report.ts'
import { createPhotoLedger, enrollOn, type PhotoLedger } from '../helpers/photo-ledger.ts'
import { createServeNodes, type ServeNodes } from '../servers/serve-node.ts'

describe('kill -9 of `serve` while photographs are enrolled', patient, () => {
  let nodes: ServeNodes
  let directory: string
  let ledger: PhotoLedger

  beforeEach(async () => {
    nodes = createServeNodes()
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-photos-'))
    ledger = await createPhotoLedger(directory)
  })
  afterEach(async () => {
    await nodes.end()
    await rm(directory, { recursive: true, force: true })
  })

  it('loses no enrolment that was answered', async () => {
    let node = await nodes.start()
    let recoveryMs = 0
    for (const writes of [2, 9]) {
      const stop = enrollOn(ledger, node)
      await ledger.waitForMore(writes)
      await node.kill()
      // The connection broke; nothing else went wrong.
      const answers = (await stop()).filter((failure) => !(failure instanceof Error))
      expect(answers).toEqual([])
      const restarted = performance.now()
      node = await nodes.start({}, node.data)
      recoveryMs = Math.max(recoveryMs, await ledger.measureRecovery(node, restarted))
    }
    expect((await node.send('GET', '/readyz')).json).toMatchObject({ status: 'ready' })
    expect(await node.metric('ready')).toBe(1)
    reportFault('kill -9 of serve, SQLite', { ...(await ledger.audit(node)), recoveryMs })
  })
})
