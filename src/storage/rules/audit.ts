import { createHash } from 'node:crypto'
import type { AuditSeal } from '../../core/audit/chain.ts'
import type { AuditEvent, AuditRow } from '../../core/audit/entry.ts'
import type { AuditFilter, SealSignature } from '../ports/audit.ts'
import type { HistoryDetails } from '../ports/history.ts'

/** Lower-case hex SHA-256 of a text in UTF-8. */
export function hashText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

/** What the audit log says of an entry of the history: ids, and which fields changed, not their values. */
export function toHistoryEvent(
  collectionId: string,
  { id, kind, personIds, faceCount, transitions, undoes }: HistoryDetails,
): AuditEvent {
  const fields = new Set<string>()
  for (const { record, before, after } of transitions) {
    if (record !== 'person' || before === null || after === null) continue
    for (const field of Object.keys(after)) fields.add(field)
  }
  const faceIds = transitions.flatMap(({ record, id }) => (record === 'face' ? [id] : []))
  const entries = undoes === undefined ? [id] : [id, undoes]
  return {
    kind,
    collectionId,
    subjects: { persons: personIds, faces: faceIds, historyEntries: entries },
    details: {
      ...(faceCount === 0 ? {} : { faces: faceCount }),
      ...(fields.size === 0 ? {} : { fields: [...fields].sort() }),
    },
  } as AuditEvent
}

/** Of a deletion of a collection with everything in it. */
export function toDeletionEvent(collectionId: string): AuditEvent {
  return { kind: 'collectionDeleted', collectionId, subjects: { collections: [collectionId] } }
}

/** Of persons whose time to be put back is over. */
export function toErasureEvent(collectionId: string, personIds: readonly string[]): AuditEvent {
  return { kind: 'personsErased', collectionId, subjects: { persons: personIds } }
}

/** The entry that tells of a removal. */
export function toSealEvent(
  { first, last, count, lastHash, before }: AuditSeal,
  { key, signature }: SealSignature,
): AuditEvent {
  return {
    kind: 'auditSealed',
    details: { first, last, count, lastHash, before, key, signature },
  }
}

/** Whether these rows are what a seal was made of. */
export function isSealOf(
  seal: AuditSeal,
  rows: readonly Pick<AuditRow, 'sequence' | 'hash'>[],
): boolean {
  const last = rows.at(-1)
  return (
    rows.length === seal.count &&
    rows[0]?.sequence === seal.first &&
    last?.sequence === seal.last &&
    last.hash === seal.lastHash
  )
}

/**
 * Ids that entries of a time may have: they are made when an entry is written, at most
 * {@link writtenWithinMs} after what it tells of.
 */
export function toIdRange({ from, to }: Pick<AuditFilter, 'from' | 'to'>): {
  readonly first?: string
  readonly last?: string
} {
  return {
    ...(from === undefined ? {} : { first: toUlidTime(Date.parse(from) - clockSlackMs) }),
    ...(to === undefined ? {} : { last: toUlidTime(Date.parse(to) + writtenWithinMs) }),
  }
}

const writtenWithinMs = 3_600_000
/** A clock that was put back makes ids that are later than the times they are written with. */
const clockSlackMs = 60_000
const ulidLetters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const ulidTimeLength = 10

/** The first ten letters of ULIDs of this time. */
function toUlidTime(ms: number): string {
  let rest = Math.max(0, Math.floor(ms))
  let text = ''
  for (let i = 0; i < ulidTimeLength; i++) {
    text = ulidLetters[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}
