import type { Consent } from '../../core/consent.ts'
import { FaceError } from '../../core/errors.ts'
import { findDue } from '../../core/retention.ts'
import type { NewPerson, Person, PersonPatch, RemovalCondition } from '../ports/persons.ts'
import { assertGiven, toStoredConsent } from './consent-fields.ts'
import {
  foldName,
  toMetadataJson,
  toStoredAliases,
  toStoredExternalId,
  toStoredName,
  toStoredNotes,
} from './person-fields.ts'
import { toSortName, toWords } from './person-words.ts'

/** The names of a person as they are stored, with what finds and sorts them. */
export interface StoredNames {
  readonly name: string
  readonly aliases: readonly string[]
  /** What a part of the name is looked for in. */
  readonly folded: string
  /** See [Note: Words of names] in person-words.ts. */
  readonly words: readonly string[]
  readonly sortName: string
}

/** @throws {FaceError} `invalidName`, `invalidOption` */
export function toStoredNames({
  name: given,
  aliases: others = [],
}: Pick<NewPerson, 'name' | 'aliases'>): StoredNames {
  const name = toStoredName(given)
  const aliases = toStoredAliases(others).filter((alias) => alias !== name)
  const words = toWords([name, ...aliases])
  return { name, aliases, folded: foldName(name), words, sortName: toSortName(name) }
}

/** What a store keeps of a person besides names, ids and times; `null` for what is not there. */
export interface StoredFields {
  readonly externalId: string | null
  readonly notes: string | null
  /** Absent where it stays as it is: the face may come back. */
  readonly coverFaceId?: string | null
  /** JSON; absent where it stays as it is, which may be unreadable. */
  readonly metadata?: string
  readonly hidden: boolean
  readonly favourite: boolean
  readonly consent: Consent | null
}

/**
 * The fields of a person to be made or restored.
 *
 * @param now  ISO 8601, UTC; a consent is given then where it does not say
 * @throws {FaceError} `invalidMetadata`, `invalidOption`
 */
export function toStoredFields(
  person: Omit<NewPerson, 'name' | 'aliases'> & Pick<Person, 'coverFaceId'>,
  now: string,
): Required<StoredFields> {
  const { externalId, notes, coverFaceId = null, metadata = {}, hidden, favourite } = person
  const { consent } = person
  return {
    externalId: externalId === undefined ? null : toStoredExternalId(externalId),
    notes: notes === undefined ? null : (toStoredNotes(notes) ?? null),
    coverFaceId,
    metadata: toMetadataJson(metadata),
    hidden: hidden === true,
    favourite: favourite === true,
    consent: consent === undefined ? null : toStoredConsent(consent, now),
  }
}

/**
 * The names and fields of a person after a change.
 *
 * @param now  ISO 8601, UTC; a consent is given then where it does not say
 * @throws {FaceError} `invalidName`, `invalidMetadata`, `invalidOption`
 */
export function applyPatch(
  person: Person,
  patch: PersonPatch,
  now: string,
): { readonly names: StoredNames; readonly fields: StoredFields } {
  const { name = person.name, aliases = person.aliases, metadata, coverFaceId } = patch
  const {
    externalId = person.externalId ?? null,
    notes = person.notes ?? null,
    hidden = person.hidden,
    favourite = person.favourite,
    consent = person.consent ?? null,
  } = patch
  assertGiven(consent, now)
  return {
    names: toStoredNames({ name, aliases }),
    fields: {
      externalId: externalId === null ? null : toStoredExternalId(externalId),
      notes: notes === null ? null : (toStoredNotes(notes) ?? null),
      ...(coverFaceId === undefined ? {} : { coverFaceId }),
      ...(metadata === undefined ? {} : { metadata: toMetadataJson(metadata) }),
      hidden: hidden === true,
      favourite: favourite === true,
      consent: consent === null ? null : toStoredConsent(consent, now),
    },
  }
}

/** @throws {FaceError} `revisionMismatch` when the person is not as the caller read it, or not due */
export function assertCondition(
  person: Pick<Person, 'revision' | 'createdAt' | 'lastSeenAt' | 'consent'>,
  { ifRevision, ifDue }: RemovalCondition = {},
): void {
  const { revision } = person
  if (ifRevision !== undefined && ifRevision !== revision) {
    throw new FaceError('revisionMismatch', {
      detail: `Its revision is ${revision}, expected ${ifRevision}.`,
      info: { revision },
    })
  }
  if (ifDue !== undefined && findDue(ifDue.rules, person, ifDue.at) === undefined) {
    throw new FaceError('revisionMismatch', {
      detail: 'The person is not to be erased any more.',
      info: { revision },
    })
  }
}
