import { isFaceError } from '../../core/errors.ts'
import type {
  MergeConsequences,
  MergeInput,
  Person,
  PersonPatch,
  PersonStore,
} from '../ports/persons.ts'
import { toFaceChange, toPersonChanges, toPersonRemoved, withoutPersons } from '../rules/history.ts'
import {
  assertAllFound,
  assertCover,
  assertFewFaces,
  assertMerge,
  mergeFields,
} from '../rules/merge.ts'
import { giveAside, readAsideIds } from './aside-faces.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import { appendEntry, scrubHistory } from './history-rows.ts'
import { moveAnswers } from './idempotency.ts'
import { giveFaces, readSources, sourceColumn } from './moves.ts'
import { changePerson, findPerson, type Merges, withStoredCover } from './persons.ts'
import { readText } from './rows.ts'
import { mergeStrangers } from './stranger-persons.ts'
import { removeFaces, removePersons } from './trash.ts'
import { copyStatements, revokeOwnRejections } from './trashed-statements.ts'

interface Plan extends Omit<MergeConsequences, 'movedFaces'> {
  readonly patch: PersonPatch
  /** The one who survives, as before. */
  readonly into: Person
  readonly moved: readonly { readonly id: string; readonly from: string }[]
  readonly same: readonly { readonly id: string; readonly from: string }[]
}

/** Merging persons, as {@link PersonStore} says. */
export function createMergeOperations(
  context: StoreContext,
): Synchronous<Pick<PersonStore, Merges>> {
  const { db } = context

  function plan(collectionId: string, input: MergeInput): Plan {
    assertMerge(input)
    findCollection(context, collectionId)
    const found = findPersons(context, collectionId, [input.into, ...input.from])
    assertAllFound(input, found)
    const into = found.get(input.into) as Person
    const merged = input.from.map((id) => found.get(id) as Person)
    assertFewFaces(merged)
    const sources = new Set(readSources(context, into.id))
    const moved: { id: string; from: string }[] = []
    const same: { id: string; from: string }[] = []
    for (const { id: from } of merged) {
      const rows = db.all(`SELECT id, ${sourceColumn} FROM faces WHERE person_id = ? ORDER BY id`, [
        from,
      ])
      for (const row of rows) {
        const source = readText(row, 'source')
        const list = sources.has(source) ? same : moved
        list.push({ id: readText(row, 'id'), from })
        sources.add(source)
      }
    }
    assertCover(input, [...readIds(context, into.id), ...moved.map(({ id }) => id)])
    const { person, patch, lost } = mergeFields(input, into, merged)
    const faceCount = into.faceCount + moved.length
    const sameImageFaces = same.map(({ id }) => id)
    return {
      into,
      patch,
      person: { ...person, faceCount },
      merged,
      moved,
      same,
      sameImageFaces,
      lost,
    }
  }

  function toConsequences({
    person,
    merged,
    moved,
    sameImageFaces,
    lost,
  }: Plan): MergeConsequences {
    return { person, merged, movedFaces: moved.length, sameImageFaces, lost }
  }

  return {
    mergeConsequences: (collectionId, input) => toConsequences(plan(collectionId, input)),

    merge(collectionId, input, { undoable = false } = {}) {
      const planned = plan(collectionId, input)
      const { into, merged, moved, same, patch } = planned
      // The cover may be of a face that is another person's now, and comes back with it.
      const was = input.coverFaceId === undefined ? into : withStoredCover(context, into)
      const changes = toPersonChanges(was, planned.person)
      const aside = merged.flatMap(({ id: from }) =>
        readAsideIds(context, from).map((id) => ({ id, from, personId: into.id })),
      )
      const entry = appendEntry(context, collectionId, {
        kind: 'personsMerged',
        transitions: [
          ...(undoable ? changes : withoutPersons(changes, new Set([into.id]))),
          ...merged.map(toPersonRemoved),
          ...moved.map(({ id, from }) => toFaceChange(id, { from, to: into.id })),
          ...same.map(({ id, from }) => toFaceChange(id, { from })),
          ...aside.map(({ id, from, personId }) =>
            toFaceChange(id, {
              from: { personId: from, setAside: true },
              to: { personId, setAside: true },
            }),
          ),
        ],
      })
      // Earlier entries have what the person was called, too.
      if (!undoable) scrubHistory(db, new Set([into.id]))
      const removal = { collectionId, ...(undoable ? { entryId: entry?.id } : {}) }
      removeFaces(context, removal, planned.sameImageFaces)
      giveFaces(
        context,
        moved.map((face) => ({ ...face, personId: into.id })),
      )
      giveAside(context, aside)
      revokeOwnRejections(context, removal, [into.id])
      const mergedIds = merged.map(({ id }) => id)
      moveAnswers(context, {
        faces: [],
        persons: mergedIds.map((id) => ({ id, personId: into.id })),
      })
      for (const from of mergedIds) copyStatements(context, { from, to: into.id })
      // The originals are kept; copies that mean nothing any more are not.
      revokeOwnRejections(context, { collectionId }, [into.id])
      if (entry) mergeStrangers(context, { entryId: entry.id, from: mergedIds, to: into.id })
      removePersons(context, removal, mergedIds)
      const survivor = findPerson(context, collectionId, into.id)
      const person = changePerson(context, collectionId, { person: survivor, patch })
      return { ...toConsequences(planned), person, entryId: entry?.id ?? '' }
    },
  }
}

function readIds({ db }: StoreContext, personId: string): readonly string[] {
  const rows = db.all('SELECT id FROM faces WHERE person_id = ?', [personId])
  return rows.map((row) => readText(row, 'id'))
}

/** Those of the persons who are there, by id. */
export function findPersons(
  context: StoreContext,
  collectionId: string,
  personIds: Iterable<string>,
): ReadonlyMap<string, Person> {
  const found = new Map<string, Person>()
  for (const id of personIds) {
    try {
      found.set(id, findPerson(context, collectionId, id))
    } catch (error) {
      if (!isFaceError(error, 'personNotFound')) throw error
    }
  }
  return found
}
