import { FaceError } from '../core/errors.ts'
import type { Cursor } from '../core/types.ts'
import type { Database } from '../storage/database.ts'
import { eachChangePage } from '../storage/iterate.ts'
import type { Collection } from '../storage/ports/collections.ts'
import { copyFaces, copyTogether, type Ends, restorePersons } from './copy-faces.ts'
import {
  type CollectionSummary,
  countRecords,
  countStatements,
  type StepTracker,
  selectCollections,
  type TransferOptions,
  type TransferSummary,
  trackStep,
} from './options.ts'
import { placeCollection } from './place-collection.ts'
import { createStoreSource } from './records.ts'
import { restoreRecords } from './restore.ts'
import { settle } from './settle.ts'

/** Faces of the feed that are copied together. */
const facesAtOnce = 100

// [Note: Copy while the gallery changes]
// The feed's place is noted, everything is restored, both sides are compared, and what the feed
// tells since the noted place is done at the target until the feed has no more. So the faces are
// those of the source at the moment when the feed was read to its end: a face that no change tells
// of was compared, one that a change tells of was copied again. Persons, whose a face is, and what was
// said of them are as when they were compared.
// A face that only the target has is removed there when the source's feed says that the source
// removed it (an earlier copy was interrupted, for instance); else it belongs to the target, and the
// copy is refused rather than the face lost. The feed does not tell of persons: one without a face
// whom only the target has is taken for one that the source removed, and so is a statement.

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
  const leftOut = new Map<string, number>()
  for (const { id } of collections) {
    leftOut.set(id, await settle(ends, id, { tracker: comparing, follow }))
  }
  await follow()
  const toSummary = async ({ id, name }: Collection): Promise<CollectionSummary> => {
    const { persons, faces } = await to.collections.counts(id)
    const statements = await countStatements(to, id)
    return { name, persons, faces, statements, statementsLeftOut: leftOut.get(id) ?? 0 }
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
    restorePersons: (persons) => restorePersons(to, collection.id, persons),
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
