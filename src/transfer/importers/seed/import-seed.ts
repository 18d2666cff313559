import { FaceError, isFaceError } from '../../../core/errors.ts'
import type { OnProgress } from '../../../core/progress.ts'
import type { DecisionPolicy } from '../../../core/types.ts'
import { toBatches } from '../../../platform/concurrency/batches.ts'
import { computeImageHash } from '../../../recognition/image-hash.ts'
import { isAmbiguousName } from '../../../recognition/person-by-name.ts'
import type { Database } from '../../../storage/database.ts'
import type { Collection } from '../../../storage/ports/collections.ts'
import type { NewFace } from '../../../storage/ports/faces.ts'
import { type SeedDocument, type SeedSource, seedDimension } from './seed-source.ts'

/** The model that processes images as the seed does; its notes in the manifest say how. */
export const seedModelId = 'facenet-seed'

export interface SeedImportOptions {
  /** Name of the collection, which is made when it is not there. */
  readonly collection: string
  /** Policy of a collection that is made. */
  readonly policy: DecisionPolicy
  readonly onProgress?: OnProgress
  /** Once aborted no further documents are read. */
  readonly stop?: AbortSignal
}

export interface SeedImportReport {
  readonly collection: string
  readonly modelId: string
  /** Documents read. */
  readonly documents: number
  readonly imported: number
  readonly newPersons: number
  /** Documents that were imported before. */
  readonly alreadyEnrolled: number
  readonly refused: readonly { readonly id: string; readonly reason: string }[]
  readonly interrupted: boolean
}

/** Documents in work at once: a store writes what arrives together in one transaction. */
const batchSize = 64

/**
 * Imports the seed's faces into a collection of the model {@link seedModelId}. Documents of one name
 * are faces of one person, as they are for the seed. A document that was imported before is counted
 * and left as it is, so that an import can be run again; one that cannot be used is reported.
 *
 * @throws {FaceError} `modelMismatch` when the collection is there and of another model,
 *   `invalidOption` when there are no documents, and what source and store throw
 */
export async function importSeed(
  store: Database,
  source: SeedSource,
  options: SeedImportOptions,
): Promise<SeedImportReport> {
  const total = await source.count()
  if (total === 0) {
    throw new FaceError('invalidOption', {
      detail: 'The database has no such collection, or nothing is in it.',
    })
  }
  const collection = await openCollection(store, options)
  const personIds = new Map<string, string>()
  const refused: SeedImportReport['refused'][number][] = []
  let [documents, imported, newPersons, alreadyEnrolled] = [0, 0, 0, 0]
  for await (const batch of toBatches(source.documents(), batchSize)) {
    const groups = [...groupByName(batch)]
    const outcomes = await Promise.all(
      groups.map(([name, faces]) => importPerson({ store, collection, personIds }, name, faces)),
    )
    for (const document of batch) {
      if (document.kind === 'refused') refused.push({ id: document.id, reason: document.reason })
    }
    for (const outcome of outcomes) {
      imported += outcome.imported
      alreadyEnrolled += outcome.alreadyEnrolled
      newPersons += outcome.newPerson ? 1 : 0
      refused.push(...outcome.refused)
    }
    documents += batch.length
    options.onProgress?.({
      ...{ stage: 'import', done: documents, total: Math.max(total, documents) },
    })
    if (options.stop?.aborted) break
  }
  const interrupted = options.stop?.aborted === true
  return {
    ...{ collection: collection.name, modelId: seedModelId, documents },
    ...{ imported, newPersons, alreadyEnrolled, refused, interrupted },
  }
}

async function openCollection(
  store: Database,
  { collection: name, policy }: SeedImportOptions,
): Promise<Collection> {
  try {
    const found = await store.collections.get(name)
    if (found.modelId === seedModelId) return found
    throw new FaceError('modelMismatch', {
      detail: `The collection ${name} is of ${found.modelId}, the seed's faces of ${seedModelId}; choose another with --into.`,
      info: { expected: found.modelId, actual: seedModelId },
    })
  } catch (error) {
    if (!isFaceError(error, 'collectionNotFound')) throw error
  }
  const input = { name, policy, modelId: seedModelId, dimension: seedDimension, storeCrops: false }
  try {
    return await store.collections.create(input)
  } catch (error) {
    // Another import began at the same moment.
    if (!isFaceError(error, 'collectionExists')) throw error
    return openCollection(store, { collection: name, policy })
  }
}

type SeedFace = Extract<SeedDocument, { kind: 'face' }>

function groupByName(batch: readonly SeedDocument[]): ReadonlyMap<string, readonly SeedFace[]> {
  const groups = new Map<string, SeedFace[]>()
  for (const document of batch) {
    if (document.kind !== 'face') continue
    const group = groups.get(document.name)
    if (group) group.push(document)
    else groups.set(document.name, [document])
  }
  return groups
}

interface ImportContext {
  readonly store: Database
  readonly collection: Collection
  /** Ids of the persons seen in this run, by name. */
  readonly personIds: Map<string, string>
}

interface Outcome {
  readonly imported: number
  readonly alreadyEnrolled: number
  readonly newPerson: boolean
  readonly refused: SeedImportReport['refused']
}

async function importPerson(
  { store, collection, personIds }: ImportContext,
  name: string,
  documents: readonly SeedFace[],
): Promise<Outcome> {
  const added: NewFace[] = []
  const addedIds: string[] = []
  for (const document of documents) {
    const face = await toNewFace(document)
    // Looked for in the whole collection: the person may have got another name since.
    const known = await store.faces.findByImage(collection.id, face.imageHash)
    if (known.length > 0) continue
    added.push(face)
    addedIds.push(document.id)
  }
  const alreadyEnrolled = documents.length - added.length
  if (added.length === 0) return { imported: 0, alreadyEnrolled, newPerson: false, refused: [] }
  try {
    const given = personIds.get(name) ?? { name, ifExists: 'reuse' as const }
    const { person, newPerson } = await store.faces.add(collection.id, given, added)
    personIds.set(name, person.id)
    return { imported: added.length, alreadyEnrolled, newPerson, refused: [] }
  } catch (error) {
    if (!isAmbiguousName(error)) throw error
    const reason = 'Several persons of the collection have this name.'
    const refused = addedIds.map((id) => ({ id, reason }))
    return { imported: 0, alreadyEnrolled, newPerson: false, refused }
  }
}

async function toNewFace({ id, embedding }: SeedFace): Promise<NewFace> {
  const { buffer, byteOffset, byteLength } = embedding
  const identity = [Buffer.from(`${id}\0`), new Uint8Array(buffer, byteOffset, byteLength)]
  return {
    embedding,
    modelId: seedModelId,
    // There is no image: this tells that the very document was imported.
    imageHash: await computeImageHash(Buffer.concat(identity)),
  }
}
