import { FaceError } from '../../core/errors.ts'
import type { HistoryEntry, HistoryKind, RecordState, Transition } from '../ports/history.ts'
import type { Person } from '../ports/persons.ts'

type Fields = Readonly<Record<string, unknown>>

/** What of a person is told by others than the person's record, or changes with every write. */
const notStated: ReadonlySet<string> = new Set([
  'id',
  'faceCount',
  'shownFaceId',
  'createdAt',
  'updatedAt',
  'revision',
  'lastSeenAt',
])

/** The fields of a person that an entry may tell of; those without a value are `null`. */
export function toPersonState(person: Person): Fields {
  return Object.fromEntries(
    Object.entries(person).flatMap(([field, value]) =>
      notStated.has(field) ? [] : [[field, value ?? null]],
    ),
  )
}

/** Whether two values are the same as JSON, whatever the order of keys. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return toOrderedJson(a ?? null) === toOrderedJson(b ?? null)
}

function toOrderedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** The transition of a person whose fields changed; none when none did. */
export function toPersonChanges(was: Person, is: Person): readonly Transition[] {
  const before = toPersonState(was)
  const after = toPersonState(is)
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changed = fields.filter((field) => !isSameJson(before[field], after[field]))
  if (changed.length === 0) return []
  const pick = (state: Fields) =>
    Object.fromEntries(changed.map((field) => [field, state[field] ?? null]))
  return [{ record: 'person', id: was.id, before: pick(before), after: pick(after) }]
}

/** The transition of a person who is made. */
export function toPersonMade({ id, name }: Pick<Person, 'id' | 'name'>): Transition {
  return { record: 'person', id, before: null, after: { name } }
}

/** The transition of a person who is removed. */
export function toPersonRemoved({ id, name }: Pick<Person, 'id' | 'name'>): Transition {
  return { record: 'person', id, before: { name }, after: null }
}

/** Whose a face is, and whether it is set aside. */
export interface FaceState {
  readonly personId: string
  readonly setAside?: boolean
}

/** The transition of a face; without a person it was not, or is not, there. */
export function toFaceChange(
  faceId: string,
  { from, to }: { readonly from?: string | FaceState; readonly to?: string | FaceState },
): Transition {
  return { record: 'face', id: faceId, before: toRecordState(from), after: toRecordState(to) }
}

function toRecordState(state: string | FaceState | undefined): RecordState {
  if (state === undefined) return null
  if (typeof state === 'string') return { personId: state }
  const { personId, setAside } = state
  return setAside ? { personId, setAside } : { personId }
}

/** How a face is in a state; `undefined` where it was not there. */
export function toFaceState(state: RecordState): FaceState | undefined {
  const personId = state?.personId
  if (typeof personId !== 'string') return undefined
  return { personId, setAside: state?.setAside === true }
}

/** What an enrolment was, of which some faces may have been there, or all. */
export function toEnrolmentKind(added: number, newPerson: boolean): HistoryKind {
  if (added > 0) return 'facesAdded'
  return newPerson ? 'personCreated' : 'personUpdated'
}

/** What an entry says of its transitions. */
export function summarizeTransitions(
  transitions: readonly Transition[],
): Pick<HistoryEntry, 'personIds' | 'faceCount'> {
  const personIds = new Set<string>()
  let faceCount = 0
  for (const { record, id, before, after } of transitions) {
    if (record === 'person') personIds.add(id)
    else faceCount++
    for (const state of [before, after]) {
      const face = record === 'face' ? toFaceState(state) : undefined
      if (face !== undefined) personIds.add(face.personId)
    }
  }
  return { personIds: [...personIds], faceCount }
}

/** The transitions without what they say of these persons beyond that they were there. */
export function withoutPersons(
  transitions: readonly Transition[],
  personIds: ReadonlySet<string>,
): readonly Transition[] {
  const bare = (state: RecordState): RecordState => (state === null ? null : {})
  return transitions.map((transition) =>
    transition.record === 'person' && personIds.has(transition.id)
      ? { ...transition, before: bare(transition.before), after: bare(transition.after) }
      : transition,
  )
}

/** What an answer says of the entry that was written; nothing where nothing changed. */
export function toEntryId(entry: Pick<HistoryEntry, 'id'> | undefined): {
  readonly entryId?: string
} {
  return entry === undefined ? {} : { entryId: entry.id }
}

/** @param reason  a plain sentence */
export function refuseUndo(reason: string, info: Fields = {}): FaceError {
  return new FaceError('undoRefused', { detail: reason, info })
}
