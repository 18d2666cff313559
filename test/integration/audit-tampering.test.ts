import { generateKeyPairSync } from 'node:crypto'
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  appendAnchor,
  createAnchor,
  readAnchors,
  toSealText,
} from '../../src/access/audit/anchors.ts'
import { createAuditKeeper } from '../../src/access/audit/keeper.ts'
import {
  loadSigningKey,
  type SigningKey,
  toTrustedKeys,
} from '../../src/access/audit/signing-key.ts'
import { verifyAudit } from '../../src/access/audit/verification.ts'
import { libraryActor } from '../../src/core/actor.ts'
import { type JsonValue, toCanonicalJson } from '../../src/core/audit/canonical-json.ts'
import {
  type AuditEntry,
  type AuditHead,
  type AuditRow,
  noHash,
  toEntry,
  toIndexed,
  toRow,
} from '../../src/core/audit/entry.ts'
import { createUlidSource } from '../../src/platform/ulid.ts'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import { hashText, toSealEvent } from '../../src/storage/rules/audit.ts'
import { openConnection } from '../../src/storage/sqlite/libsql.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

/** A database whose rows somebody can write who has all rights. */
interface Victim {
  open(): Promise<Database>
  /** The rows of all chains, in order. */
  read(): Promise<AuditRow[]>
  /** In place of all rows that there are. @returns false when the database cannot hold them */
  write(rows: readonly AuditRow[]): Promise<boolean>
}

interface Attack {
  readonly rows: readonly AuditRow[]
  readonly chain: readonly AuditRow[]
  readonly key: SigningKey
  readonly anchors: string
}

interface Case {
  readonly what: string
  /** What `audit verify` says; `undetected` where nothing can tell. */
  readonly found: string
  attack(attack: Attack): readonly AuditRow[]
}

const newId = createUlidSource()
const eventCount = 12

/** Rows with new texts, each linked to the one before and hashed, as who knows this program can make them. */
function relink(rows: readonly AuditRow[], from: AuditHead): AuditRow[] {
  let head = from
  return rows.map((row) => {
    const { hash: _, ...entry } = toEntry(row)
    const next = { ...entry, sequence: head.sequence + 1, previous: head.hash }
    const body = toCanonicalJson(next as unknown as JsonValue)
    const linked = { ...toIndexed(next as AuditEntry), body, hash: hashText(body) }
    head = linked
    return linked
  })
}

