import { FaceError, isFaceError } from '../core/errors.ts'
import { mapInOrder } from '../platform/concurrency/map-in-order.ts'
import type { Recorded } from '../storage/ports/history.ts'
import type {
  ChangedPerson,
  Metadata,
  Person,
  PersonCondition,
  PersonPatch,
  PersonStore,
  RemovalCondition,
} from '../storage/ports/persons.ts'
import { applyPatch } from '../storage/rules/person-record.ts'
import type { DeleteOptions } from './history.ts'

/** Persons of one call. */
export const maxBulkPersons = 1000

/** What is done with a person among many. */
export type PersonOperation =
  /** As `persons.delete` does; a dry run does not know of persons who were deleted before. */
  | ({ readonly kind: 'delete' } & DeleteOptions)
  | {
      readonly kind: 'update'
      /** As `persons.update` takes them; `metadata` replaces all. */
      readonly fields?: PersonPatch
      /** Keys that are added or replaced. */
      readonly setMetadata?: Metadata
      readonly removeMetadata?: readonly string[]
      /** Added to the list of texts `tags` of the metadata, each once. */
      readonly addTags?: readonly string[]
      readonly removeTags?: readonly string[]
    }

export interface BulkPersonEntry extends PersonCondition {
  readonly id: string
  readonly operation: PersonOperation
}

/** What became of a person. */
export type BulkPersonOutcome =
  | {
      readonly id: string
      readonly status: 'ok'
      /** As the person is now, or would be; absent when deleted. */
      readonly person?: Person
      /** The change in the history; absent when nothing changed. */
      readonly entryId?: string
    }
  | {
      readonly id: string
      readonly status: 'failed'
      /** Code of the error. */
      readonly code: string
      /** A plain sentence. */
      readonly message: string
    }

/** What became of each person that was to be changed. */
export interface BulkPersonsResult {
  /** One for each entry, in their order. */
  readonly items: readonly BulkPersonOutcome[]
  readonly changed: number
  readonly failed: number
}

/** The persons of a store; a deletion takes the words of the use case. */
export interface ChangedPersons extends Pick<PersonStore, 'get' | 'update'> {
  delete(
    collectionId: string,
    id: string,
    how?: DeleteOptions & RemovalCondition,
  ): Promise<Recorded>
}

/** Changes in work at once: a store writes what arrives together in one transaction. */
const concurrency = 16
/** How often a change of metadata is tried again when somebody else changed the person meanwhile. */
const maxAttempts = 5

/**
 * Changes or deletes many persons. One that cannot be changed is a result, and does not stop the others.
 *
 * @throws {FaceError} `invalidOption` for more than {@link maxBulkPersons}, or a person named twice
 */
export async function changePersons(
  persons: ChangedPersons,
  collectionId: string,
  {
    entries,
    dryRun = false,
  }: { readonly entries: readonly BulkPersonEntry[]; readonly dryRun?: boolean },
): Promise<BulkPersonsResult> {
  if (entries.length > maxBulkPersons) {
    throw new FaceError('invalidOption', { detail: `At most ${maxBulkPersons} persons at once.` })
  }
  if (new Set(entries.map(({ id }) => id)).size < entries.length) {
    throw new FaceError('invalidOption', { detail: 'A person is named twice.' })
  }
  const work = async (entry: BulkPersonEntry): Promise<BulkPersonOutcome> => {
    try {
      const changed = await changeOne(persons, collectionId, { entry, dryRun })
      return { id: entry.id, status: 'ok', ...changed }
    } catch (error) {
      return toFailure(entry.id, error)
    }
  }
  const items: BulkPersonOutcome[] = []
  for await (const outcome of mapInOrder(entries, { concurrency }, work)) {
    items.push(outcome)
  }
  const failed = items.filter(({ status }) => status === 'failed').length
  return { items, changed: items.length - failed, failed }
}

/** @throws what is no error of the catalogue */
function toFailure(id: string, error: unknown): BulkPersonOutcome {
  if (!isFaceError(error)) throw error
  return { id, status: 'failed', code: error.code, message: error.message }
}

