import type { JsonValue } from './canonical-json.ts'

/**
 * What a detail of an entry may be. There is no free text: no name, no image and no embedding fits in.
 * `count`: a whole number from 0. `number`: finite. `code`: 1 to 200 letters, digits and `_.:/@+-`, such
 * as an id, a scope or a model. `codes`: up to 200 of them. `hash`: lower-case hex SHA-256. `time`: ISO
 * 8601, UTC.
 */
export type DetailType = 'count' | 'number' | 'flag' | 'code' | 'codes' | 'hash' | 'time'

// [Note: Kinds of the audit log]
// What happened, and what an entry of the kind may say of it. A new kind is a line here and a sentence in
// docs/reference/audit.md. Who is concerned stands in the entry's subjects, by ids.
const kinds = {
  // Changes of people; kinds of the history, with the history's entry among the subjects.
  personCreated: { faces: 'count' },
  personUpdated: { fields: 'codes', faces: 'count' },
  personDeleted: { faces: 'count' },
  personsMerged: { fields: 'codes', faces: 'count' },
  facesAdded: { fields: 'codes', faces: 'count' },
  facesMoved: { faces: 'count' },
  faceDeleted: { faces: 'count' },
  facesSetAside: { faces: 'count' },
  facesRestored: { faces: 'count' },
  undone: { fields: 'codes', faces: 'count' },
  // Nothing can be put back.
  personsErased: {},
  facesErased: {},
  trashErased: { records: 'count', removedBefore: 'time' },
  historyExpired: { entries: 'count', before: 'time' },

  rejectionStated: {},
  confirmationStated: {},
  statementRevoked: {},

  strangersRecorded: { sightings: 'count' },
  strangersIgnored: {},
  strangersShown: {},
  strangerAssigned: {},
  strangerUnassigned: {},
  strangersDiscarded: {},
  sightingsForgotten: { sightings: 'count' },
  sightingsExpired: { sightings: 'count', seenBefore: 'time' },

  collectionCreated: { model: 'code' },
  collectionUpdated: { fields: 'codes' },
  collectionDeleted: {},
  secondModelBegun: { model: 'code' },
  secondModelFilled: { model: 'code', faces: 'count' },
  secondModelSwitched: { model: 'code' },
  secondModelEnded: { model: 'code' },
  embeddingsErased: { model: 'code', faces: 'count' },

  collectionRestored: { model: 'code' },
  personsRestored: { persons: 'count' },
  facesRestoredFromExport: { faces: 'count' },
  statementsRestored: { statements: 'count' },

  keyCreated: { scopes: 'codes', expiresAt: 'time' },
  keyRotated: { scopes: 'codes', expiresAt: 'time' },
  keyRevoked: {},
  keyRemoved: {},

  sessionCreated: {},
  sessionEnded: {},
  sessionsEnded: { sessions: 'count' },

  jobCreated: { job: 'code' },
  jobAsked: { state: 'code' },
  jobRemoved: {},
  jobsExpired: { jobs: 'count', endedBefore: 'time' },

  // What was answered about a face.
  identified: {
    decision: 'code',
    similarity: 'number',
    threshold: 'number',
    model: 'code',
    probe: 'hash',
  },
  verified: {
    decision: 'code',
    similarity: 'number',
    threshold: 'number',
    model: 'code',
    probe: 'hash',
  },
  // Who saw what is kept of faces; crops are counted for a minute.
  cropsRead: { count: 'count' },
  embeddingRead: { model: 'code' },
  dataExported: { what: 'code' },
  // Who was refused, counted for a minute.
  accessRefused: { reason: 'code', count: 'count' },

  // The log about itself.
  entriesLost: { count: 'count' },
  auditAnchored: { heads: 'codes' },
  auditSealed: {
    first: 'count',
    last: 'count',
    count: 'count',
    lastHash: 'hash',
    before: 'time',
    key: 'code',
    signature: 'code',
  },
} as const satisfies Record<string, Readonly<Record<string, DetailType>>>

/** What an entry tells of; see [Note: Kinds of the audit log]. */
export type AuditKind = keyof typeof kinds

/** Every {@link AuditKind}. */
export const auditKinds: readonly AuditKind[] = Object.keys(kinds) as AuditKind[]

interface DetailValues {
  readonly count: number
  readonly number: number
  readonly flag: boolean
  readonly code: string
  readonly codes: readonly string[]
  readonly hash: string
  readonly time: string
}

/** What an entry of a kind may say besides whom it concerns; each is left out where it is not known. */
export type AuditDetails<K extends AuditKind = AuditKind> = {
  readonly [D in keyof (typeof kinds)[K]]?:
    | DetailValues[(typeof kinds)[K][D] & DetailType]
    | undefined
}

/** Most codes of a detail. */
export const maxCodes = 200

const codePattern = /^[\w.:/@+-]{1,200}$/
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const hashPattern = /^[0-9a-f]{64}$/

const isOfType: { readonly [T in DetailType]: (value: unknown) => boolean } = {
  count: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  number: Number.isFinite,
  flag: (value) => typeof value === 'boolean',
  code: isCode,
  codes: (value) => Array.isArray(value) && value.length <= maxCodes && value.every(isCode),
  hash: (value) => typeof value === 'string' && hashPattern.test(value),
  time: (value) => typeof value === 'string' && timePattern.test(value),
}

function isCode(value: unknown): boolean {
  return typeof value === 'string' && codePattern.test(value)
}

/**
 * The details of a kind that are of their type; all others are left out, so that nothing else gets into
 * the log whatever a caller gives.
 */
export function toKnownDetails(
  kind: AuditKind,
  details: Readonly<Record<string, unknown>>,
): Readonly<Record<string, JsonValue>> {
  const types: Readonly<Record<string, DetailType>> = kinds[kind]
  return Object.fromEntries(
    Object.entries(types).flatMap(([name, type]) => {
      const value = details[name]
      return isOfType[type](value) ? [[name, value as JsonValue]] : []
    }),
  )
}
