import type { Consent } from '../../core/consent.ts'
import { isFaceError } from '../../core/errors.ts'
import type { HistoryDetails, RecordState, Transition } from '../ports/history.ts'
import type { Person, PersonPatch } from '../ports/persons.ts'
import { isSameJson, refuseUndo, toFaceState, toPersonState } from './history.ts'

/** How the records of an entry are now. */
export interface UndoFacts {
  /** Those of the entry's persons who are there, with their numbers of faces. */
  readonly persons: ReadonlyMap<string, Person>
  /** The persons of those of its faces that are there. */
  readonly faces: ReadonlyMap<string, string>
  /** The persons, who are there, of those of its faces that are set aside. */
  readonly aside: ReadonlyMap<string, string>
  /** How many faces of its persons are set aside. */
  readonly asideCounts: ReadonlyMap<string, number>
  /** Ids of its records that were removed and are kept. */
  readonly kept: ReadonlySet<string>
}

type MovedFace = FaceAt & { readonly from: string }

interface FaceAt {
  readonly id: string
  readonly personId: string
}

/**
 * What takes an entry back, to be done in this order: an external id is free only once who had it is
 * gone, and a face comes only to a person who is there.
 */
export interface UndoPlan {
  readonly removedFaces: readonly FaceAt[]
  /** To persons who are there. */
  readonly movedFaces: readonly MovedFace[]
  readonly removedPersons: readonly string[]
  /** Fields that get the value they had; the cover at last, when its face is there. */
  readonly changedPersons: readonly {
    readonly person: Person
    readonly fields: PersonPatch
  }[]
  readonly restoredPersons: readonly string[]
  /** To persons who were restored. */
  readonly returnedFaces: readonly MovedFace[]
  readonly restoredFaces: readonly FaceAt[]
  /** Faces that are set aside. */
  readonly setAsideFaces: readonly FaceAt[]
  /** Faces that are set aside and get another person, who may be restored. */
  readonly movedAside: readonly MovedFace[]
  /** Faces that were set aside and are put back. */
  readonly takenBack: readonly FaceAt[]
  /** Those of the new entry. */
  readonly transitions: readonly Transition[]
}

/**
 * What takes an entry back.
 *
 * @throws {FaceError} `undoRefused` with the reason when something is not as the entry left it
 */
export function planUndo(entry: HistoryDetails, facts: UndoFacts): UndoPlan {
  if (entry.undoneBy !== undefined) {
    throw refuseUndo(
      `It was undone already, by entry ${entry.undoneBy}. To have it again, undo that one.`,
      { entryId: entry.undoneBy },
    )
  }
  const transitions = entry.transitions.map(
    ({ before, after, ...rest }): Transition => ({ ...rest, before: after, after: before }),
  )
  const persons = transitions.filter(({ record }) => record === 'person')
  const faces = transitions.filter(({ record }) => record === 'face')
  const restoredPersons = persons.filter(({ before }) => before === null).map(({ id }) => id)
  const removedPersons = persons.filter(({ after }) => after === null).map(({ id }) => id)
  for (const id of restoredPersons) assertRestorable('person', id, facts)

  const { removedAside, ...plan } = planFaces(faces, {
    facts,
    restored: new Set(restoredPersons),
  })
  const leaving = countBy([
    ...[...plan.removedFaces, ...removedAside].map(({ personId }) => personId),
    ...[...plan.movedFaces, ...plan.returnedFaces, ...plan.movedAside].map(({ from }) => from),
  ])
  for (const id of removedPersons) {
    const faceCount = findPerson(id, facts).faceCount + (facts.asideCounts.get(id) ?? 0)
    if (faceCount > (leaving.get(id) ?? 0)) {
      throw refuseUndo('The person has other faces by now.', { personId: id })
    }
  }
  const changed = persons.filter(({ before, after }) => before !== null && after !== null)
  const changedPersons = changed.map((transition) => {
    // What a merge took from another person goes back with it.
    if (entry.kind !== 'personsMerged') assertConsentStays(transition)
    return toPersonFields(transition, facts)
  })
  return { ...plan, restoredPersons, removedPersons, changedPersons, transitions }
}

type FacePlan = Pick<
  UndoPlan,
  | 'removedFaces'
  | 'movedFaces'
  | 'returnedFaces'
  | 'restoredFaces'
  | 'setAsideFaces'
  | 'movedAside'
  | 'takenBack'
>

