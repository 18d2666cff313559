import type { Collection } from '../ports/collections.ts'
import type { Face } from '../ports/faces.ts'
import { toFaceChange } from '../rules/history.ts'
import { type MongoContext, readWithModel } from './context.ts'
import { addToCounts } from './counters.ts'
import { toFace } from './documents.ts'
import { appendEntry } from './history-documents.ts'
import type { FaceDocument, TrashDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

// Documents of the trash, whose removal is no deletion; see [Note: Set-aside] in ports/set-aside.ts.

const record = 'setAside'

/** A face that is set aside, as it is answered. */
export function toAsideFace(
  { face, embeddings = [], setAsideAt = '' }: TrashDocument,
  { modelId }: Pick<Collection, 'modelId'>,
): Face {
  const hasEmbedding = embeddings.some((embedding) => embedding.modelId === modelId)
  return { ...toFace(face as FaceDocument, { modelId, hasEmbedding }), setAsideAt }
}

// A list needs to know of the embeddings only which there are.
export const withoutVectors = { 'embeddings.embedding': 0 } as const

/** The faces of persons that are set aside. */
export function readAside(
  { tables }: MongoContext,
  personIds: readonly string[],
  { session }: Transaction,
): Promise<readonly TrashDocument[]> {
  return tables.trash
    .find(
      { personId: { $in: [...personIds] }, record },
      { session, projection: { embeddings: 0, face: 0 } },
    )
    .sort({ _id: 1 })
    .toArray()
}

/** Gives faces that are set aside to other persons. */
export async function giveAside(
  { tables }: MongoContext,
  faces: readonly { readonly id: string; readonly personId: string }[],
  { session }: Transaction,
): Promise<void> {
  for (const personId of new Set(faces.map((face) => face.personId))) {
    const ids = faces.filter((face) => face.personId === personId).map(({ id }) => id)
    await tables.trash.updateMany(
      { _id: { $in: ids }, record },
      { $set: { personId, 'face.personId': personId } },
      { session },
    )
  }
}

/** The faces that are set aside of persons who are there, and came from this image. */
export async function findAsideByImage(
  context: MongoContext,
  collectionId: string,
  imageHash: string,
): Promise<readonly Face[]> {
  const { trash, persons } = context.tables
  const result = await readWithModel(context, collectionId, () =>
    trash
      .find({ collectionId, record, 'face.imageHash': imageHash }, { projection: withoutVectors })
      .toArray(),
  )
  if (result === undefined || result.found.length === 0) return []
  const owners = result.found.map(({ personId }) => personId)
  const there = new Set(await persons.distinct('_id', { _id: { $in: owners } }))
  return result.found
    .filter(({ personId }) => there.has(personId))
    .map((kept) => toAsideFace(kept, result))
}

/** The faces of a person that are set aside and came from these images. */
export async function findAsideBySource(
  { tables }: MongoContext,
  collection: Collection,
  {
    personId,
    imageHashes,
    transaction: { session },
  }: {
    readonly personId: string
    readonly imageHashes: readonly string[]
    readonly transaction: Transaction
  },
): Promise<readonly Face[]> {
  const kept = await tables.trash
    .find(
      {
        ...{ collectionId: collection.id, record, personId },
        'face.imageHash': { $in: [...imageHashes] },
      },
      { session, projection: withoutVectors },
    )
    .toArray()
  return kept.map((document) => toAsideFace(document, collection))
}

/** Those of the faces that something was said of. */
export async function findStated(
  { tables }: MongoContext,
  faceIds: readonly string[],
  { session }: Transaction,
): Promise<ReadonlySet<string>> {
  if (faceIds.length === 0) return new Set()
  const found = await tables.statements
    .find({ faceId: { $in: [...faceIds] } }, { session, projection: { faceId: 1 } })
    .toArray()
  return new Set(found.flatMap(({ faceId }) => faceId ?? []))
}

/** Writes that a face which is set aside is erased, unless its person is deleted. */
export async function tellErased(
  context: MongoContext,
  { _id, collectionId, personId }: TrashDocument,
  transaction: Transaction,
): Promise<void> {
  const person = { _id: personId, collectionId }
  const { session } = transaction
  if (!(await context.tables.persons.findOne(person, { session, projection: { _id: 1 } }))) return
  const transitions = [toFaceChange(_id, { from: { personId, setAside: true } })]
  await appendEntry(context, collectionId, { kind: 'faceDeleted', transitions, transaction })
  await addToCounts(context, collectionId, { transaction, persons: 0, faces: 0 })
}