/** The same entry with another time. */
function edit(row: AuditRow): AuditRow {
  const body = row.body.replace(/"at":"\d{4}/, '"at":"2001')
  return { ...toIndexed(JSON.parse(body)), body, hash: hashText(body) }
}

/** The rows with those of the chain replaced by others. */
function replace({ rows, chain }: Attack, by: readonly AuditRow[]): readonly AuditRow[] {
  const [{ stream } = { stream: -1 }] = chain
  return [...rows.filter((row) => row.stream !== stream), ...by]
}

function withPlace(row: AuditRow, { stream, sequence }: AuditRow): AuditRow {
  return { ...row, stream, sequence }
}

const empty = (stream: number): AuditHead => ({ stream, sequence: 0, hash: noHash })

const cases: readonly Case[] = [
  { what: 'nothing', found: 'sound', attack: ({ rows }) => rows },
  {
    what: 'alter: the text of an entry',
    found: 'altered',
    attack: (a) =>
      replace(
        a,
        a.chain.with(4, { ...(a.chain[4] as AuditRow), body: edit(a.chain[4] as AuditRow).body }),
      ),
  },
  {
    what: 'alter: the text, hashed again',
    found: 'unlinked',
    attack: (a) => replace(a, a.chain.with(4, edit(a.chain[4] as AuditRow))),
  },
  {
    what: 'alter: the last entry, hashed again',
    found: 'replaced',
    attack: (a) => replace(a, a.chain.with(-1, edit(a.chain.at(-1) as AuditRow))),
  },
  {
    what: 'alter: what an index finds it by',
    found: 'altered',
    attack: (a) =>
      replace(a, a.chain.with(4, { ...(a.chain[4] as AuditRow), subjects: ['nobody'] })),
  },
  {
    what: 'drop: an entry in the middle',
    found: 'missing',
    attack: (a) => replace(a, a.chain.toSpliced(5, 1)),
  },
  {
    what: 'drop: an entry, the rest moved up and hashed again',
    found: 'truncated',
    attack: (a) => {
      const left = a.chain.toSpliced(5, 1)
      return replace(a, relink(left, empty((left[0] as AuditRow).stream)))
    },
  },
  {
    what: 'drop: the first entries',
    found: 'unsealed',
    attack: (a) => replace(a, a.chain.slice(3)),
  },
  {
    what: 'drop: the first entries, with a seal of another key',
    found: 'unsealed',
    attack: (a) => {
      const last = a.chain[2] as AuditRow
      const seal = {
        ...{ stream: last.stream, first: 1, last: last.sequence, count: 3, lastHash: last.hash },
        before: last.at,
      }
      const { privateKey } = generateKeyPairSync('ed25519')
      const file = join(a.anchors, '..', 'thief.pem')
      writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
      const signature = loadSigningKey(file).sign(toSealText(seal))
      const event = toSealEvent(seal, { key: a.key.id, signature })
      const record = { event, at: last.at, context: { actor: libraryActor } }
      const sealing = toRow(a.chain.at(-1) as AuditRow, record, { id: newId(), hashText })
      return replace(a, [...a.chain.slice(3), sealing])
    },
  },
  {
    what: 'reorder: two entries change places',
    found: 'reordered',
    attack: (a) => {
      const [one, two] = [a.chain[3] as AuditRow, a.chain[7] as AuditRow]
      return replace(a, a.chain.with(3, withPlace(two, one)).with(7, withPlace(one, two)))
    },
  },
  {
    what: 'truncate: the last entries, which an anchor knows',
    found: 'truncated',
    attack: (a) => replace(a, a.chain.slice(0, -3)),
  },
  { what: 'truncate: a whole chain', found: 'truncated', attack: (a) => replace(a, []) },
  {
    what: 'replay: an entry once more in its place',
    found: 'duplicate',
    attack: (a) => replace(a, [...a.chain.slice(0, 6), ...a.chain.slice(5)]),
  },
  {
    what: 'replay: an entry once more at the end',
    found: 'reordered',
    attack: (a) => {
      const last = a.chain.at(-1) as AuditRow
      const again = { ...(a.chain[5] as AuditRow), sequence: last.sequence + 1 }
      return replace(a, [...a.chain, again])
    },
  },
  {
    what: 'swap: the texts of entries of two persons',
    found: 'reordered',
    attack: (a) => {
      const [one, two] = [a.chain[2] as AuditRow, a.chain[9] as AuditRow]
      const take = (row: AuditRow, { body, hash }: AuditRow) => ({ ...row, body, hash })
      return replace(a, a.chain.with(2, take(one, two)).with(9, take(two, one)))
    },
  },
  {
    what: 'swap: two persons in the texts, all hashed again',
    found: 'replaced',
    attack: (a) => {
      const [one, two] = [a.chain[2] as AuditRow, a.chain[9] as AuditRow]
      const swap = (row: AuditRow, from: AuditRow, to: AuditRow): AuditRow => ({
        ...row,
        body: row.body.replaceAll(from.subjects[0] as string, to.subjects[0] as string),
      })
      const swapped = a.chain.with(2, swap(one, one, two)).with(9, swap(two, two, one))
      return replace(a, relink(swapped, empty(one.stream)))
    },
  },
  {
    what: 'forge: an anchor, without the key',
    found: 'forgedAnchor',
    attack: (a) => {
      const [line = ''] = readFileSync(a.anchors, 'utf8').split('\n')
      appendFileSync(a.anchors, `${line.replace(/"hash":"\w+"/, `"hash":"${noHash}"`)}\n`)
      return a.rows
    },
  },
  {
    what: 'forge after key theft: all hashed again, a second anchor beside the one that is out of reach',
    found: 'replaced',
    attack: (a) => {
      const forged = relink(a.chain.map(edit), empty((a.chain[0] as AuditRow).stream))
      appendAnchor(a.anchors, createAnchor(a.key, toHeads(forged), new Date().toISOString()))
      return replace(a, forged)
    },
  },
  {
    what: 'forge after key theft: an entry after the last anchor',
    found: 'undetected',
    attack: (a) => {
      const last = a.chain.at(-1) as AuditRow
      const more = relink([last], last).map((row) => ({ ...row, id: row.id }))
      const { hash: _, ...entry } = toEntry(more[0] as AuditRow)
      const body = toCanonicalJson({ ...entry, id: newId() } as unknown as JsonValue)
      const row = { ...toIndexed(JSON.parse(body)), body, hash: hashText(body) }
      return replace(a, [...a.chain, row])
    },
  },
  {
    what: 'forge after key theft: all hashed again, and every anchor replaced',
    found: 'undetected',
    attack: (a) => {
      const forged = relink(a.chain.map(edit), empty((a.chain[0] as AuditRow).stream))
      const rows = replace(a, forged).filter(({ kind }) => kind !== 'auditAnchored')
      const chains = relinkAll(rows)
      writeFileSync(a.anchors, '')
      appendAnchor(a.anchors, createAnchor(a.key, toHeads(chains), new Date().toISOString()))
      return chains
    },
  },
]

/** The last rows of all chains. */
function toHeads(rows: readonly AuditRow[]): readonly AuditHead[] {
  const heads = new Map<number, AuditHead>()
  for (const { stream, sequence, hash } of rows) {
    if ((heads.get(stream)?.sequence ?? 0) < sequence) heads.set(stream, { stream, sequence, hash })
  }
  return [...heads.values()]
}

function relinkAll(rows: readonly AuditRow[]): AuditRow[] {
  const streams = [...new Set(rows.map(({ stream }) => stream))]
  return streams.flatMap((stream) =>
    relink(
      rows.filter((row) => row.stream === stream),
      empty(stream),
    ),
  )
}

function describeTampering(name: string, createVictim: () => Promise<Victim>): void {
  describe(`tampering with the audit log: ${name}`, () => {
    const table: { readonly attack: string; readonly found: string }[] = []
    let directory: string
    let victim: Victim
    let rows: AuditRow[]
    let chain: readonly AuditRow[]
    let key: SigningKey

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'face-watcher-audit-'))
      victim = await createVictim()
      const store = await victim.open()
      key = loadSigningKey(join(directory, 'key.pem'))
      const context = { actor: libraryActor, requestId: 'r', address: '127.0.0.1' }
      const at = new Date().toISOString()
      // In one call, so that they are in one chain, also where there are many.
      await store.audit.append(
        Array.from({ length: eventCount }, (_, i) => ({
          event: {
            ...({ kind: 'identified', subjects: { persons: [newId()] } } as const),
            details: { decision: 'match', similarity: 0.5 + i / 100, threshold: 0.5 },
          },
          ...{ at, context },
        })),
      )
      for (let i = 0; i < 5; i++) {
        await store.keys.create({
          ...{ name: 'k', hash: hashText(`${i}`), prefix: 'fw_k3J0x9Q', scopes: ['identify'] },
        })
      }
      const keeper = createAuditKeeper({
        ...{ store, key, anchorFile: join(directory, 'anchors.jsonl'), anchorMs: 0, keepMs: 1e12 },
      })
      await keeper.anchor()
      await keeper.close()
      await store.close()
      rows = await victim.read()
      const { stream } = rows.find(({ kind }) => kind === 'identified') as AuditRow
      chain = rows.filter((row) => row.stream === stream)
    })

    afterAll(async () => {
      const width = Math.max(...table.map(({ attack }) => attack.length))
      const lines = table.map(({ attack, found }) => `${attack.padEnd(width)}  ${found}\n`)
      process.stdout.write(`\n${name}\n${lines.join('')}`)
      await rm(directory, { recursive: true, force: true })
    })

    it.each(cases)('$what: $found', async ({ what, found, attack }) => {
      const anchors = join(directory, `${cases.findIndex((other) => other.what === what)}.jsonl`)
      copyFileSync(join(directory, 'anchors.jsonl'), anchors)
      // Entries after the anchor's own are none of those that it knows.
      const isAnchored = ({ kind }: AuditRow) => kind !== 'auditAnchored'
      const attacked = attack({ rows, chain: chain.filter(isAnchored), key, anchors })
      if (!(await victim.write(attacked))) {
        table.push({ attack: what, found: 'refused by the database' })
        expect(found).toBe('duplicate')
        return
      }
      const store = await victim.open()
      try {
        const trusted = toTrustedKeys([key.publicKey])
        const report = await verifyAudit(store.audit, {
          ...{ anchors: readAnchors(anchors, trusted), trusted },
        })
        const [fault] = report.faults
        const seen = fault?.kind ?? 'nothing'
        table.push({ attack: what, found: fault ? seen : found })
        const isSilent = found === 'sound' || found === 'undetected'
        expect({ sound: report.sound, seen }).toEqual({
          ...{ sound: isSilent, seen: isSilent ? 'nothing' : found },
        })
      } finally {
        await store.close()
      }
    })
  })
}

