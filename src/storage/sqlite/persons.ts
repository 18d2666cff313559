import { FaceError } from '../../core/errors.ts'
import type { Transition } from '../ports/history.ts'
import type { NewPerson, Person, PersonPatch, PersonStore } from '../ports/persons.ts'
import { assertGiven, assertWithdrawalStays } from '../rules/consent-fields.ts'
import {
  toEntryId,
  toFaceChange,
  toPersonChanges,
  toPersonMade,
  toPersonRemoved,
  withoutPersons,
} from '../rules/history.ts'
import { isUlid } from '../rules/pages.ts'
import {
  assertWays,
  choosePerson,
  externalIdTaken,
  mayMeanSomebody,
  type Namesakes,
  namesakesRead,
} from '../rules/person-by-name.ts'
import { toStoredExternalId, toStoredName } from '../rules/person-fields.ts'
import {
  applyPatch,
  assertCondition,
  toStoredFields,
  toStoredNames,
} from '../rules/person-record.ts'
import { readAsideIds } from './aside-faces.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import { appendEntry, scrubHistory } from './history-rows.ts'
import { retellAnswers } from './idempotency.ts'
import { listPersons } from './person-lists.ts'
import { personColumns, readPerson, readText } from './rows.ts'
import { forgetPersons, isKeptPerson, removeFaces, removePersons } from './trash.ts'
import { toWordBits } from './word-bits.ts'

/** The methods that are in merges.ts. */
export type Merges = 'merge' | 'mergeConsequences'

/** @throws {FaceError} `personNotFound` */
export function findPerson(context: StoreContext, collectionId: string, personId: string): Person {
  // An id of another form cannot have been stored; it may hold what SQL text cannot, such as NUL.
  const row = isUlid(personId)
    ? context.db.get(`SELECT ${personColumns} FROM persons WHERE id = ? AND collection_id = ?`, [
        personId,
        collectionId,
      ])
    : undefined
  if (!row) throw new FaceError('personNotFound')
  return readPerson(row, context.onUnreadableMetadata)
}

/**
 * The person of this external id or name where one is reused, or a new one. Runs in a transaction that
 * no other writer is in, so nobody can make one in between.
 *
 * @throws {FaceError} as {@link PersonStore.create}
 */
export function obtainPerson(
  context: StoreContext,
  collectionId: string,
  input: NewPerson,
): Obtained {
  findCollection(context, collectionId)
  assertWays(input)
  const found = choosePerson(input, findNamesakes(context, collectionId, input))
  if (found === undefined) {
    const made = insertPerson(context, collectionId, input)
    return { person: made, isNew: true, transitions: [toPersonMade(made)] }
  }
  const person = findPerson(context, collectionId, found)
  const { externalId } = input
  if (externalId === undefined || person.externalId !== undefined) {
    return { person, isNew: false, transitions: [] }
  }
  const changed = changePerson(context, collectionId, { person, patch: { externalId } })
  return { person: changed, isNew: false, transitions: toPersonChanges(person, changed) }
}

/** A person who was found or made, and what that changed, for the history. */
export interface Obtained {
  readonly person: Person
  readonly isNew: boolean
  readonly transitions: readonly Transition[]
}

function findNamesakes(context: StoreContext, collectionId: string, input: NewPerson): Namesakes {
  const { name, externalId } = input
  if (!mayMeanSomebody(input)) return { ofExternalId: undefined, ofName: [] }
  const without = externalId === undefined ? '' : 'AND external_id IS NULL '
  const rows = context.db.all(
    `SELECT id FROM persons WHERE collection_id = ? AND name = ? ${without}ORDER BY id LIMIT ?`,
    [collectionId, toStoredName(name), namesakesRead],
  )
  return {
    ofExternalId:
      externalId === undefined ? undefined : findByExternalId(context, collectionId, externalId),
    ofName: rows.map((row) => readText(row, 'id')),
  }
}

