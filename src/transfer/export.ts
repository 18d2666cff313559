import { join } from 'node:path'
import { FaceError } from '../core/errors.ts'
import type { Cursor } from '../core/types.ts'
import type { Database } from '../storage/database.ts'
import { eachChangePage } from '../storage/iterate.ts'
import type { Collection } from '../storage/ports/collections.ts'
import { type ExportedCollection, type FormatVersion, toManifest } from './export-format.ts'
import { createExportSource } from './export-reader.ts'
import {
  createCollectionDirectory,
  finishDirectory,
  prepareDirectory,
  type WrittenFaces,
  writeFaces,
  writePersons,
} from './export-writer.ts'
import { writeStatements } from './exported-statements.ts'
import {
  type CollectionSummary,
  countRecords,
  type StepTracker,
  selectCollections,
  type TransferOptions,
  type TransferSummary,
  trackStep,
} from './options.ts'
import { createStoreSource, trackBatches } from './records.ts'

export interface ExportOptions extends TransferOptions {
  /** The kind of store, for people who read the manifest. */
  readonly source: string
  /** Time of the export; ISO 8601, UTC. */
  readonly createdAt: string
}

// [Note: Export while the gallery changes]
// Faces are read first, then persons, then the feed of changes since the beginning. A person who was
// removed between the two has all faces in the feed as removed, and faces that the feed calls
// removed are taken out again. So the export holds every face that was there when it began and when
// it ended, none that was removed meanwhile, and a person for each; of those added meanwhile it may
// hold some. A person is as it was when it was read. What was said is read last, so that nothing is
// in it that was revoked before, or that was said of a face that was removed; what was said of somebody
// who came too late finds nobody where the export is restored, and is left out there.

/**
 * Writes collections of a store to a directory; see [Note: Exported gallery] in export-format.ts.
 * The directory is new, empty, or that of an export that did not finish, which starts again. Files
 * are for their owner only.
 *
 * @throws {FaceError} `invalidOption` when the directory holds anything else or cannot be written;
 *   `collectionNotFound`, also when a collection is deleted meanwhile or there is none, in which case
 *   nothing is written; `aborted`, `storeFull`, and the store's errors
 */
export async function exportGallery(
  store: Database,
  directory: string,
  options: ExportOptions,
): Promise<TransferSummary> {
  const collections = await selectCollections(store, options.collections)
  if (collections.length === 0) {
    throw new FaceError('collectionNotFound', { detail: 'The database has none.' })
  }
  const tracker = trackStep('export', await countRecords(store, collections), options)
  await prepareDirectory(directory)
  const cursor = await store.feed.latestCursor()
  const entries: ExportedCollection[] = []
  let version: FormatVersion = 1
  for (const collection of collections) {
    const exported = await exportCollection(store, { collection, directory, tracker })
    entries.push(exported.entry)
    if (exported.version > version) version = exported.version
  }
  const removals = await readRemovals(store, cursor, collections)
  for (const [i, entry] of entries.entries()) {
    const removed = removals.get(entry.id)
    if (removed) entries[i] = await takeOut(directory, entry, removed)
  }
  const summaries: CollectionSummary[] = []
  for (const [i, entry] of entries.entries()) {
    const { name, persons, faces } = entry
    const source = createStoreSource(store, entry.id)
    const said = await writeStatements(
      join(directory, name),
      trackBatches(source.statements(), tracker),
    )
    const { statements, leftOut, files } = said
    summaries.push({ name, persons, faces, statements, statementsLeftOut: leftOut })
    if (statements === 0) continue
    entries[i] = { ...entry, statements, files: { ...entry.files, ...files } }
    version = 4
  }
  const { source, createdAt } = options
  await finishDirectory(directory, toManifest({ version, createdAt, source, collections: entries }))
  return { collections: summaries }
}

async function exportCollection(
  store: Database,
  to: {
    readonly collection: Collection
    readonly directory: string
    readonly tracker: StepTracker
  },
): Promise<{ readonly entry: ExportedCollection; readonly version: FormatVersion }> {
  const { collection, tracker } = to
  // The embeddings of an export are not protected, see [Note: Protected templates].
  const { indexId: _, second: _second, templateSecretId: _secret, ...moved } = collection
  const directory = join(to.directory, collection.name)
  await createCollectionDirectory(directory)
  const source = createStoreSource(store, collection.id)
  const written = await writeFaces(directory, {
    dimension: collection.dimension,
    batches: trackBatches(source.faces(), tracker),
  })
  const { persons, file, version } = await writePersons(
    directory,
    trackBatches(source.persons(), tracker),
  )
  const { faces, files } = written
  const entry = { ...moved, persons, faces, files: { 'persons.jsonl': file, ...files } }
  return { entry, version: Math.max(version, written.version) as FormatVersion }
}

/** Faces that were removed after the cursor, by collection. */
async function readRemovals(
  store: Database,
  after: Cursor,
  collections: readonly Collection[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const chosen = new Map(collections.map((collection) => [collection.id, collection]))
  const removals = new Map<string, Set<string>>()
  for await (const changes of eachChangePage(store, after)) {
    for (const { kind, collectionId, faceId } of changes) {
      const collection = chosen.get(collectionId)
      if (!collection) continue
      if (kind === 'collectionRemoved') {
        throw new FaceError('collectionNotFound', {
          detail: `${collection.name} was deleted during the export.`,
        })
      }
      if (kind !== 'faceRemoved' || faceId === undefined) continue
      const removed = removals.get(collectionId) ?? new Set()
      removals.set(collectionId, removed.add(faceId))
    }
  }
  return removals
}

/** Writes the faces of an exported collection again, without those removed. */
async function takeOut(
  directory: string,
  entry: ExportedCollection,
  removed: ReadonlySet<string>,
): Promise<ExportedCollection> {
  const source = createExportSource(directory, entry)
  async function* remaining() {
    for await (const batch of source.faces()) yield batch.filter(({ id }) => !removed.has(id))
  }
  const { faces, files }: WrittenFaces = await writeFaces(join(directory, entry.name), {
    dimension: entry.dimension,
    batches: remaining(),
  })
  return { ...entry, faces, files: { ...entry.files, ...files } }
}