async function createSqliteVictim(): Promise<Victim> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-audit-'))
  const file = join(directory, 'gallery.sqlite')
  const inFile = <T>(use: (db: ReturnType<typeof openConnection>) => T): T => {
    const db = openConnection({ file, busyTimeoutMs: 5000 })
    try {
      return use(db)
    } finally {
      db.close()
    }
  }
  const open = () => createSqliteStore({ file })
  return {
    open,
    async read() {
      const store = await open()
      try {
        const heads = await store.audit.heads()
        const chains = await Promise.all(
          heads.map(({ stream }) => store.audit.rows(stream, 0, 1000)),
        )
        return chains.flat()
      } finally {
        await store.close()
      }
    },
    async write(rows) {
      inFile((db) => {
        db.exec('DROP TABLE audit')
        db.exec(
          'CREATE TABLE audit (stream INTEGER, sequence INTEGER, id TEXT, at TEXT, kind TEXT, actor TEXT, ' +
            'collection_id TEXT, request_id TEXT, body TEXT, hash TEXT)',
        )
        db.exec('DELETE FROM audit_subjects')
        for (const row of rows) {
          db.run('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
            ...[row.stream, row.sequence, row.id, row.at, row.kind, row.actor, row.collectionId],
            ...[row.requestId, row.body, row.hash],
          ])
          for (const subject of row.subjects) {
            db.run('INSERT OR IGNORE INTO audit_subjects VALUES (?, ?)', [subject, row.id])
          }
        }
      })
      return true
    },
  }
}