/** @returns the person's id */
function findByExternalId(
  { db }: StoreContext,
  collectionId: string,
  externalId: string,
): string | undefined {
  const row = db.get('SELECT id FROM persons WHERE collection_id = ? AND external_id = ?', [
    collectionId,
    toStoredExternalId(externalId),
  ])
  return row && readText(row, 'id')
}

function insertPerson(context: StoreContext, collectionId: string, input: NewPerson): Person {
  const id = context.newId()
  const now = context.now()
  assertGiven(input.consent, now)
  writePerson(context, collectionId, { ...input, id, revision: 1, createdAt: now, updatedAt: now })
  return findPerson(context, collectionId, id)
}

/** A person as it is written. */
export type WrittenPerson = Omit<NewPerson, 'ifExists' | 'onAmbiguous'> &
  Pick<Person, 'id' | 'coverFaceId' | 'revision' | 'lastSeenAt' | 'createdAt' | 'updatedAt'>

/**
 * Writes a person. Nothing happens when its id is there.
 *
 * @throws {FaceError} `invalidName`, `invalidMetadata`, `invalidOption`, `externalIdTaken`
 */
export function writePerson(
  context: StoreContext,
  collectionId: string,
  person: WrittenPerson,
): void {
  const { id, revision, lastSeenAt = '', createdAt, updatedAt } = person
  const { name, aliases, folded, words, sortName } = toStoredNames(person)
  const fields = toStoredFields(person, updatedAt)
  const { externalId, notes, coverFaceId, metadata, hidden, favourite, consent } = fields
  assertFreeExternalId(context, collectionId, { id, externalId })
  context.db.run(
    'INSERT INTO persons (id, collection_id, name, aliases, name_folded, words, word_bits, ' +
      'sort_name, external_id, notes, cover_face_id, metadata, hidden, favourite, revision, ' +
      'last_seen_at, created_at, updated_at, consent) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
    [
      ...[id, collectionId, name, JSON.stringify(aliases), folded, JSON.stringify(words)],
      ...[toWordBits(words), sortName, externalId, notes, coverFaceId, metadata],
      ...[Number(hidden), Number(favourite), revision, lastSeenAt, createdAt, updatedAt],
      consent && JSON.stringify(consent),
    ],
  )
}

/** @throws {FaceError} `externalIdTaken` when it is another person's */
export function assertFreeExternalId(
  context: StoreContext,
  collectionId: string,
  { id, externalId }: { readonly id: string; readonly externalId: string | null },
): void {
  if (externalId === null) return
  const owner = findByExternalId(context, collectionId, externalId)
  if (owner !== undefined && owner !== id) throw externalIdTaken(owner)
}

/**
 * The person with the cover as it is stored: the history tells of that one, which counts again as soon as
 * its face is the person's again.
 */
export function withStoredCover({ db }: StoreContext, person: Person): Person {
  const row = db.get('SELECT cover_face_id FROM persons WHERE id = ?', [person.id])
  const stored = row?.cover_face_id ?? null
  return stored === null ? person : { ...person, coverFaceId: String(stored) }
}

/**
 * Changes a person who was read in the same transaction.
 *
 * @param change `isUndo`: a cover whose face is not the person's now is stored all the same, and counts
 *   when it is
 * @throws {FaceError} as {@link PersonStore.update}
 */
