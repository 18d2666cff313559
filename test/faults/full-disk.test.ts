import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeCollection } from '../helpers/faces.ts'
import { patient, reportFault } from '../helpers/fault-report.ts'
import { createGalleryNodes, type GalleryNodes } from '../helpers/gallery-node.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { createWriteLedger, ledgerDimension } from '../helpers/write-ledger.ts'

function canMount(): boolean {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return false
  try {
    // A mount in a namespace of its own, which vanishes with the command.
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const noMount = canMount() ? undefined : 'only root can mount a small disk'
const suite = nameWithReason('a full disk under the snapshots', noMount)

describe.skipIf(noMount)(suite, patient, () => {
  let nodes: GalleryNodes
  let disk: string

  beforeEach(async () => {
    nodes = await createGalleryNodes()
    disk = join(nodes.directory, 'indexes')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk])
  })
  afterEach(async () => {
    execFileSync('umount', ['-l', disk])
    await nodes.end()
  })

  it('stops neither enrolment nor search, and the next start works from what was saved', async () => {
    let node = await nodes.start()
    const collection = await makeCollection(node.gallery, { dimension: ledgerDimension })
    const ledger = createWriteLedger(collection)
    for (let i = 0; i < 50; i++) await ledger.enrol(node.gallery)
    await node.gallery.rebuildIndex(collection)
    expect(await node.warnings()).toEqual([])

    const filler = join(disk, 'filler')
    writeFileSync(filler, Buffer.alloc(40_000))
    const stop = ledger.writeOn(node.gallery)
    for (let i = 0; i < 3; i++) await node.gallery.rebuildIndex(collection)
    expect(await stop()).toEqual([])
    expect(await node.warnings()).toContainEqual(expect.stringMatching(/not saved.*disk is full/))
    const { ready, failureCounts } = await node.gallery.stats()
    expect(ready).toBe(true)
    expect(failureCounts.snapshotFailures).toBeGreaterThan(0)
    await node.kill()

    const restarted = performance.now()
    node = await nodes.start()
    const recoveryMs = await ledger.measureRecovery(node.gallery, restarted)
    const audit = await ledger.audit(node.gallery)
    rmSync(filler)
    execFileSync('mount', ['-o', 'remount,size=64m', disk])
    // The start saved what it had replayed, while the disk was still full.
    const before = await node.warnings()
    await node.gallery.rebuildIndex(collection)
    expect(await node.warnings()).toEqual(before)
    await node.stop()
    node = await nodes.start()
    expect(await ledger.audit(node.gallery)).toEqual(audit)
    reportFault('full disk under the snapshot', { ...audit, recoveryMs })
  })
})
