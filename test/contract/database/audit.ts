import { beforeEach, describe, expect, it } from 'vitest'
import { type CallContext, libraryActor } from '../../../src/core/actor.ts'
import { createChainCheck } from '../../../src/core/audit/chain.ts'
import type { AuditEntry, AuditRow } from '../../../src/core/audit/entry.ts'
import type { Database } from '../../../src/storage/database.ts'
import { hashText } from '../../../src/storage/rules/audit.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { type DatabaseFixture, type DatabaseUnderTest, readPages } from './fixture.ts'

const ann: CallContext = {
  actor: { kind: 'apiKey', id: 'K1', name: 'Ann' },
  requestId: 'req-1',
  address: '203.0.113.7',
}

/** All entries, the oldest first. */
async function readAll(store: Database): Promise<readonly AuditEntry[]> {
  const pages = await readPages((options) => store.audit.list(options), 7)
  return pages.flat().reverse()
}

async function readRows(store: Database, stream: number): Promise<readonly AuditRow[]> {
  const rows: AuditRow[] = []
  for (;;) {
    const page = await store.audit.rows(stream, rows.at(-1)?.sequence ?? 0, 5)
    rows.push(...page)
    if (page.length < 5) return rows
  }
}

/** Throws where a chain does not hold. */
async function expectWhole(store: Database): Promise<void> {
  for (const { stream, sequence, hash } of await store.audit.heads()) {
    const anchors = new Map([[sequence, new Set([hash])]])
    const check = createChainCheck({ stream, hashText, anchors, isSealValid: () => true })
    for (const row of await readRows(store, stream)) expect(check.add(row)).toBeUndefined()
    expect(check.end()).toBeUndefined()
    expect(check.head).toMatchObject({ stream, sequence, hash })
  }
}