function planFaces(
  transitions: readonly Transition[],
  { facts, restored }: { readonly facts: UndoFacts; readonly restored: ReadonlySet<string> },
): FacePlan & { readonly removedAside: readonly FaceAt[] } {
  const removedFaces: FaceAt[] = []
  const movedFaces: MovedFace[] = []
  const returnedFaces: MovedFace[] = []
  const restoredFaces: FaceAt[] = []
  const setAsideFaces: FaceAt[] = []
  const movedAside: MovedFace[] = []
  const takenBack: FaceAt[] = []
  const removedAside: FaceAt[] = []
  for (const { id, before, after } of transitions) {
    const from = toFaceState(before)
    const to = toFaceState(after)
    if (from === undefined) assertRestorable('face', id, facts)
    else assertFaceAt({ id, ...from }, facts)
    if (to !== undefined && !restored.has(to.personId)) findPerson(to.personId, facts)
    if (from === undefined) {
      // What is set aside comes back with its person, with whom it was kept.
      if (to !== undefined && !to.setAside) restoredFaces.push({ id, personId: to.personId })
    } else if (to === undefined) {
      const gone = from.setAside ? removedAside : removedFaces
      gone.push({ id, personId: from.personId })
    } else if (from.setAside && to.setAside) {
      movedAside.push({ id, personId: to.personId, from: from.personId })
    } else if (from.setAside) takenBack.push({ id, personId: to.personId })
    else if (to.setAside) setAsideFaces.push({ id, personId: to.personId })
    else {
      const moved = restored.has(to.personId) ? returnedFaces : movedFaces
      moved.push({ id, personId: to.personId, from: from.personId })
    }
  }
  return {
    ...{ removedFaces, movedFaces, returnedFaces, restoredFaces },
    ...{ setAsideFaces, movedAside, takenBack, removedAside },
  }
}

function assertRestorable(record: 'person' | 'face', id: string, facts: UndoFacts): void {
  const there =
    record === 'person' ? facts.persons.has(id) : facts.faces.has(id) || facts.aside.has(id)
  if (facts.kept.has(id) && !there) return
  const reason = there ? 'is there again' : 'was erased'
  throw refuseUndo(`The ${record} ${reason}.`, { [`${record}Id`]: id })
}

function findPerson(id: string, { persons, kept }: UndoFacts): Person {
  const person = persons.get(id)
  if (person !== undefined) return person
  throw refuseUndo(
    kept.has(id)
      ? 'The person was deleted since, or merged into another one; undo that first.'
      : 'The person was erased.',
    { personId: id },
  )
}

function assertFaceAt(
  { id, personId, setAside = false }: FaceAt & { readonly setAside?: boolean },
  { faces, aside, kept }: UndoFacts,
): void {
  const [here, elsewhere] = setAside ? [aside, faces] : [faces, aside]
  const owner = here.get(id)
  if (owner === personId) return
  const undoThat = '; undo that first'
  const reason = (): string => {
    if (owner !== undefined) return `was moved to another person since${undoThat}`
    if (elsewhere.has(id)) return `was ${setAside ? 'put back' : 'set aside'} since${undoThat}`
    return kept.has(id) ? `was deleted since${undoThat}` : 'was erased'
  }
  throw refuseUndo(`A face ${reason()}.`, { faceId: id })
}

function toPersonFields(
  { id, before, after }: Transition,
  facts: UndoFacts,
): UndoPlan['changedPersons'][number] {
  const person = findPerson(id, facts)
  if (Object.keys(after ?? {}).length === 0) {
    throw refuseUndo('What was before was not kept.', { personId: id })
  }
  if (Object.keys(before ?? {}).length === 0 && Object.keys(after ?? {}).length === 0) {
    throw refuseUndo('What the person was before was erased.', { personId: id })
  }
  const present = toPersonState(person)
  for (const [field, value] of Object.entries(before ?? {})) {
    if (isSameJson(present[field], value)) continue
    const what = field === 'name' ? 'was renamed again' : `was changed again (${field})`
    throw refuseUndo(`The person ${what} since; undo that first.`, { personId: id, field })
  }
  return { person, fields: (after ?? {}) as PersonPatch }
}

/**
 * Who withdrew has to say yes again: no click on an undo makes a consent valid that had ended. The other
 * way round, a consent that was written down by mistake goes.
 */
function assertConsentStays({ id: personId, before, after }: Transition): void {
  const withdrawn = (state: RecordState) => (state?.consent as Consent | null)?.withdrawnAt
  if (withdrawn(before) === undefined || withdrawn(before) === withdrawn(after)) return
  throw refuseUndo('The consent was withdrawn; it has to be given again.', { personId })
}

/** How often each key is there. */
export function countBy(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** What an undo gives a person back before and after faces are there. */
export function splitCover({ coverFaceId, ...fields }: PersonPatch): {
  readonly fields: PersonPatch
  readonly cover: PersonPatch
} {
  return { fields, cover: coverFaceId === undefined ? {} : { coverFaceId } }
}

/** A refusal for what a store refuses when it gives a person back what it had. */
export function toUndoRefusal(error: unknown): unknown {
  if (isFaceError(error, 'externalIdTaken')) {
    return refuseUndo("The person's external id is another's by now.", error.info)
  }
  return isFaceError(error, 'faceNotFound')
    ? refuseUndo("The face that was the cover is not the person's any more.")
    : error
}
