import type { AuditEvent, AuditSubjectKind } from '../core/audit/entry.ts'
import type { Aggregates } from './database.ts'
import type { Effect, MethodName, methodTable } from './methods.ts'

// [Note: Audit rules]
// Each method that writes has a rule: what it enters in the audit log, or why it enters nothing. The table
// has to be complete to compile. Stores ask it with the parameters of the call and what the method
// answers, within the transaction of the change. What these do not tell, such as whose faces a merge
// moved, the method notes itself: `note` of a context in SQLite, `notes` of a transaction in MongoDB.

/** A method that enters nothing, and why. */
interface Unaudited {
  readonly because: string
}

type Told<P extends readonly unknown[], R> = (
  parameters: P,
  answer: R,
) => AuditEvent | readonly AuditEvent[] | undefined

type RuleOf<M> = M extends (...parameters: infer P) => Promise<infer R>
  ? Told<P, R> | Unaudited
  : never

type Table = typeof methodTable
type Written<A extends keyof Table> = {
  [K in keyof Table[A]]: Table[A][K] extends Exclude<Effect, 'read'> ? K : never
}[keyof Table[A]]

type Rules = {
  readonly [A in keyof Aggregates as [Written<A>] extends [never] ? never : A]: {
    readonly [K in Written<A> & keyof Aggregates[A]]: RuleOf<Aggregates[A][K]>
  }
}

/** The change notes itself, mostly with its entry in the history. */
const noted = (): undefined => undefined

function about(kind: AuditSubjectKind, ids: readonly string[]): { readonly subjects: object } {
  return { subjects: { [kind]: ids } }
}

