import { Binary } from 'mongodb'
import type { Face, StoredFace } from '../ports/faces.ts'
import type { MongoContext } from './context.ts'
import { faceProjection, toBinary, toFace, toPlain } from './documents.ts'
import { insertChanges } from './feed.ts'
import type { Transaction } from './transactions.ts'

/** The place of a face in the image it came from: two faces of a person with one place are the same. */
export function toSource(face: Pick<Face, 'personId' | 'imageHash' | 'box'>): string {
  return JSON.stringify([face.personId, face.imageHash, toBox(face)])
}

/** One order of the keys, as the index compares boxes field by field. */
export function toBox({ box: { x, y, width, height } }: Pick<Face, 'box'>): Face['box'] {
  return toPlain({ x, y, width, height })
}

/** The faces of these persons that came from these images, by {@link toSource}. */
export async function findBySource(
  { tables }: MongoContext,
  faces: readonly Pick<Face, 'personId' | 'imageHash'>[],
  { session }: Transaction,
): Promise<Map<string, Face>> {
  const found = await tables.faces
    .find(
      {
        personId: { $in: [...new Set(faces.map((face) => face.personId))] },
        imageHash: { $in: [...new Set(faces.map((face) => face.imageHash))] },
      },
      { session, projection: faceProjection },
    )
    .toArray()
  return new Map(found.map((document) => [toSource(document), toFace(document)]))
}

/** Writes faces that are not there, and their changes. The counts are the caller's. */
export async function insertFaces(
  context: MongoContext,
  { collectionId, faces }: { readonly collectionId: string; readonly faces: readonly StoredFace[] },
  transaction: Transaction,
): Promise<void> {
  const { session } = transaction
  if (faces.length === 0) return
  await context.tables.faces.insertMany(
    faces.map(({ id, crop, embedding, ...face }) => ({
      ...face,
      _id: id,
      collectionId,
      embedding: toBinary(embedding),
    })),
    { session },
  )
  const crops = faces.flatMap(({ id, crop }) =>
    crop ? [{ _id: id, bytes: new Binary(crop) }] : [],
  )
  if (crops.length > 0) await context.tables.crops.insertMany(crops, { session })
  const changes = faces.map(({ id }) => ({ kind: 'faceAdded', collectionId, faceId: id }) as const)
  await insertChanges(context, changes, transaction)
}