/** What the port `audit` does in every database, and that changes are entered. */
export function describeAudit(under: () => DatabaseUnderTest): void {
  describe('audit log', () => {
    let store: Database
    let fixture: DatabaseFixture

    beforeEach(() => {
      ;({ store, fixture } = under())
    })

    it('enters who changed what, when and from where, with ids and without names', async () => {
      const own = store.as(ann)
      const collection = await makeCollection(own)
      const { person, faces } = await own.faces.add(collection.id, { name: 'Secretname' }, [
        makeFace(1),
      ])
      await own.persons.update(collection.id, person.id, { notes: 'Secretnote' })
      await own.persons.delete(collection.id, person.id, { undoable: true })
      await own.persons.delete(collection.id, person.id)
      const entries = await readAll(store)
      expect(entries.map(({ kind }) => kind)).toEqual([
        ...['collectionCreated', 'facesAdded', 'personUpdated', 'personDeleted', 'personsErased'],
      ])
      const { actor, requestId, address } = ann
      for (const entry of entries) {
        expect(entry).toMatchObject({ version: 1, requestId, address, collectionId: collection.id })
        expect(entry.actor).toEqual({ kind: actor.kind, id: actor.id })
        expect(Math.abs(Date.parse(entry.at) - Date.now())).toBeLessThan(60_000)
      }
      expect(entries[1]?.subjects).toMatchObject({
        persons: [person.id],
        faces: faces.map(({ id }) => id),
      })
      expect(entries[2]?.details).toEqual({ fields: ['notes'] })
      expect(JSON.stringify(entries)).not.toMatch(/Secret|Ann/)
      await expectWhole(store)
    })

    it('enters nothing of a change that is refused, and each of many at once', async () => {
      const collection = await makeCollection(store)
      const second = await fixture.open()
      const results = await Promise.allSettled(
        Array.from({ length: 60 }, (_, i) => {
          const ports = (i % 2 === 0 ? store : second).as({
            actor: libraryActor,
            requestId: `r${i}`,
          })
          return ports.faces.add(collection.id, { name: i % 5 === 3 ? '' : `P${i}` }, [makeFace(i)])
        }),
      )
      const entered = new Map(
        (await readAll(store)).map((entry) => [entry.requestId, entry.subjects?.persons]),
      )
      for (const [i, result] of results.entries()) {
        const persons = result.status === 'fulfilled' ? [result.value.person.id] : undefined
        expect(entered.get(`r${i}`)).toEqual(persons)
        expect(result.status).toBe(i % 5 === 3 ? 'rejected' : 'fulfilled')
      }
      await expectWhole(second)
      const heads = await store.audit.heads()
      expect(heads.reduce((sum, { sequence }) => sum + sequence, 0)).toBe(1 + 48)
    })

    it('enters what every other port changes, too', async () => {
      const collection = await makeCollection(store)
      const renamed = await store.collections.update(collection, { name: 'other' })
      const { person } = await store.faces.add(collection.id, { name: 'A' }, [makeFace(1)])
      const of = { modelId: collection.modelId, embedding: makeFace(2).embedding }
      const { statement } = await store.statements.add(collection.id, person.id, {
        kind: 'rejection',
        of: { ...of, imageHash: hashText('image') },
      })
      await store.statements.revoke(collection.id, statement.id)
      const key = await store.keys.create({
        ...{ name: 'door', hash: hashText('key'), prefix: 'fw_k3J0x9Q', scopes: ['identify'] },
      })
      const next = await store.keys.rotate(key.id, {
        ...{ hash: hashText('next'), prefix: 'fw_k3J0x9R', formerEndsAt: '2099-01-01T00:00:00.000Z' },
      })
      await store.keys.revoke(key.id)
      await store.keys.remove(key.id)
      const job = await store.jobs.create({
        kind: 'reindex',
        collectionId: collection.id,
        input: {},
      })
      await store.jobs.ask(job.id, 'cancelled')
      await store.jobs.remove(job.id)
      await store.collections.delete(renamed?.name ?? '')
      const entries = (await readAll(store)).map(({ kind, subjects }) => [kind, subjects])
      expect(entries).toEqual([
        ['collectionCreated', { collections: [collection.id] }],
        ['collectionUpdated', { collections: [collection.id] }],
        ['facesAdded', expect.objectContaining({ persons: [person.id] })],
        ['rejectionStated', { persons: [person.id], statements: [statement.id] }],
        ['statementRevoked', { statements: [statement.id] }],
        ['keyCreated', { keys: [key.id] }],
        ['keyRotated', { keys: [key.id, next.id] }],
        ['keyRevoked', { keys: [key.id] }],
        ['keyRemoved', { keys: [key.id] }],
        ['jobCreated', { jobs: [job.id] }],
        ['jobAsked', { jobs: [job.id] }],
        ['jobRemoved', { jobs: [job.id] }],
        ['collectionDeleted', { collections: [collection.id] }],
      ])
      await expectWhole(store)
    })

    it('tells who was erased when the time of the trash is over', async () => {
      const collection = await makeCollection(store)
      const { person } = await store.faces.add(collection.id, { name: 'A' }, [makeFace(1)])
      await store.persons.delete(collection.id, person.id, { undoable: true })
      await store.history.eraseTrash('2999-01-01T00:00:00.000Z', 100)
      await store.history.eraseTrash('2999-01-01T00:00:00.000Z', 100)
      const last = (await readAll(store)).slice(-2)
      expect(last).toMatchObject([
        { kind: 'personsErased', collectionId: collection.id, subjects: { persons: [person.id] } },
        { kind: 'trashErased', details: { records: 2 } },
      ])
    })

    it('enters what it is given, in order, and finds it by what an entry says', async () => {
      const [c, d] = ['01ARZ3NDEKTSV4RRFFQ69G5FAA', '01ARZ3NDEKTSV4RRFFQ69G5FAB'] as const
      const make = (i: number, minute: number) => ({
        event: {
          ...({
            kind: i % 2 === 0 ? 'identified' : 'verified',
            collectionId: i < 3 ? c : d,
          } as const),
          subjects: { persons: [`P${i}`] },
          details: { decision: 'match', similarity: 0.5 },
        },
        at: `2026-01-01T00:0${minute}:00.000Z`,
        context: { actor: { ...ann.actor, id: `K${i % 3}` }, requestId: `q${i}`, address: '::1' },
      })
      await store.audit.append([])
      await store.audit.append(Array.from({ length: 6 }, (_, i) => make(i, i)))
      const find = async (filter: Parameters<Database['audit']['list']>[0]) =>
        (await store.audit.list(filter)).items.map(({ requestId }) => requestId)
      expect(await find({})).toEqual(['q5', 'q4', 'q3', 'q2', 'q1', 'q0'])
      expect(await find({ kind: 'verified' })).toEqual(['q5', 'q3', 'q1'])
      expect(await find({ actor: 'apiKey:K1' })).toEqual(['q4', 'q1'])
      expect(await find({ actor: 'apiKey' })).toHaveLength(6)
      expect(await find({ actor: 'library' })).toEqual([])
      expect(await find({ subject: 'P2' })).toEqual(['q2'])
      expect(await find({ requestId: 'q3' })).toEqual(['q3'])
      expect(await find({ collectionIds: [d] })).toEqual(['q5', 'q4', 'q3'])
      expect(await find({ collectionIds: [] })).toEqual([])
      const [from, to] = ['2026-01-01T00:01:00.000Z', '2026-01-01T00:03:00.000Z']
      // Written much later than what they tell of, which a search by time allows an hour.
      expect(await find({ from })).toEqual(['q5', 'q4', 'q3', 'q2', 'q1'])
      expect(await find({ to: '2999-01-01T00:00:00.000Z', kind: 'identified' })).toHaveLength(3)
      expect(await find({ from: to, to: from })).toEqual([])
      await expectCode(store.audit.list({ cursor: 'x' }), 'invalidCursor')
      await expectWhole(store)
    })

    it('removes old entries and seals what is left', async () => {
      const at = (i: number) => `2026-01-01T00:00:0${i}.000Z`
      const event = { kind: 'cropsRead', details: { count: 1 } } as const
      // In one call, so that they are one chain.
      await store.audit.append(
        Array.from({ length: 8 }, (_, i) => ({ event, at: at(i), context: { actor: ann.actor } })),
      )
      expect(await store.audit.sealable(at(0), 100)).toBeUndefined()
      const seal = await store.audit.sealable(at(5), 3)
      expect(seal).toMatchObject({ first: 1, last: 3, count: 3, before: at(5) })
      const signature = { key: 'k', signature: 'c2ln' }
      if (!seal) return
      expect(await store.audit.seal({ ...seal, lastHash: hashText('x') }, signature)).toBe(0)
      expect(await store.as(ann).audit.seal(seal, signature)).toBe(3)
      expect(await store.audit.seal(seal, signature)).toBe(0)
      await expectWhole(store)
      const rest = await store.audit.sealable(at(5), 100)
      expect(rest).toMatchObject({ first: 4, last: 5, count: 2 })
      if (rest) expect(await store.audit.seal(rest, signature)).toBe(2)
      expect(await store.audit.sealable(at(5), 100)).toBeUndefined()
      await expectWhole(store)
      const entries = await readAll(store)
      expect(entries.map(({ kind, sequence }) => [kind, sequence])).toEqual([
        ...[6, 7, 8].map((sequence) => ['cropsRead', sequence]),
        ...[9, 10].map((sequence) => ['auditSealed', sequence]),
      ])
      expect(entries[3]).toMatchObject({
        actor: { kind: 'apiKey', id: 'K1' },
        details: { first: 1, last: 3, count: 3, lastHash: seal.lastHash, ...signature },
      })
      expect((await store.audit.list({ subject: 'nobody' })).items).toEqual([])
    })
  })
}