describeTampering('SQLite', createSqliteVictim)

const skipReason = whyNoMongod({ own: false })

describe.skipIf(skipReason)(`MongoDB${skipReason ? ` (${skipReason})` : ''}`, () => {
  let server: TestServer
  let admin: MongoClient
  const database = newDatabaseName()

  beforeAll(async () => {
    server = await openTestServer()
    admin = new MongoClient(server.url)
  })

  afterAll(async () => {
    await admin?.db(database).dropDatabase()
    await admin?.close()
    await server?.stop()
  })

  describeTampering('MongoDB', async () => {
    const table = () =>
      admin.db(database).collection<Omit<AuditRow, 'id'> & { _id: string }>('audit')
    return {
      open: () => createMongodbStore({ url: server.url, database }),
      async read() {
        const found = await table().find().sort({ stream: 1, sequence: 1 }).toArray()
        return found.map(({ _id: id, ...row }) => ({ id, ...row }))
      },
      async write(rows) {
        await table().deleteMany({})
        const ids = new Set<string>()
        const documents = rows.map(({ id, ...row }) => {
          // No two documents have one id.
          const _id = ids.has(id) ? newId() : id
          ids.add(id)
          return { _id, ...row }
        })
        if (documents.length === 0) return true
        // Without the unique index, which whoever opens the database makes again, it could hold duplicates.
        return table()
          .insertMany(documents)
          .then(
            () => true,
            () => false,
          )
      },
    }
  })
})
