import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAnchors } from '../../src/access/audit/anchors.ts'
import { type AuditKeeper, createAuditKeeper } from '../../src/access/audit/keeper.ts'
import { loadSigningKey, toTrustedKeys } from '../../src/access/audit/signing-key.ts'
import { verifyAudit } from '../../src/access/audit/verification.ts'
import { libraryActor } from '../../src/core/actor.ts'
import type { Database } from '../../src/storage/database.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { runInProcess } from '../helpers/cli.ts'
import { expectCode } from '../helpers/expect-code.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-audit-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const path = (name: string) => join(directory, name)
const now = () => new Date().toISOString()

describe('the keeper of the audit log', () => {
  let store: Database
  let keeper: AuditKeeper

  beforeEach(async () => {
    store = await createSqliteStore({ file: path('gallery.sqlite') })
    const key = loadSigningKey(path('key.pem'))
    const anchorFile = path('anchors.jsonl')
    keeper = createAuditKeeper({ store, key, anchorFile, anchorMs: 0, keepMs: 1e9 })
  })

  afterEach(async () => {
    await keeper.close()
    await store.close()
  })

  const append = (count: number, at: string) =>
    store.audit.append(
      Array.from({ length: count }, () => ({
        event: { kind: 'identified', details: { decision: 'unknown' } } as const,
        ...{ at, context: { actor: libraryActor } },
      })),
    )

  async function verify() {
    const trusted = toTrustedKeys([loadSigningKey(path('key.pem')).publicKey])
    return verifyAudit(store.audit, {
      anchors: readAnchors(path('anchors.jsonl'), trusted),
      trusted,
    })
  }

  it('makes an anchor where there is a new entry, and none of its own', async () => {
    await keeper.anchor()
    await append(3, now())
    for (let i = 0; i < 3; i++) await keeper.anchor()
    expect(readFileSync(path('anchors.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(1)
    expect((await store.audit.heads())[0]?.sequence).toBe(4)
    await append(1, now())
    await keeper.anchor()
    expect(await verify()).toMatchObject({ sound: true, entries: 6, anchors: 2 })
    for (const name of ['key.pem', 'anchors.jsonl']) {
      expect(statSync(path(name)).mode & 0o777).toBe(0o600)
    }
  })

  it('removes what is too old with signed seals, after which the log still holds', async () => {
    await append(1200, '2001-01-01T00:00:00.000Z')
    await keeper.anchor()
    await append(5, now())
    await keeper.expire()
    await keeper.expire()
    const { items } = await store.audit.list({ kind: 'auditSealed' })
    expect(items.map(({ details }) => details?.count)).toEqual([200, 500, 500])
    expect(await verify()).toMatchObject({ sound: true, entries: 1 + 5 + 3 })
    const others = toTrustedKeys([loadSigningKey(path('other.pem')).publicKey])
    const report = await verifyAudit(store.audit, {
      anchors: readAnchors(path('anchors.jsonl'), others),
      trusted: others,
    })
    expect(report.faults).toEqual([
      { kind: 'unknownKey', line: 1 },
      { kind: 'unsealed', stream: 0, sequence: 1200 },
    ])
  })

  it('leaves out an anchor that was not written to its end, and says what is none', async () => {
    await append(1, now())
    await keeper.anchor()
    const line = readFileSync(path('anchors.jsonl'), 'utf8')
    writeFileSync(path('anchors.jsonl'), `${line}${line.slice(0, 40)}`)
    expect(await verify()).toMatchObject({ sound: true, anchors: 1 })
    writeFileSync(path('anchors.jsonl'), `${line}{"version":1}\nno JSON\n`)
    expect((await verify()).faults).toEqual([
      { kind: 'forgedAnchor', line: 2 },
      { kind: 'forgedAnchor', line: 3 },
    ])
    await expectCode(
      Promise.resolve().then(() => readAnchors(path('nowhere'), new Map())),
      'invalidOption',
    )
  })
})

describe('the key of the audit log', () => {
  it('is the same after a restart, and another file is none', async () => {
    const made = loadSigningKey(path('key.pem'))
    expect(loadSigningKey(path('key.pem')).id).toBe(made.id)
    writeFileSync(path('none.pem'), made.publicKey)
    for (const [load, code] of [
      [() => loadSigningKey(path('none.pem')), 'invalidConfig'],
      [() => loadSigningKey(path('no/key.pem')), 'dataDirUnusable'],
      [() => toTrustedKeys(['no key']), 'invalidOption'],
    ] as const) {
      await expectCode(
        Promise.resolve().then((): unknown => load()),
        code,
      )
    }
  })
})

describe('audit commands', () => {
  it('list, export and verify, and print the key', async () => {
    const run = (...args: string[]) => runInProcess(['--data-dir', directory, ...args])
    expect((await run('keys', 'create', 'door', '--scope', 'identify')).code).toBe(0)
    const listed = JSON.parse((await run('audit', 'list', '--json')).stdout)
    expect(listed).toMatchObject([
      { kind: 'keyCreated', actor: { kind: 'commandLine' }, details: { scopes: ['identify'] } },
    ])
    expect((await run('audit', 'list', '--actor', 'apiKey')).stdout).not.toContain('keyCreated')
    expect((await run('audit', 'list')).stdout).toContain('scopes identify')
    expect(JSON.parse((await run('audit', 'export')).stdout)).toEqual(listed[0])
    const verified = await run('audit', 'verify')
    expect([verified.code, verified.stdout]).toEqual([
      ...[0, expect.stringMatching(/^Sound: 1 entry in 1 chain\.\nNo anchor/)],
    ])
    expect((await run('audit', 'key')).stdout).toBe(loadSigningKey(path('audit-key.pem')).publicKey)
    writeFileSync(path('anchors.jsonl'), 'no JSON\n')
    const forged = await run('audit', 'verify', '--anchors', path('anchors.jsonl'))
    expect([forged.code, forged.stdout]).toEqual([4, expect.stringContaining('forgedAnchor')])
    expect((await run('audit', 'list', '--kind', 'nothing')).code).toBe(2)
  }, 60_000)
})
