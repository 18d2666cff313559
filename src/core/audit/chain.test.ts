import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { libraryActor } from '../actor.ts'
import {
  type AuditFault,
  auditFaultKinds,
  type ChainCheckOptions,
  createChainCheck,
} from './chain.ts'
import { type AuditEvent, type AuditRow, toActorKey, toEmptyHead, toEntry, toRow } from './entry.ts'
import { auditKinds, toKnownDetails } from './kinds.ts'

const hashText = (text: string): string => createHash('sha256').update(text).digest('hex')
const at = '2026-01-02T03:04:05.678Z'

function toId(sequence: number): string {
  return `01ARZ3NDEKTSV4RRFFQ6${String(sequence).padStart(6, '0')}`
}

function makeEvent(i: number): AuditEvent {
  if (i % 3 === 0) {
    return {
      ...{ kind: 'identified', collectionId: 'C', subjects: { persons: [`P${i}`], faces: ['F'] } },
      details: { decision: 'match', similarity: 0.7 + i / 1000, probe: hashText(String(i)) },
    }
  }
  return { kind: 'personUpdated', collectionId: 'C', subjects: { persons: [`P${i}`] } }
}

function makeChain(events: readonly AuditEvent[], stream = 0): AuditRow[] {
  const rows: AuditRow[] = []
  for (const [i, event] of events.entries()) {
    const context = { actor: libraryActor, requestId: `r${i}`, address: '127.0.0.1' }
    const known = { id: toId(i + 1), hashText }
    rows.push(toRow(rows.at(-1) ?? toEmptyHead(stream), { event, at, context }, known))
  }
  return rows
}

const makeRows = (count: number) => makeChain(Array.from({ length: count }, (_, i) => makeEvent(i)))

function check(
  rows: readonly AuditRow[],
  options: Partial<ChainCheckOptions> = {},
): AuditFault | undefined {
  const chain = createChainCheck({
    ...{ stream: 0, hashText, anchors: new Map(), isSealValid: () => true },
    ...options,
  })
  for (const row of rows) {
    const fault = chain.add(row)
    if (fault) return fault
  }
  return chain.end()
}

describe('entries', () => {
  it('keep who asked, from where, and only what their kind may say', () => {
    const event = {
      ...{ kind: 'identified', collectionId: 'C', subjects: { persons: ['P', 'P'], faces: [] } },
      details: { decision: 'match', similarity: 0.5, name: 'Ann', threshold: Number.NaN },
      sealed: 'c2VhbGVk',
    } as unknown as AuditEvent
    const context = {
      actor: { kind: 'apiKey', id: 'K', name: 'Ann' },
      address: '10.0.0.1\nforged',
    } as const
    const row = toRow(toEmptyHead(3), { event, at, context }, { id: toId(1), hashText })
    expect(toEntry(row)).toEqual({
      ...{ version: 1, id: toId(1), stream: 3, sequence: 1, at, kind: 'identified' },
      ...{ actor: { kind: 'apiKey', id: 'K' }, address: '10.0.0.1?forged', collectionId: 'C' },
      ...{ subjects: { persons: ['P'] }, details: { decision: 'match', similarity: 0.5 } },
      ...{ sealed: 'c2VhbGVk', previous: '0'.repeat(64), hash: hashText(row.body) },
    })
    expect(row).toMatchObject({
      actor: toActorKey(context.actor),
      requestId: null,
      subjects: ['P'],
    })
    expect(row.body).not.toContain('Ann')
  })

  it('take details of the type that the kind has', () => {
    const hash = hashText('a')
    const known = { model: 'a/b@1', faces: 3 }
    expect(toKnownDetails('secondModelFilled', { ...known, other: 1 })).toEqual(known)
    expect(toKnownDetails('secondModelFilled', { model: 'with space', faces: -1 })).toEqual({})
    const seal = { lastHash: hash, before: at, first: 1 }
    expect(toKnownDetails('auditSealed', seal)).toEqual(seal)
    expect(toKnownDetails('auditSealed', { lastHash: 'x', before: 'y', first: 1.5 })).toEqual({})
    const scopes = ['people:read']
    expect(toKnownDetails('keyCreated', { scopes })).toEqual({ scopes })
    expect(toKnownDetails('keyCreated', { scopes: ['Ann B'] })).toEqual({})
    expect(toKnownDetails('keyCreated', { scopes: 'admin' })).toEqual({})
    expect(auditKinds).toContain('facesAdded')
  })
})

