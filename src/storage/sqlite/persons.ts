import { FaceError } from '../../core/errors.ts'
import type { NewPerson, Person, PersonStore } from '../ports/persons.ts'
import { isUlid, parsePageOptions, toMeasuredPage, toPersonLength } from '../rules/pages.ts'
import { choosePersonOfName, namesakesRead } from '../rules/person-by-name.ts'
import { foldName, toMetadataJson, toStoredName } from '../rules/person-fields.ts'
import { appendChange } from './changes.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import { retellAnswers } from './idempotency.ts'
import type { SqlValue } from './libsql.ts'
import { personColumns, readPerson, readText } from './rows.ts'

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
 * The person of this name where one is reused, or a new one. Runs in a transaction that no other
 * writer is in, so nobody can make one in between.
 *
 * @throws {FaceError} `collectionNotFound`, `invalidName`, `invalidMetadata`, `invalidOption`
 */
export function obtainPerson(
  context: StoreContext,
  collectionId: string,
  input: NewPerson,
): { readonly person: Person; readonly isNew: boolean } {
  findCollection(context, collectionId)
  const found = choosePersonOfName(input, findNamesakes(context, collectionId, input))
  if (found === undefined) {
    return { person: insertPerson(context, collectionId, input), isNew: true }
  }
  return { person: findPerson(context, collectionId, found), isNew: false }
}

function findNamesakes(
  { db }: StoreContext,
  collectionId: string,
  { name, ifExists = 'create' }: NewPerson,
): readonly string[] {
  if (ifExists === 'create') return []
  const sql = 'SELECT id FROM persons WHERE collection_id = ? AND name = ? ORDER BY id LIMIT ?'
  return db
    .all(sql, [collectionId, toStoredName(name), namesakesRead])
    .map((row) => readText(row, 'id'))
}

function insertPerson(context: StoreContext, collectionId: string, input: NewPerson): Person {
  const id = context.newId()
  const now = context.now()
  const metadata = input.metadata ?? {}
  writePerson(context, collectionId, {
    id,
    name: input.name,
    metadata,
    createdAt: now,
    updatedAt: now,
  })
  return findPerson(context, collectionId, id)
}

/**
 * Writes a person. Nothing happens when its id is there.
 *
 * @throws {FaceError} `invalidName`, `invalidMetadata`
 */
export function writePerson(
  context: StoreContext,
  collectionId: string,
  person: Omit<Person, 'faceCount'>,
): void {
  const name = toStoredName(person.name)
  context.db.run(
    'INSERT INTO persons (id, collection_id, name, name_folded, metadata, created_at, updated_at) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    [
      person.id,
      collectionId,
      name,
      foldName(name),
      toMetadataJson(person.metadata),
      person.createdAt,
      person.updatedAt,
    ],
  )
}

/** Persons, as {@link import('../database.ts').Database} says. */
export function createPersonOperations(context: StoreContext): Synchronous<PersonStore> {
  const { db } = context
  return {
    create: (collectionId, input) => obtainPerson(context, collectionId, input).person,
    get: (collectionId, personId) => findPerson(context, collectionId, personId),

    list(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('persons', options)
      const conditions = ['collection_id = ?', 'id > ?']
      const parameters: SqlValue[] = [collectionId, after]
      if (options.name !== undefined) {
        // No stored name has a NUL, and SQL text cannot carry one.
        if (options.name.includes('\0')) return { items: [] }
        // instr, not LIKE: % and _ are ordinary characters of names.
        conditions.push('instr(name_folded, ?) > 0')
        parameters.push(foldName(options.name))
      }
      if (options.exactName !== undefined) {
        if (options.exactName.includes('\0')) return { items: [] }
        conditions.push('name = ?')
        parameters.push(options.exactName.trim().normalize('NFC'))
      }
      const rows = db.all(
        `SELECT ${personColumns} FROM persons WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT ?`,
        [...parameters, limit + 1],
      )
      const persons = rows.map((row) => readPerson(row, context.onUnreadableMetadata))
      // The stored text tells how long the metadata are; nothing is written as JSON to be measured.
      const lengthOf = (person: Person, index: number) =>
        toPersonLength(person, String(rows[index]?.metadata ?? '').length)
      return toMeasuredPage('persons', persons, { limit, lengthOf })
    },

    update(collectionId, personId, patch) {
      const person = findPerson(context, collectionId, personId)
      const name = patch.name === undefined ? person.name : toStoredName(patch.name)
      // What is not given stays as it is stored, also metadata that cannot be read.
      const metadata = patch.metadata === undefined ? null : toMetadataJson(patch.metadata)
      db.run(
        'UPDATE persons SET name = ?, name_folded = ?, metadata = coalesce(?, metadata), ' +
          'updated_at = ? WHERE id = ?',
        [name, foldName(name), metadata, context.now(), personId],
      )
      const updated = findPerson(context, collectionId, personId)
      retellAnswers(context, updated)
      return updated
    },

    delete(collectionId, personId) {
      findPerson(context, collectionId, personId)
      for (const row of db.all('SELECT id FROM faces WHERE person_id = ? ORDER BY id', [
        personId,
      ])) {
        appendChange(context, { kind: 'faceRemoved', collectionId, faceId: readText(row, 'id') })
      }
      db.run('DELETE FROM persons WHERE id = ?', [personId])
    },
  }
}