const rules: Rules = {
  collections: {
    create: (_, { id, modelId }) => ({
      ...{ kind: 'collectionCreated', collectionId: id, ...about('collections', [id]) },
      details: { model: modelId },
    }),
    update: ([was, patch], changed) =>
      changed && {
        ...{ kind: 'collectionUpdated', collectionId: was.id, ...about('collections', [was.id]) },
        details: { fields: Object.keys(patch).sort() },
      },
    delete: noted,
  },
  persons: {
    create: noted,
    update: noted,
    delete: ([collectionId, id, { undoable } = {}]) =>
      undoable ? undefined : { kind: 'personsErased', collectionId, ...about('persons', [id]) },
    seen: { because: 'A decision that recognises a person has an entry of its own.' },
    merge: ([collectionId, { from }, { undoable } = {}]) =>
      undoable ? undefined : { kind: 'personsErased', collectionId, ...about('persons', from) },
  },
  faces: {
    add: noted,
    move: noted,
    delete: ([collectionId, id, { undoable } = {}]) =>
      undoable ? undefined : { kind: 'facesErased', collectionId, ...about('faces', [id]) },
  },
  setAside: { add: noted, restore: noted },
  statements: {
    add: ([collectionId, personId], { statement, alreadyStated, revoked }) => {
      if (alreadyStated) return undefined
      const { kind, id, faceId } = statement
      const subjects = {
        persons: [personId],
        faces: faceId === undefined ? [] : [faceId],
        statements: revoked === undefined ? [id] : [id, revoked.id],
      }
      const isRejection = kind === 'rejection'
      return {
        ...{ kind: isRejection ? 'rejectionStated' : 'confirmationStated', collectionId, subjects },
      }
    },
    revoke: ([collectionId, id]) => ({
      ...{ kind: 'statementRevoked', collectionId, ...about('statements', [id]) },
    }),
  },
  history: {
    undo: noted,
    eraseTrash: ([removedBefore], records) =>
      records === 0 ? undefined : { kind: 'trashErased', details: { records, removedBefore } },
    expire: ([before], entries) =>
      entries === 0 ? undefined : { kind: 'historyExpired', details: { entries, before } },
  },
  secondModels: {
    begin: ([collectionId, { modelId: model }]) => ({
      ...{ kind: 'secondModelBegun', collectionId, details: { model } },
    }),
    fill: ([{ id: collectionId, modelId: model }], faces) =>
      faces === 0
        ? undefined
        : { kind: 'secondModelFilled', collectionId, details: { model, faces } },
    switchTo: ([{ id: collectionId }], changed) =>
      changed && {
        ...{ kind: 'secondModelSwitched', collectionId, details: { model: changed.modelId } },
      },
    end: ([{ id: collectionId, second }], changed) =>
      changed && {
        ...{ kind: 'secondModelEnded', collectionId, details: { model: second?.modelId } },
      },
    erase: ([{ id: collectionId, modelId: model }], faces) =>
      faces === 0
        ? undefined
        : { kind: 'embeddingsErased', collectionId, details: { model, faces } },
  },
  transfer: {
    restoreCollection: ([{ id, modelId: model }]) => ({
      ...{ kind: 'collectionRestored', collectionId: id, ...about('collections', [id]) },
      details: { model },
    }),
    restorePersons: ([collectionId, persons]) => ({
      ...{ kind: 'personsRestored', collectionId, details: { persons: persons.length } },
      ...about('persons', toIds(persons)),
    }),
    restoreFaces: ([collectionId, faces]) => ({
      ...{ kind: 'facesRestoredFromExport', collectionId, details: { faces: faces.length } },
      ...about('persons', toPersonIds(faces)),
    }),
    restoreStatements: ([collectionId, statements]) => ({
      ...{ kind: 'statementsRestored', collectionId, details: { statements: statements.length } },
      ...about('persons', toPersonIds(statements)),
    }),
  },
  answers: {
    claim: { because: 'What the request changes has entries of its own.' },
    complete: { because: 'What the request changed has entries of its own.' },
  },
  keys: {
    create: (_, { id, scopes, collectionIds = [], expiresAt }) => ({
      kind: 'keyCreated',
      subjects: { keys: [id], collections: collectionIds },
      details: { scopes, expiresAt },
    }),
    touch: { because: 'What is done with a key has entries of its own.' },
    rotate: ([id], { id: next, scopes, collectionIds = [], expiresAt }) => ({
      kind: 'keyRotated',
      subjects: { keys: [id, next], collections: collectionIds },
      details: { scopes, expiresAt },
    }),
    revoke: ([id]) => ({ kind: 'keyRevoked', ...about('keys', [id]) }),
    remove: ([id]) => ({ kind: 'keyRemoved', ...about('keys', [id]) }),
  },
  sessions: {
    create: (_, { id }) => ({ kind: 'sessionCreated', ...about('sessions', [id]) }),
    touch: { because: 'What is done with a session has entries of its own.' },
    end: ([id]) => ({ kind: 'sessionEnded', ...about('sessions', [id]) }),
    endAll: (_, sessions) =>
      sessions === 0 ? undefined : { kind: 'sessionsEnded', details: { sessions } },
    expire: { because: 'Their time is over, as it was set when they were made.' },
  },
  jobs: {
    create: (_, { id, kind: job, collectionId }) => ({
      ...{ kind: 'jobCreated', collectionId, ...about('jobs', [id]), details: { job } },
    }),
    claim: { because: 'Which node works on a job is no change of what anybody has.' },
    save: { because: 'What a job changes on its way has entries of its own.' },
    putPart: { because: 'What is made of the file has entries of its own.' },
    end: { because: 'What a job changed has entries of its own; how it ended stands in the job.' },
    ask: ([id, state], { collectionId }) => ({
      ...{ kind: 'jobAsked', collectionId, ...about('jobs', [id]), details: { state } },
    }),
    remove: ([id]) => ({ kind: 'jobRemoved', ...about('jobs', [id]) }),
    expire: ([endedBefore], jobs) =>
      jobs === 0 ? undefined : { kind: 'jobsExpired', details: { jobs, endedBefore } },
  },
  strangers: {
    record: ([collectionId], ids) =>
      ids.length === 0
        ? undefined
        : { kind: 'strangersRecorded', collectionId, details: { sightings: ids.length } },
    claim: { because: 'Which node puts sightings to strangers is no change of what anybody has.' },
    place: { because: 'It orders sightings whose keeping has an entry of its own.' },
    setIgnored: ([collectionId, , ignored], ids) =>
      ids.length === 0
        ? undefined
        : {
            ...{ kind: ignored ? 'strangersIgnored' : 'strangersShown', collectionId },
            ...about('strangers', ids),
          },
    assign: ([collectionId], { id, personId = '' }) => ({
      ...{ kind: 'strangerAssigned', collectionId },
      subjects: { strangers: [id], persons: [personId] },
    }),
    unassign: ([collectionId], { id }) => ({
      ...{ kind: 'strangerUnassigned', collectionId, ...about('strangers', [id]) },
    }),
    discard: ([collectionId], ids) =>
      ids.length === 0
        ? undefined
        : { kind: 'strangersDiscarded', collectionId, ...about('strangers', ids) },
    forget: ([collectionId], sightings) =>
      sightings === 0
        ? undefined
        : { kind: 'sightingsForgotten', collectionId, details: { sightings } },
    expire: ([collectionId, { seenBefore }], sightings) =>
      sightings === 0
        ? undefined
        : { kind: 'sightingsExpired', collectionId, details: { sightings, seenBefore } },
  },
  audit: {
    append: { because: 'It enters what it is given.' },
    seal: { because: 'It enters the seal itself.' },
  },
}

function toIds(records: readonly { readonly id: string }[]): readonly string[] {
  return records.map(({ id }) => id)
}

function toPersonIds(records: readonly { readonly personId: string }[]): readonly string[] {
  return [...new Set(records.map(({ personId }) => personId))]
}

type Rule = Told<readonly unknown[], unknown> | Unaudited

const byName: ReadonlyMap<string, Rule> = new Map(
  Object.entries(rules).flatMap(([aggregate, its]) =>
    Object.entries(its).map(([method, rule]) => [`${aggregate}.${method}`, rule as Rule]),
  ),
)

/** Whether a method enters what it does; see [Note: Audit rules]. */
export function isAudited(name: string): boolean {
  return typeof byName.get(name) === 'function'
}

/** Why a method that writes enters nothing; `undefined` of all others. */
export function whyUnaudited(name: MethodName): string | undefined {
  const rule = byName.get(name)
  return typeof rule === 'object' ? rule.because : undefined
}

/** What a call that went well enters, besides what the method notes itself. */
export function toAuditEvents(
  name: string,
  parameters: readonly unknown[],
  answer: unknown,
): readonly AuditEvent[] {
  const rule = byName.get(name)
  if (typeof rule !== 'function') return []
  const told = rule(parameters, answer)
  if (told === undefined) return []
  return Array.isArray(told) ? (told as readonly AuditEvent[]) : [told as AuditEvent]
}