describe('createChainCheck', () => {
  it('finds nothing wrong with a chain, an empty one, and one that its anchors know', () => {
    const rows = makeRows(7)
    expect(check([])).toBeUndefined()
    expect(check(rows)).toBeUndefined()
    const anchors = new Map(rows.map(({ sequence, hash }) => [sequence, new Set([hash])]))
    expect(check(rows, { anchors })).toBeUndefined()
  })

  it('finds any change of a byte of any entry, in its text and in what its indexes tell', () => {
    const rows = makeRows(6)
    fc.assert(
      fc.property(
        fc.nat(rows.length - 1),
        fc.constantFrom('body', 'hash', 'id', 'at', 'kind', 'actor', 'collectionId', 'requestId'),
        fc.nat(10_000),
        fc.integer({ min: 1, max: 94 }),
        (i, column, place, by) => {
          const row = rows[i] as AuditRow
          const text = row[column as 'body']
          const at = place % text.length
          const code = ((text.charCodeAt(at) - 32 + by) % 95) + 32
          const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
          if (changed === text) return
          const fault = check(rows.with(i, { ...row, [column]: changed }))
          expect(fault).toMatchObject({ kind: 'altered', sequence: i + 1 })
        },
      ),
      { numRuns: 500 },
    )
    const [first] = rows as [AuditRow]
    const subjects = [
      { ...first, subjects: [] },
      { ...first, subjects: ['Q'] },
    ]
    for (const row of subjects) expect(check(rows.with(0, row))?.kind).toBe('altered')
  })

  it('finds any removal but that of the last, any swap, any repetition, and any entry of another place', () => {
    const rows = makeRows(8)
    fc.assert(
      fc.property(fc.nat(7), fc.nat(7), fc.nat(3), (i, j, how) => {
        const [a, b] = [rows[i] as AuditRow, rows[j] as AuditRow]
        if (how === 0) {
          if (i === 7) return
          expect(check(rows.toSpliced(i, 1))).toBeDefined()
        } else if (how === 1) {
          if (i === j) return
          expect(check(rows.with(i, b).with(j, a))).toBeDefined()
        } else if (how === 2) {
          expect(check(rows.toSpliced(j, 0, a))).toBeDefined()
        } else {
          // The text of one in the place of the other.
          if (i === j) return
          const moved = { ...a, body: b.body, hash: b.hash }
          expect(check(rows.with(i, moved))).toMatchObject({ kind: 'reordered', sequence: i + 1 })
        }
      }),
      { numRuns: 500 },
    )
  })

  it('finds entries that were hashed anew, by the entry after them or by an anchor', () => {
    const rows = makeRows(5)
    const forged = makeChain([0, 1, 9, 3, 4].map(makeEvent))
    expect(check(rows.with(2, forged[2] as AuditRow))).toMatchObject({
      kind: 'unlinked',
      sequence: 4,
    })
    expect(check(forged)).toBeUndefined()
    const anchors = new Map([[4, new Set([rows[3]?.hash ?? ''])]])
    expect(check(forged, { anchors })).toMatchObject({ kind: 'replaced', sequence: 4 })
    const both = new Map([[4, new Set([rows[3]?.hash ?? '', forged[3]?.hash ?? ''])]])
    expect(check(rows, { anchors: both })).toMatchObject({ kind: 'replaced', sequence: 4 })
    // Of the last entry nothing but an anchor tells.
    expect(check(rows.slice(0, 3))).toBeUndefined()
    expect(check(rows.slice(0, 3), { anchors })).toMatchObject({ kind: 'truncated', sequence: 4 })
    expect(check([], { anchors })).toMatchObject({ kind: 'truncated', sequence: 1 })
  })

  it('finds texts that are no entry, or are not in the one form', () => {
    const rows = makeRows(2)
    const [row] = rows as [AuditRow]
    for (const body of ['{', ` ${row.body}`, row.body.replace('"version":1', '"version":1.0')]) {
      const fault = check(rows.with(0, { ...row, body, hash: hashText(body) }))
      expect(fault).toMatchObject({ kind: 'altered', sequence: 1 })
    }
    expect(check(rows, { stream: 1 })).toMatchObject({ kind: 'reordered', sequence: 1 })
  })

  it('lets the beginning go where a valid seal tells of it', () => {
    const events = Array.from({ length: 6 }, (_, i) => makeEvent(i))
    const lastHash = makeChain(events)[3]?.hash ?? ''
    const details = { first: 1, last: 4, count: 4, lastHash, before: at, key: 'k', signature: 's' }
    const rows = makeChain([...events, { kind: 'auditSealed', details }])
    expect(check(rows)).toBeUndefined()
    expect(check(rows.slice(4))).toBeUndefined()
    expect(check(rows.slice(3))).toMatchObject({ kind: 'unsealed', sequence: 3 })
    expect(check(rows.slice(5))).toMatchObject({ kind: 'unsealed', sequence: 5 })
    expect(check(rows.slice(4, 6))).toMatchObject({ kind: 'unsealed', sequence: 4 })
    const isSealValid = () => false
    expect(check(rows.slice(4), { isSealValid })).toMatchObject({ kind: 'unsealed' })
    const before = new Map([
      [2, new Set(['older'])],
      [4, new Set([lastHash])],
    ])
    expect(check(rows.slice(4), { anchors: before })).toBeUndefined()
    const other = new Map([[4, new Set(['other'])]])
    expect(check(rows.slice(4), { anchors: other })).toMatchObject({
      kind: 'replaced',
      sequence: 4,
    })
    const none = makeChain([...events, { kind: 'auditSealed' }])
    expect(check(none.slice(4))).toMatchObject({ kind: 'unsealed' })
  })

  it('tells the kinds of its faults', () => {
    expect(new Set(auditFaultKinds).size).toBe(auditFaultKinds.length)
  })
})
