import { isFaceError } from '../core/errors.ts'
import type { Database } from '../storage/database.ts'
import type { StoredFace } from '../storage/ports/faces.ts'
import type { PersonRecord } from './records.ts'

/** The two stores of a copy. */
export interface Ends {
  readonly from: Database
  readonly to: Database
}

/**
 * Restores persons at the target. Where an external id is somebody else's there, who had it at the source
 * before, they come without: `settlePersons` gives it to them when the other one has been dealt with.
 */
export async function restorePersons(
  to: Database,
  collectionId: string,
  persons: readonly PersonRecord[],
): Promise<void> {
  try {
    await to.transfer.restorePersons(collectionId, persons)
  } catch (error) {
    if (!isFaceError(error, 'externalIdTaken')) throw error
    const without = persons.map(({ externalId: _, ...rest }) => rest)
    await to.transfer.restorePersons(collectionId, without)
  }
}

/** Does {@link copyFace} for each of the faces, those that the source has together. */
export async function copyFaces(
  ends: Ends,
  collectionId: string,
  faceIds: readonly string[],
): Promise<void> {
  const read = await Promise.all(faceIds.map((id) => readFace(ends.from, collectionId, id)))
  const gone = faceIds.filter((_, i) => read[i] === undefined)
  await copyTogether(
    ends,
    collectionId,
    read.filter((face) => face !== undefined),
  )
  await Promise.all(gone.map((faceId) => copyFace(ends, collectionId, faceId)))
}

/**
 * Copies faces of the source with their persons, in two writes instead of two for each face: one by
 * one a copy would be slower than a busy source.
 */
export async function copyTogether(
  ends: Ends,
  collectionId: string,
  faces: readonly StoredFace[],
): Promise<void> {
  try {
    await restoreOwned(ends, collectionId, faces)
  } catch (error) {
    if (!isFaceError(error, 'personNotFound')) throw error
    await Promise.all(faces.map(({ id }) => copyFace(ends, collectionId, id)))
  }
}

/**
 * Restores faces and their persons, all or none of the faces. One whose person is gone from the
 * source since is left out: the feed tells of it next.
 *
 * @returns how many faces have a person
 * @throws {FaceError} `personNotFound` when a person was removed at the target at the same moment
 */
async function restoreOwned(
  { from, to }: Ends,
  collectionId: string,
  faces: readonly StoredFace[],
): Promise<number> {
  const personIds = [...new Set(faces.map(({ personId }) => personId))]
  const found = await Promise.all(
    personIds.map((id) => orUndefined(from.persons.get(collectionId, id))),
  )
  const persons = new Map(found.flatMap((person) => (person ? [[person.id, person]] : [])))
  const owned = faces.filter(({ personId }) => persons.has(personId))
  if (owned.length > 0) {
    await restorePersons(to, collectionId, [...persons.values()])
    await to.transfer.restoreFaces(collectionId, owned)
  }
  return owned.length
}

/**
 * Makes one face at the target what it is at the source: there with its person, or gone, and then
 * its person, too, when the source has it no more.
 *
 * @returns whether it is so now
 */
export async function copyFace(ends: Ends, collectionId: string, faceId: string): Promise<boolean> {
  const { from, to } = ends
  const face = await readFace(from, collectionId, faceId)
  if (face) {
    // The person may be removed here at the same moment, by the removal of another face.
    const owned = await orUndefined(restoreOwned(ends, collectionId, [face]))
    if (owned === 0) return true
    return (await orUndefined(to.faces.get(collectionId, faceId))) !== undefined
  }
  const stale = await orUndefined(to.faces.get(collectionId, faceId))
  if (!stale) return true
  await orUndefined(to.faces.delete(collectionId, faceId))
  const owner = await orUndefined(to.persons.get(collectionId, stale.personId))
  if (owner?.faceCount === 0 && !(await orUndefined(from.persons.get(collectionId, owner.id)))) {
    await orUndefined(to.persons.delete(collectionId, owner.id))
  }
  return true
}

/** A face with all that is moved of it; `undefined` when it is not there. */
export async function readFace(
  store: Database,
  collectionId: string,
  faceId: string,
): Promise<StoredFace | undefined> {
  return orUndefined(
    (async () => {
      const face = await store.faces.get(collectionId, faceId)
      const set = { id: collectionId, modelId: face.modelId }
      const { faceIds, embeddings } = await store.faces.getEmbeddings(set, { faceId })
      const crop = await store.faces.getCrop(collectionId, faceId)
      return {
        ...face,
        ...(faceIds.length === 0 ? {} : { embedding: embeddings }),
        ...(crop ? { crop } : {}),
      }
    })(),
  )
}

/** Answers `undefined` for a record that is gone instead of an error. */
export async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    if (isFaceError(error, 'faceNotFound') || isFaceError(error, 'personNotFound')) return undefined
    throw error
  }
}
