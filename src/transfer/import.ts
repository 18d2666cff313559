import { FaceError } from '../core/errors.ts'
import type { Database } from '../storage/database.ts'
import { type ExportManifest, toCollection } from './export-format.ts'
import { createExportSource, readManifest, verifyChecksums } from './export-reader.ts'
import {
  type CollectionSummary,
  type StepTracker,
  type TransferOptions,
  type TransferSummary,
  trackStep,
} from './options.ts'
import { placeCollection } from './place-collection.ts'
import { isSameMovedPerson, type RecordSource } from './records.ts'
import { compareRecords, restoreRecords, type Target, toConflict } from './restore.ts'

/**
 * Imports an exported gallery; see [Note: Exported gallery] in export-format.ts. Everything is read
 * and checked before anything is stored, and compared with the store afterwards. An import that was
 * interrupted is simply done again.
 *
 * @throws {FaceError} `exportInvalid` when it is damaged, incomplete or of another version (nothing
 *   is stored); `collectionNotFound` when a chosen collection is not in it; `collectionExists` when a
 *   collection, or a record of the same id, is there and another one; `aborted`, and the store's errors
 */
export async function importGallery(
  directory: string,
  store: Database,
  options: TransferOptions = {},
): Promise<TransferSummary> {
  const entries = selectEntries(await readManifest(directory), options.collections)
  const total = entries.reduce(
    (sum, { persons, faces, statements = 0 }) => sum + persons + faces + statements,
    0,
  )
  const parts = entries.map((entry) => ({ entry, source: createExportSource(directory, entry) }))

  const checking = trackStep('check', total, options)
  for (const { entry, source } of parts) {
    await verifyChecksums(directory, entry)
    for await (const batch of source.persons()) checking.advance(batch.length)
    for await (const batch of source.faces()) checking.advance(batch.length)
    for await (const batch of source.statements()) checking.advance(batch.length)
  }

  const importing = trackStep('import', total, options)
  for (const { entry, source } of parts) {
    await placeCollection(store, toCollection(entry))
    await restoreRecords(source, { store, collectionId: entry.id }, { tracker: importing })
  }

  const comparing = trackStep('compare', total, options)
  const collections: CollectionSummary[] = []
  for (const { entry, source } of parts) {
    const { name, persons, faces, statements: inExport = 0 } = entry
    const target = { store, collectionId: entry.id }
    const { others, statementsLeftOut } = await compareAll(source, target, comparing)
    const statements = inExport - statementsLeftOut
    collections.push({ name, persons, faces, statements, statementsLeftOut, others })
  }
  return { collections }
}

function selectEntries(
  { collections }: ExportManifest,
  names: readonly string[] | undefined,
): ExportManifest['collections'] {
  const unknown = names?.find((name) => !collections.some((entry) => entry.name === name))
  if (unknown !== undefined) {
    throw new FaceError('collectionNotFound', { detail: `The export has no ${unknown}.` })
  }
  return names ? collections.filter(({ name }) => names.includes(name)) : collections
}

/** @throws {FaceError} `collectionExists` when a record of the source, but for a statement, is not there as it is */
async function compareAll(
  source: RecordSource,
  target: Target,
  tracker: StepTracker,
): Promise<Required<Pick<CollectionSummary, 'others' | 'statementsLeftOut'>>> {
  let others = 0
  let statementsLeftOut = 0
  const where = { target, tracker, isSame: isSameMovedPerson }
  for (const kind of ['person', 'face'] as const) {
    for await (const difference of compareRecords(kind, source, where)) {
      if (difference.state !== 'surplus') throw toConflict(difference)
      others++
    }
  }
  for await (const difference of compareRecords('statement', source, where)) {
    if (difference.state === 'different') throw toConflict(difference)
    if (difference.state === 'missing') statementsLeftOut++
  }
  return { others, statementsLeftOut }
}
