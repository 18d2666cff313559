import { newestConsent } from '../../core/consent.ts'
import { FaceError } from '../../core/errors.ts'
import {
  type LostInMerge,
  type MergeInput,
  maxAliases,
  maxMerged,
  maxMergedFaces,
  maxNotesLength,
  type Person,
  type PersonPatch,
} from '../ports/persons.ts'
import { isSameJson } from './history.ts'
import { toMetadataJson, toStoredName } from './person-fields.ts'

/** @throws {FaceError} `invalidOption`, `invalidName`, `invalidMetadata` */
export function assertMerge({ into, from, name, metadata }: MergeInput): void {
  const refuse = (detail: string): FaceError => new FaceError('invalidOption', { detail })
  if (from.length === 0 || from.length > maxMerged) {
    throw refuse(`from: expected 1 to ${maxMerged} persons, got ${from.length}.`)
  }
  if (from.includes(into)) throw refuse('from: a person is never merged into itself.')
  if (new Set(from).size < from.length) throw refuse('from: a person is there twice.')
  if (name !== undefined) toStoredName(name)
  if (metadata !== undefined) toMetadataJson(metadata)
}

/** @throws {FaceError} `personNotFound` with those of the ids whose persons are not there */
export function assertAllFound(
  { into, from }: MergeInput,
  found: ReadonlyMap<string, unknown>,
): void {
  const personIds = [into, ...from].filter((id) => !found.has(id))
  if (personIds.length > 0) throw new FaceError('personNotFound', { info: { personIds } })
}

/** @throws {FaceError} `limitReached` */
export function assertFewFaces(merged: readonly Pick<Person, 'faceCount'>[]): void {
  const faces = merged.reduce((sum, { faceCount }) => sum + faceCount, 0)
  if (faces <= maxMergedFaces) return
  throw new FaceError('limitReached', {
    detail: `They have ${faces} faces, and at most ${maxMergedFaces} are merged at once. Move some of them before.`,
  })
}

/**
 * @param faceIds  of the one who survives, as afterwards
 * @throws {FaceError} `faceNotFound`
 */
export function assertCover({ coverFaceId }: MergeInput, faceIds: readonly string[]): void {
  if (coverFaceId === undefined || faceIds.includes(coverFaceId)) return
  throw new FaceError('faceNotFound', { detail: 'The cover is a face of the person.' })
}

/**
 * The fields of the person who survives a merge, and what of the others it does not take over: all
 * names become aliases, the notes follow one another, of the external ids and the metadata the first
 * counts, of the consents the one that was given or withdrawn last, a favourite stays one, and whether the person is hidden is the survivor's own.
 *
 * @throws {FaceError} `invalidMetadata` when the metadata of all together are too large
 */
export function mergeFields(
  input: MergeInput,
  into: Person,
  others: readonly Person[],
): {
  readonly person: Person
  readonly patch: PersonPatch
  readonly lost: readonly LostInMerge[]
} {
  const all = [into, ...others]
  const lost: LostInMerge[] = []
  const lose = (personId: string, field: string, value: unknown) =>
    lost.push({ personId, field, value })
  const name = input.name === undefined ? into.name : toStoredName(input.name)

  const aliases = new Set<string>()
  for (const { id, name: own, aliases: itsOthers } of all) {
    for (const alias of [own, ...itsOthers]) {
      if (alias === name || aliases.has(alias)) continue
      if (aliases.size < maxAliases) aliases.add(alias)
      else lose(id, 'aliases', alias)
    }
  }
  let externalId: string | undefined
  let notes: string | undefined
  for (const person of all) {
    if (person.externalId !== undefined && externalId !== undefined) {
      lose(person.id, 'externalId', person.externalId)
    }
    externalId ??= person.externalId
    if (person.notes === undefined || person.notes === notes) continue
    const joined = notes === undefined ? person.notes : `${notes}\n\n${person.notes}`
    if (joined.length <= maxNotesLength) notes = joined
    else lose(person.id, 'notes', person.notes)
  }
  const consent = newestConsent(all.flatMap((person) => person.consent ?? []))
  for (const person of all) {
    if (person.consent !== undefined && !isSameJson(person.consent, consent)) {
      lose(person.id, 'consent', person.consent)
    }
  }
  const metadata = mergeMetadata(input, all, lose)
  const favourite = all.some((person) => person.favourite)
  const coverFaceId = input.coverFaceId ?? into.coverFaceId
  const optional = {
    ...(externalId === undefined ? {} : { externalId }),
    ...(notes === undefined ? {} : { notes }),
    ...(coverFaceId === undefined ? {} : { coverFaceId }),
    ...(consent === undefined ? {} : { consent }),
  }
  const fields = { name, aliases: [...aliases], ...optional, favourite }
  // What nobody changes stays as it is stored, also metadata that cannot be read.
  const patch = isSameJson(metadata, into.metadata) ? fields : { ...fields, metadata }
  return { person: { ...into, ...fields, metadata }, patch, lost }
}

function mergeMetadata(
  { metadata: given }: MergeInput,
  all: readonly Person[],
  lose: (personId: string, field: string, value: unknown) => void,
): Person['metadata'] {
  const merged = new Map(Object.entries(given ?? {}))
  for (const { id, metadata } of all) {
    for (const [key, value] of Object.entries(metadata)) {
      if (!merged.has(key) && given === undefined) merged.set(key, value)
      else if (JSON.stringify(merged.get(key)) !== JSON.stringify(value)) {
        lose(id, `metadata.${key}`, value)
      }
    }
  }
  const metadata = given ?? Object.fromEntries(merged)
  try {
    toMetadataJson(metadata)
  } catch (cause) {
    const detail = 'The metadata of all together are too large; say which the person shall have.'
    throw new FaceError('invalidMetadata', { detail, cause })
  }
  return metadata
}
