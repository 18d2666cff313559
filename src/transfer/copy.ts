import { FaceError, isFaceError } from '../core/errors.ts'
import type { Cursor } from '../core/types.ts'
import type { Database } from '../storage/database.ts'
import { eachChangePage } from '../storage/iterate.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { StoredFace } from '../storage/ports/faces.ts'
import {
  type CollectionSummary,
  countRecords,
  type StepTracker,
  selectCollections,
  type TransferOptions,
  type TransferSummary,
  trackStep,
} from './options.ts'
import { placeCollection } from './place-collection.ts'
import { createStoreSource, isSamePerson } from './records.ts'
import { compareRecords, type Difference, restoreRecords, toConflict } from './restore.ts'

/** Faces of the feed that are copied together. */
const facesAtOnce = 100
/** More means that the target's collection is not a copy. */
const maxDifferences = 10_000

interface Ends {
  readonly from: Database
  readonly to: Database
}

// [Note: Copy while the gallery changes]
// The feed's place is noted, everything is restored, both sides are compared, and what the feed
// tells since the noted place is done at the target until the feed has no more. So the faces are
// those of the source at the moment when the feed was read to its end: a face that no change tells
// of was compared, one that a change tells of was copied again. Persons are as when they were compared.
// A face that only the target has is removed there when the source's feed says that the source
// removed it (an earlier copy was interrupted, for instance); else it belongs to the target, and the
// copy is refused rather than the face lost. The feed does not tell of persons: one without a face
// whom only the target has is taken for one that the source removed.

/**
 * Copies collections from one store to another, ids and times included, and compares both
 * afterwards. The source may change meanwhile; nothing but this copy may write to the collections at
 * the target. A copy that was interrupted is simply done again.
 *
 * @throws {FaceError} `collectionNotFound`, also when a collection is deleted meanwhile;
 *   `collectionExists` when the target has a collection, or a record of it, that is another one;
 *   `aborted`, and the stores' errors
 */
export async function copyGallery(
  from: Database,
  to: Database,
  options: TransferOptions = {},
): Promise<TransferSummary> {
  const ends = { from, to }
  const collections = await selectCollections(from, options.collections)
  const total = await countRecords(from, collections)
  const copying = trackStep('copy', total, options)
  const follow = createFollower(ends, collections, {
    after: await from.feed.latestCursor(),
    tracker: copying,
  })
  for (const collection of collections) await copyRecords(ends, collection, copying)
  await follow()
  const comparing = trackStep('compare', total, options)
  for (const { id } of collections) await settle(ends, id, { tracker: comparing, follow })
  await follow()
  const toSummary = async ({ id, name }: Collection): Promise<CollectionSummary> => {
    return { name, ...(await to.collections.counts(id)) }
  }
  return { collections: await Promise.all(collections.map(toSummary)) }
}

async function copyRecords(
  ends: Ends,
  collection: Collection,
  tracker: StepTracker,
): Promise<void> {
  const { from, to } = ends
  await placeCollection(to, collection)
  const target = { store: to, collectionId: collection.id }
  await restoreRecords(createStoreSource(from, collection.id), target, {
    tracker,
    // Enrolled with a new person after the persons were read.
    onMissingPerson: (faces) => copyTogether(ends, collection.id, faces),
  })
}

/** @returns a function that does at the target what the source's feed tells since its last call, or since the cursor */
function createFollower(
  ends: Ends,
  collections: readonly Collection[],
  { after, tracker }: { readonly after: Cursor; readonly tracker: StepTracker },
): () => Promise<void> {
  const names = new Map(collections.map(({ id, name }) => [id, name]))
  let cursor = after
  return async () => {
    // Read to its end first, which is quick: a source that is written to faster than this copies
    // would never come to an end. A face is looked up at the source, so its last change is enough.
    const changed = new Map(collections.map(({ id }) => [id, new Set<string>()]))
    tracker.assertGoing()
    for await (const changes of eachChangePage(ends.from, cursor)) {
      for (const { kind, collectionId, faceId } of changes) {
        const faceIds = changed.get(collectionId)
        if (faceIds === undefined) continue
        if (kind === 'collectionRemoved') {
          throw new FaceError('collectionNotFound', {
            detail: `${names.get(collectionId)} was deleted at the source during the copy.`,
          })
        }
        if (faceId !== undefined) faceIds.add(faceId)
      }
      cursor = changes.at(-1)?.cursor ?? cursor
      tracker.assertGoing()
    }
    for (const [collectionId, faceIds] of changed) {
      const waiting = [...faceIds]
      while (waiting.length > 0) {
        tracker.assertGoing()
        await copyFaces(ends, collectionId, waiting.splice(0, facesAtOnce))
      }
    }
  }
}

