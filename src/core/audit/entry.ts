import type { CallContext } from '../actor.ts'
import { type JsonValue, toCanonicalJson } from './canonical-json.ts'
import { type AuditDetails, type AuditKind, toKnownDetails } from './kinds.ts'

/** Whom or what an entry may concern, each a list of ids. */
export const auditSubjectKinds = [
  'persons',
  'faces',
  'strangers',
  'statements',
  'keys',
  'sessions',
  'jobs',
  'collections',
  'historyEntries',
] as const
/** A kind of subjects. */
export type AuditSubjectKind = (typeof auditSubjectKinds)[number]

/** Ids of those whom an entry concerns. */
export type AuditSubjects = { readonly [S in AuditSubjectKind]?: readonly string[] }

/** Most ids of one kind of subjects: more than any change has, the merge of 5000 faces among them. */
export const maxSubjects = 6000

/** What happened, before it is known when, and who asked. */
export type AuditEvent = {
  readonly [K in AuditKind]: {
    readonly kind: K
    /** Absent for what concerns the whole database. */
    readonly collectionId?: string | undefined
    readonly subjects?: AuditSubjects
    readonly details?: AuditDetails<K>
    /**
     * What is personal, encrypted with a key that an erasure destroys, before it is hashed: so the chain
     * still holds when nobody can read it. Not used yet.
     */
    readonly sealed?: string
  }
}[AuditKind]

/** An event with who asked, and when. */
export interface AuditRecord {
  readonly event: AuditEvent
  /** ISO 8601, UTC. */
  readonly at: string
  readonly context: CallContext
}

/** An entry of the audit log. */
export interface AuditEntry {
  readonly version: 1
  /** ULID; about in the order of time. */
  readonly id: string
  /** Which of the chains that a database has; see docs/decisions/0031-audit.md. */
  readonly stream: number
  /** Place in its chain, from 1. */
  readonly sequence: number
  readonly at: string
  readonly kind: AuditKind
  /** The name is looked up where it is shown. */
  readonly actor: { readonly kind: string; readonly id: string }
  /** Of the client, as far as it is known. */
  readonly address?: string
  readonly requestId?: string
  readonly collectionId?: string
  readonly subjects?: AuditSubjects
  readonly details?: Readonly<Record<string, JsonValue>>
  readonly sealed?: string
  /** Hash of the entry before it in its chain; of the first one, 64 zeros. */
  readonly previous: string
  /** Lower-case hex SHA-256 of {@link AuditRow.body}. */
  readonly hash: string
}

/** The end of a chain. */
export interface AuditHead {
  readonly stream: number
  /** 0 before the first entry. */
  readonly sequence: number
  readonly hash: string
}

/** An entry as it is stored: the text that is hashed, and what of it is found by an index. */
export interface AuditRow {
  readonly stream: number
  readonly sequence: number
  readonly id: string
  readonly at: string
  readonly kind: string
  /** Kind and id. */
  readonly actor: string
  readonly collectionId: string | null
  readonly requestId: string | null
  /** Ids of all subjects, each once, sorted. */
  readonly subjects: readonly string[]
  /** Canonical JSON of the entry without its hash. */
  readonly body: string
  readonly hash: string
}

/** Lower-case hex SHA-256 of a text in UTF-8. */
export type HashText = (text: string) => string

/** The hash before the first entry. */
export const noHash: string = '0'.repeat(64)

/** The head of a chain without entries. */
export function toEmptyHead(stream: number): AuditHead {
  return { stream, sequence: 0, hash: noHash }
}

/** Longest address and request id that are kept. */
const maxTextLength = 200

/** What an entry keeps of a text that came from outside: printable ASCII, and not without end. */
function toPlainText(text: string): string {
  return text.slice(0, maxTextLength).replace(/[^ -~]/g, '?')
}

/** The entry that follows a head. @param id  a new ULID */
export function toRow(
  { stream, sequence, hash: previous }: AuditHead,
  { event, at, context }: AuditRecord,
  { id, hashText }: { readonly id: string; readonly hashText: HashText },
): AuditRow {
  const { kind, collectionId, sealed } = event
  const { actor, address, requestId } = context
  const subjects = toKnownSubjects(event.subjects ?? {})
  const details = toKnownDetails(kind, event.details ?? {})
  const entry: Omit<AuditEntry, 'hash'> = {
    ...{ version: 1, id, stream, sequence: sequence + 1, at, kind },
    actor: { kind: toPlainText(actor.kind), id: toPlainText(actor.id) },
    ...(address === undefined ? {} : { address: toPlainText(address) }),
    ...(requestId === undefined ? {} : { requestId: toPlainText(requestId) }),
    ...(collectionId === undefined ? {} : { collectionId: toPlainText(collectionId) }),
    ...(Object.keys(subjects).length === 0 ? {} : { subjects }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...(sealed === undefined ? {} : { sealed }),
    previous,
  }
  const body = toCanonicalJson(entry as unknown as JsonValue)
  return { ...toIndexed(entry), body, hash: hashText(body) }
}

function toKnownSubjects(subjects: AuditSubjects): AuditSubjects {
  return Object.fromEntries(
    auditSubjectKinds.flatMap((kind) => {
      const ids = [...new Set(subjects[kind] ?? [])].slice(0, maxSubjects).map(toPlainText)
      return ids.length === 0 ? [] : [[kind, ids]]
    }),
  )
}

/** What of an entry is found by an index. */
export function toIndexed(entry: Omit<AuditEntry, 'hash'>): Omit<AuditRow, 'body' | 'hash'> {
  const { stream, sequence, id, at, kind, actor, collectionId = null, requestId = null } = entry
  const subjects = [...new Set(Object.values(entry.subjects ?? {}).flat())].sort()
  return {
    stream,
    sequence,
    id,
    at,
    kind,
    actor: toActorKey(actor),
    collectionId,
    requestId,
    subjects,
  }
}

/** Kind and id of an actor, as they are looked for. */
export function toActorKey({ kind, id }: AuditEntry['actor']): string {
  return `${kind}:${id}`
}

/** The entry of a row that was written here; {@link import('./chain.ts').createChainCheck} trusts none. */
export function toEntry({ body, hash }: Pick<AuditRow, 'body' | 'hash'>): AuditEntry {
  return { ...(JSON.parse(body) as Omit<AuditEntry, 'hash'>), hash }
}