async function changeOne(
  persons: ChangedPersons,
  collectionId: string,
  { entry, dryRun }: { readonly entry: BulkPersonEntry; readonly dryRun: boolean },
): Promise<Changed> {
  const { id, operation, ifRevision } = entry
  const condition = ifRevision === undefined ? {} : { ifRevision }
  if (operation.kind === 'delete') {
    const { kind: _, ...how } = operation
    if (dryRun) {
      await readAsWas(persons, collectionId, entry)
      return {}
    }
    const { entryId } = await persons.delete(collectionId, id, { ...condition, ...how })
    return entryId === undefined ? {} : { entryId }
  }
  if (!dryRun && !needsMetadata(operation)) {
    return toChanged(await persons.update(collectionId, id, operation.fields ?? {}, condition))
  }
  for (let attempt = 1; ; attempt++) {
    const person = await readAsWas(persons, collectionId, entry)
    const patch = toPatch(person, operation)
    if (dryRun) return { person: pretend(person, patch) }
    try {
      const condition = { ifRevision: person.revision }
      return toChanged(await persons.update(collectionId, id, patch, condition))
    } catch (error) {
      const mayRetry = ifRevision === undefined && attempt < maxAttempts
      if (!mayRetry || !isFaceError(error, 'revisionMismatch')) throw error
    }
  }
}

type Changed = Pick<Extract<BulkPersonOutcome, { status: 'ok' }>, 'person' | 'entryId'>

function toChanged({ entryId, ...person }: ChangedPerson): Changed {
  return { person, ...(entryId === undefined ? {} : { entryId }) }
}

async function readAsWas(
  persons: ChangedPersons,
  collectionId: string,
  { id, ifRevision }: BulkPersonEntry,
): Promise<Person> {
  const person = await persons.get(collectionId, id)
  if (ifRevision === undefined || ifRevision === person.revision) return person
  throw new FaceError('revisionMismatch', { info: { revision: person.revision } })
}

type Update = Extract<PersonOperation, { kind: 'update' }>

function needsMetadata({ setMetadata, removeMetadata, addTags, removeTags }: Update): boolean {
  return [setMetadata, removeMetadata, addTags, removeTags].some((it) => it !== undefined)
}

function toPatch(person: Person, operation: Update): PersonPatch {
  const { fields = {}, setMetadata = {}, removeMetadata = [] } = operation
  if (!needsMetadata(operation)) return fields
  const kept = Object.entries(fields.metadata ?? person.metadata).filter(
    ([key]) => !removeMetadata.includes(key),
  )
  const metadata = { ...Object.fromEntries(kept), ...setMetadata }
  return { ...fields, metadata: changeTags(metadata, operation) }
}

function changeTags(metadata: Metadata, { addTags = [], removeTags = [] }: Update): Metadata {
  if (addTags.length === 0 && removeTags.length === 0) return metadata
  const { tags: given = [], ...others } = metadata
  if (!Array.isArray(given)) {
    throw new FaceError('invalidMetadata', { detail: 'Its "tags" are no list.' })
  }
  const tags = [...new Set([...given, ...addTags])].filter((tag) => !removeTags.includes(tag))
  return tags.length === 0 ? others : { ...others, tags }
}

/** The person as a change would leave it; what only the store can see is not checked. */
function pretend(person: Person, patch: PersonPatch): Person {
  const { names, fields } = applyPatch(person, patch, new Date().toISOString())
  const { externalId, notes } = fields
  const { externalId: _, notes: _notes, consent: _consent, ...rest } = person
  return {
    ...rest,
    ...{ name: names.name, aliases: names.aliases },
    ...(externalId === null ? {} : { externalId }),
    ...(notes === null ? {} : { notes }),
    metadata: patch.metadata ?? person.metadata,
    ...{ hidden: fields.hidden, favourite: fields.favourite },
    ...(fields.consent === null ? {} : { consent: fields.consent }),
  }
}
