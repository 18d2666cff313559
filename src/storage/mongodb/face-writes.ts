import { Binary } from 'mongodb'
import type { Face, StoredFace } from '../ports/faces.ts'
import { toFaceInImage } from '../rules/face-in-image.ts'
import type { MongoContext } from './context.ts'
import { faceProjection, toBinary, toFace } from './documents.ts'
import { insertChanges } from './feed.ts'
import type { Transaction } from './transactions.ts'

/** The place of a face in the image it came from: two faces of a person with one place are the same. */
export function toSource(face: Omit<Face, 'id' | 'hasCrop' | 'createdAt'>): string {
  return JSON.stringify([face.personId, face.imageHash, toFaceInImage(face).box ?? null])
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