export function changePerson(
  context: StoreContext,
  collectionId: string,
  change: { readonly person: Person; readonly patch: PersonPatch; readonly isUndo?: boolean },
): Person {
  const { person, patch, isUndo = false } = change
  const { id } = person
  const now = context.now()
  const { names, fields } = applyPatch(person, patch, now)
  const { externalId, notes, coverFaceId, metadata = null, hidden, favourite, consent } = fields
  assertFreeExternalId(context, collectionId, { id, externalId })
  if (!isUndo && coverFaceId !== undefined && coverFaceId !== null) {
    assertFaceOf(context, { personId: id, faceId: coverFaceId })
  }
  // What is not given stays as it is stored, also metadata that cannot be read.
  context.db.run(
    'UPDATE persons SET name = ?, aliases = ?, name_folded = ?, words = ?, word_bits = ?, ' +
      'sort_name = ?, external_id = ?, notes = ?, cover_face_id = iif(?, ?, cover_face_id), ' +
      'metadata = coalesce(?, metadata), hidden = ?, favourite = ?, consent = ?, ' +
      'revision = revision + 1, updated_at = ? WHERE id = ?',
    [
      ...[names.name, JSON.stringify(names.aliases), names.folded, JSON.stringify(names.words)],
      ...[
        toWordBits(names.words),
        names.sortName,
        externalId,
        notes,
        Number(coverFaceId !== undefined),
      ],
      ...[coverFaceId ?? null, metadata, Number(hidden), Number(favourite)],
      ...[consent && JSON.stringify(consent), now, id],
    ],
  )
  const updated = findPerson(context, collectionId, id)
  retellAnswers(context, updated)
  return updated
}

function assertFaceOf(
  { db }: StoreContext,
  { personId, faceId }: { readonly personId: string; readonly faceId: string },
): void {
  const found =
    isUlid(faceId) &&
    db.get('SELECT 1 FROM faces WHERE id = ? AND person_id = ?', [faceId, personId])
  if (!found) throw new FaceError('faceNotFound', { detail: 'The cover is a face of the person.' })
}

/** Persons, as {@link import('../database.ts').Database} says. */
export function createPersonOperations(
  context: StoreContext,
): Synchronous<Omit<PersonStore, Merges>> {
  const { db } = context
  return {
    create(collectionId, input) {
      const { person, isNew, transitions } = obtainPerson(context, collectionId, input)
      const kind = isNew ? 'personCreated' : 'personUpdated'
      appendEntry(context, collectionId, { kind, transitions })
      return person
    },

    get: (collectionId, personId) => findPerson(context, collectionId, personId),
    list: (collectionId, options = {}) => listPersons(context, collectionId, options),

    update(collectionId, personId, patch, { undoable = true, ...condition } = {}) {
      const person = findPerson(context, collectionId, personId)
      assertCondition(person, condition)
      assertWithdrawalStays(person, patch)
      const was = patch.coverFaceId === undefined ? person : withStoredCover(context, person)
      const changed = changePerson(context, collectionId, { person, patch })
      const changes = toPersonChanges(was, changed)
      const transitions = undoable ? changes : withoutPersons(changes, new Set([personId]))
      const entry = appendEntry(context, collectionId, { kind: 'personUpdated', transitions })
      // Earlier entries have what the person was called, too.
      if (!undoable) scrubHistory(context.db, new Set([personId]))
      return { ...changed, ...toEntryId(entry) }
    },

    delete(collectionId, personId, { undoable = false, ...condition } = {}) {
      if (!undoable && isKeptPerson(context, collectionId, personId)) {
        forgetPersons(context, [personId])
        return {}
      }
      const person = findPerson(context, collectionId, personId)
      assertCondition(person, condition)
      const faceIds = db
        .all('SELECT id FROM faces WHERE person_id = ? ORDER BY id', [personId])
        .map((row) => readText(row, 'id'))
      const entry = appendEntry(context, collectionId, {
        kind: 'personDeleted',
        transitions: [
          toPersonRemoved(person),
          ...faceIds.map((faceId) => toFaceChange(faceId, { from: personId })),
          ...readAsideIds(context, personId).map((faceId) =>
            toFaceChange(faceId, { from: { personId, setAside: true } }),
          ),
        ],
      })
      const removal = { collectionId, ...(undoable ? { entryId: entry?.id } : {}) }
      removeFaces(context, removal, faceIds)
      removePersons(context, removal, [personId])
      return { entryId: entry?.id }
    },

    seen(collectionId, entries) {
      for (const { personId, at } of entries) {
        if (!isUlid(personId)) continue
        db.run(
          'UPDATE persons SET last_seen_at = ? ' +
            'WHERE id = ? AND collection_id = ? AND last_seen_at < ?',
          [at, personId, collectionId, at],
        )
      }
    },
  }
}
