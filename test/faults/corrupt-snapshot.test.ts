import { copyFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faissVersion } from '../../src/search/faiss/provider.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { makeCollection } from '../helpers/faces.ts'
import { nothingLost, patient, reportFault } from '../helpers/fault-report.ts'
import { createGalleryNodes, type GalleryNode, type GalleryNodes } from '../helpers/gallery-node.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { createWriteLedger, ledgerDimension, type WriteLedger } from '../helpers/write-ledger.ts'

const noFaiss = faissVersion() === undefined ? 'no faiss addon: npm run build:faiss' : undefined

describeCorruption('exact', undefined)
describeCorruption('faiss', noFaiss)

function describeCorruption(kind: 'exact' | 'faiss', reason: string | undefined): void {
  describe.skipIf(reason)(nameWithReason(`a corrupted snapshot, ${kind}`, reason), patient, () => {
    const index = { kind }
    let nodes: GalleryNodes
    let node: GalleryNode
    let collection: Collection
    let ledger: WriteLedger

    beforeEach(async () => {
      nodes = await createGalleryNodes()
      node = await nodes.start({ index })
      collection = await makeCollection(node.gallery, { dimension: ledgerDimension })
      ledger = createWriteLedger(collection)
      for (let i = 0; i < 30; i++) {
        const entry = await ledger.enrol(node.gallery)
        if (i % 3 === 0) await ledger.remove(node.gallery, entry)
      }
    })
    afterEach(() => nodes.end())

    async function snapshotOf({ id }: Collection, dataDir = nodes.directory): Promise<string> {
      const directory = join(dataDir, 'indexes', id)
      const name = (await readdir(directory)).find((file) => file.endsWith('.snapshot'))
      return join(directory, name!)
    }

    /** Stops the node, which saves, spoils its snapshot and starts it again. @returns ms until it served */
    async function restartWith(spoil: (file: string) => Promise<void>): Promise<number> {
      await node.stop()
      await spoil(await snapshotOf(collection))
      const restarted = performance.now()
      node = await nodes.start({ index })
      return ledger.measureRecovery(node.gallery, restarted)
    }

    it('is rebuilt when it is damaged', async () => {
      const flip = (at: number) => async (file: string) => {
        const bytes = await readFile(file)
        bytes[Math.floor(bytes.length * at)]! ^= 0x10
        await writeFile(file, bytes)
      }
      const cut = (bytes: number) => async (file: string) =>
        truncate(file, bytes > 0 ? (await stat(file)).size - bytes : 0)
      let recoveryMs = 0
      for (const spoil of [flip(0.001), flip(0.5), flip(0.999), cut(1), cut(0)]) {
        recoveryMs = Math.max(recoveryMs, await restartWith(spoil))
        expect(await ledger.audit(node.gallery)).toMatchObject(nothingLost)
        const warning = expect.stringContaining('snapshot was not used')
        expect(await node.warnings()).toContainEqual(warning)
        expect((await node.gallery.stats()).failureCounts.rebuilds).toBe(1)
      }
      const outcome = { ...(await ledger.audit(node.gallery)), recoveryMs }
      reportFault(`snapshot with bytes flipped or cut off, ${kind}`, outcome)
    })

    it('is rebuilt when the one of another collection is in its place', async () => {
      const { gallery } = node
      const other = await makeCollection(gallery, { name: 'other', dimension: ledgerDimension })
      const others = createWriteLedger(other)
      for (let i = 0; i < 10; i++) await others.enrol(gallery)
      const recoveryMs = await restartWith(async (file) => copyFile(await snapshotOf(other), file))
      expect(await others.audit(node.gallery)).toMatchObject(nothingLost)
      const outcome = { ...(await ledger.audit(node.gallery)), recoveryMs }
      reportFault(`snapshot of another collection, ${kind}`, outcome)
    })

    it('is rebuilt when the one of another database is in its place', async () => {
      const dataDir = join(nodes.directory, 'other')
      const other = await nodes.start({ dataDir, index })
      const foreign = await makeCollection(other.gallery, { dimension: ledgerDimension })
      await createWriteLedger(foreign).enrol(other.gallery)
      await other.stop()
      const recoveryMs = await restartWith(async (file) =>
        copyFile(await snapshotOf(foreign, dataDir), file),
      )
      const outcome = { ...(await ledger.audit(node.gallery)), recoveryMs }
      reportFault(`snapshot of another database, ${kind}`, outcome)
    })
  })
}