/** Compares both sides of a collection and makes them equal. @throws {FaceError} `collectionExists` when that cannot be */
async function settle(
  ends: Ends,
  collectionId: string,
  { tracker, follow }: { readonly tracker: StepTracker; follow(): Promise<void> },
): Promise<void> {
  const source = createStoreSource(ends.from, collectionId)
  const where = { target: { store: ends.to, collectionId }, tracker }
  const faces: Difference[] = []
  for await (const difference of compareRecords('face', source, where)) {
    if (difference.state === 'different' || faces.length >= maxDifferences) {
      throw toConflict(difference)
    }
    faces.push(difference)
  }
  await follow()
  await settleFaces(ends, collectionId, faces)
  for await (const difference of compareRecords('person', source, where)) {
    if (await settlePerson(ends, collectionId, difference)) continue
    // Perhaps it was removed with its faces since they were compared; then the feed says so.
    await follow()
    if (!(await settlePerson(ends, collectionId, difference))) throw toConflict(difference)
  }
}

/** @throws {FaceError} `collectionExists` when a face cannot be made what it is at the source */
async function settleFaces(
  ends: Ends,
  collectionId: string,
  differences: readonly Difference[],
): Promise<void> {
  const surplus: Difference[] = []
  for (const difference of differences) {
    if (difference.state !== 'surplus') continue
    if (await orUndefined(ends.to.faces.get(collectionId, difference.id))) surplus.push(difference)
  }
  const removed = await findRemoved(ends.from, collectionId, new Set(surplus.map(({ id }) => id)))
  for (const difference of surplus) {
    if (!removed.has(difference.id)) throw toConflict(difference)
    await copyFace(ends, collectionId, difference.id)
  }
  // Only now: a removed face may be in the way of one of the same place in the same image.
  for (const difference of differences) {
    if (difference.state === 'surplus') continue
    if (!(await copyFace(ends, collectionId, difference.id))) throw toConflict(difference)
  }
}

/** Those of the faces that the feed tells the removal of; it is read only when there are any. */
async function findRemoved(
  store: Database,
  collectionId: string,
  faceIds: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const removed = new Set<string>()
  if (faceIds.size === 0) return removed
  for await (const changes of eachChangePage(store, undefined)) {
    for (const { kind, collectionId: of, faceId } of changes) {
      if (kind === 'faceRemoved' && of === collectionId && faceId && faceIds.has(faceId)) {
        removed.add(faceId)
      }
    }
    if (removed.size === faceIds.size) break
  }
  return removed
}

/** Does {@link copyFace} for each of the faces, those that the source has together. */
async function copyFaces(
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
async function copyTogether(
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
    await to.transfer.restorePersons(collectionId, [...persons.values()])
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
async function copyFace(ends: Ends, collectionId: string, faceId: string): Promise<boolean> {
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

/** @returns whether the person is the same on both sides now; not when the target's is newer, or has faces */
async function settlePerson(
  ends: Ends,
  collectionId: string,
  { id }: Difference,
): Promise<boolean> {
  const { from, to } = ends
  const person = await orUndefined(from.persons.get(collectionId, id))
  const there = await orUndefined(to.persons.get(collectionId, id))
  if (!person) {
    if (there && there.faceCount > 0) return false
    if (there) await orUndefined(to.persons.delete(collectionId, id))
    return true
  }
  if (!there) {
    await to.transfer.restorePersons(collectionId, [person])
    return (await orUndefined(to.persons.get(collectionId, id))) !== undefined
  }
  if (isSamePerson(person, there)) return true
  if (there.createdAt !== person.createdAt || there.updatedAt > person.updatedAt) return false
  const { name, aliases, externalId, notes, metadata, coverFaceId, hidden, favourite } = person
  await to.persons.update(collectionId, id, {
    ...{ name, aliases, metadata, hidden, favourite },
    ...{ externalId: externalId ?? null, notes: notes ?? null, coverFaceId: coverFaceId ?? null },
  })
  return true
}

async function readFace(
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
async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    if (isFaceError(error, 'faceNotFound') || isFaceError(error, 'personNotFound')) return undefined
    throw error
  }
}
