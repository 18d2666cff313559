import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../src/access/audit/verification.ts'
import type { AuditEntry } from '../../src/core/audit/entry.ts'
import type { Database } from '../../src/storage/database.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { readPages } from '../contract/database/fixture.ts'
import { makeCollection } from '../helpers/faces.ts'

const child = fileURLToPath(new URL('../helpers/enrol-child.mjs', import.meta.url))

describe('the audit log of a process that is killed', () => {
  let directory: string
  const open = (): Promise<Database> => createSqliteStore({ file: join(directory, 'gallery.db') })

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-audit-kill-'))
  })

  afterEach(() => rm(directory, { recursive: true, force: true }))

  /** Runs a process that enrols and deletes, and kills it after some additions. @returns ids of faces it was told of */
  async function enrolAndKill(first: number, killAfter: number): Promise<readonly string[]> {
    const process_ = spawn(process.execPath, [child, directory, String(first), '1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => process_.on('exit', resolve))
    const added: string[] = []
    for await (const line of createInterface({ input: process_.stdout })) {
      const [kind, , faceId] = line.split(' ')
      if (kind !== 'added') continue
      added.push(faceId as string)
      if (added.length === killAfter) process_.kill('SIGKILL')
    }
    await ended
    return added
  }

  it('has an entry for each change that is there, and none for one that is not', async () => {
    const first = await open()
    const { id } = await makeCollection(first, { dimension: 64 })
    await first.close()
    const acknowledged: string[] = []
    for (const round of [0, 1, 2]) {
      acknowledged.push(...(await enrolAndKill(round * 1000, 15 + round * 10)))
    }
    const store = await open()
    const pages = await readPages((options) => store.audit.list(options), 1000)
    const entries: readonly AuditEntry[] = pages.flat()
    const entered = (kind: string) =>
      entries.flatMap((entry) => (entry.kind === kind ? (entry.subjects?.faces ?? []) : []))
    const faces = (await readPages((options) => store.faces.list(id, options), 1000)).flat()
    const deleted = new Set(entered('personDeleted'))
    const there = entered('facesAdded').filter((faceId) => !deleted.has(faceId))
    expect(there.sort()).toEqual(faces.map((face) => face.id).sort())
    expect(new Set(entered('facesAdded'))).toEqual(
      expect.objectContaining({ size: entered('facesAdded').length }),
    )
    expect(entered('facesAdded')).toEqual(expect.arrayContaining(acknowledged))
    const report = await verifyAudit(store.audit, {
      anchors: { anchors: [], faults: [] },
      trusted: new Map(),
    })
    expect(report).toMatchObject({ sound: true, entries: entries.length })
    await store.close()
  }, 60_000)
})
