import { isDeepStrictEqual } from 'node:util'
import type { FaceCrop, FacePlace, Landmarks5 } from '../core/types.ts'
import type { Database } from '../storage/database.ts'
import { eachPage } from '../storage/iterate.ts'
import type { Face, FaceInImage, StoredFace } from '../storage/ports/faces.ts'
import type { PageOptions } from '../storage/ports/pages.ts'
import type { Person } from '../storage/ports/persons.ts'
import type { MovedStatement, MovedSubject } from '../storage/ports/transfer.ts'
import { toFaceInImage } from '../storage/rules/face-in-image.ts'
import type { StepTracker } from './options.ts'

/** A person as it is moved; how many faces it has follows from them. */
export type PersonRecord = Omit<Person, 'faceCount'>

/** A collection's content: persons, faces and what was said of them, each in id order, in batches. */
export interface RecordSource {
  persons(): AsyncIterable<readonly PersonRecord[]>
  faces(): AsyncIterable<readonly StoredFace[]>
  statements(): AsyncIterable<readonly MovedStatement[]>
}

/** Persons in a batch; about 200 bytes each, at most 17 KiB. */
const personBatch = 500
/** Faces in a batch; 2 KiB each at 512 dimensions, about 10 KiB more with a crop. */
const faceBatch = 256

/** The content of a collection of a store, as it is when it is read. */
export function createStoreSource(store: Database, collectionId: string): RecordSource {
  return {
    async *persons() {
      const load = (options: PageOptions) => store.persons.list(collectionId, options)
      for await (const persons of eachPage(load, { limit: personBatch })) {
        if (persons.length > 0) yield persons.map(toPersonRecord)
      }
    },

    faces: () => eachBatch((range) => store.transfer.readFaces(collectionId, range)),
    statements: () => eachBatch((range) => store.transfer.readStatements(collectionId, range)),
  }
}

/** All records of a collection that are read by their id. */
async function* eachBatch<T extends { readonly id: string }>(
  read: (range: { readonly after: string; readonly limit: number }) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  let after = ''
  for (;;) {
    const records = await read({ after, limit: faceBatch })
    if (records.length > 0) yield records
    // Not only when there are none: a busy store always has a new one.
    if (records.length < faceBatch) return
    after = records.at(-1)!.id
  }
}

/** The batches as they pass, counted. */
export async function* trackBatches<T>(
  batches: AsyncIterable<readonly T[]>,
  tracker: StepTracker,
): AsyncGenerator<readonly T[]> {
  for await (const batch of batches) {
    yield batch
    tracker.advance(batch.length)
  }
}

/** The person without what is counted, keys in one order. */
export function toPersonRecord(person: PersonRecord): PersonRecord {
  const { id, name, aliases, externalId, notes, metadata, coverFaceId } = person
  const { hidden, favourite, revision, lastSeenAt, createdAt, updatedAt } = person
  return {
    ...{ id, name, aliases },
    ...(externalId === undefined ? {} : { externalId }),
    ...(notes === undefined ? {} : { notes }),
    metadata,
    ...(coverFaceId === undefined ? {} : { coverFaceId }),
    ...{ hidden, favourite, revision },
    ...(lastSeenAt === undefined ? {} : { lastSeenAt }),
    ...{ createdAt, updatedAt },
  }
}

/** The fields of a face without embedding and crop, with their keys in one order. */
export function toFaceRecord(face: Omit<Face, 'hasCrop'>): Omit<Face, 'hasCrop'> {
  const { id, personId, modelId, missingEmbedding, imageHash, createdAt } = face
  const missing = missingEmbedding ? { missingEmbedding } : {}
  return { id, personId, modelId, ...missing, ...toImageRecord(face), imageHash, createdAt }
}

/** What was said, keys in one order. */
export function toStatementRecord(statement: MovedStatement): MovedStatement {
  const { id, kind, personId, of, createdAt, createdBy } = statement
  const { kind: actor, id: actorId, name } = createdBy
  return {
    ...{ id, kind, personId, of: toSubjectRecord(of), createdAt },
    createdBy: { kind: actor, id: actorId, name },
  }
}

function toSubjectRecord(of: MovedSubject): MovedSubject {
  if ('faceId' in of) return { faceId: of.faceId }
  const { imageHash, box, embedding } = of
  return {
    imageHash,
    ...(box && { box: { x: box.x, y: box.y, width: box.width, height: box.height } }),
    ...(embedding && { embedding }),
  }
}

/** Whether a probe could be compared with it where it comes, with the one model that is moved. */
export function isMovable({ of }: MovedStatement): boolean {
  return 'faceId' in of || of.embedding !== undefined
}

/** The place of a face in its crop, keys in one order. */
export function toPlace({ box, landmarks }: FacePlace): FacePlace {
  const { x, y, width, height } = box
  return { box: { x, y, width, height }, landmarks: toPoints(landmarks) }
}

function toImageRecord(face: Omit<Face, 'hasCrop'>): Partial<FaceInImage> {
  const { quality, box, landmarks } = toFaceInImage(face)
  if (!quality || !box || !landmarks) return {}
  const { sizePx, sharpness, brightness, pose, confidence } = quality
  const { yaw, pitch, roll } = pose
  return {
    quality: { sizePx, sharpness, brightness, pose: { yaw, pitch, roll }, confidence },
    box,
    landmarks: toPoints(landmarks),
  }
}

function toPoints([a, b, c, d, e]: Landmarks5): Landmarks5 {
  return [toPoint(a), toPoint(b), toPoint(c), toPoint(d), toPoint(e)]
}

function toPoint({ x, y }: { readonly x: number; readonly y: number }) {
  return { x, y }
}

/** Whether two persons say the same; when and how often they were changed or seen does not count. */
export function isSamePerson(a: PersonRecord, b: PersonRecord): boolean {
  return isDeepStrictEqual(toSaid(a), toSaid(b))
}

/**
 * The same for a person of an export, whose cover may be a face that was removed while it was written:
 * then nobody has it where the export was restored.
 */
export function isSameMovedPerson(a: PersonRecord, b: PersonRecord): boolean {
  const { coverFaceId: _, ...rest } = a
  return isSamePerson(b.coverFaceId === undefined ? rest : a, b)
}

function toSaid(person: PersonRecord): unknown {
  const { revision: _, lastSeenAt: _seen, updatedAt: _changed, ...said } = toPersonRecord(person)
  return said
}

// Embeddings that protected collections hold are rotated and rotated back, each time with an error of
// at most 2e-7 in values up to 1, see [Note: Protected templates].
const embeddingTolerance = 1e-6

/** Whether two faces are the same: the crop bit for bit, the embedding but for its last digits. */
export function isSameFace(a: StoredFace, b: StoredFace): boolean {
  return (
    JSON.stringify(toFaceRecord(a)) === JSON.stringify(toFaceRecord(b)) &&
    isSameEmbedding(a.embedding, b.embedding) &&
    isSameView(a.crop?.bytes, b.crop?.bytes) &&
    toPlaceText(a.crop) === toPlaceText(b.crop)
  )
}

/** Whether two statements are the same, embeddings but for their last digits. */
export function isSameStatement(a: MovedStatement, b: MovedStatement): boolean {
  const [first, second] = [toStatementRecord(a), toStatementRecord(b)]
  return (
    isDeepStrictEqual(withoutEmbedding(first), withoutEmbedding(second)) &&
    isSameEmbedding(embeddingOf(first), embeddingOf(second))
  )
}

function embeddingOf({ of }: MovedStatement): Float32Array | undefined {
  return 'faceId' in of ? undefined : of.embedding
}

function withoutEmbedding({ of, ...rest }: MovedStatement): unknown {
  if ('faceId' in of) return { ...rest, of }
  const { embedding: _, ...subject } = of
  return { ...rest, of: subject }
}

function isSameEmbedding(a: Float32Array | undefined, b: Float32Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.length !== b.length) return false
  return a.every((value, i) => Math.abs(value - (b[i] as number)) <= embeddingTolerance)
}

function isSameView(a: ArrayBufferView | undefined, b: ArrayBufferView | undefined): boolean {
  return a === undefined || b === undefined ? a === b : toBytes(a).equals(toBytes(b))
}

function toPlaceText(crop: FaceCrop | undefined): string | undefined {
  return crop?.place && JSON.stringify(toPlace(crop.place))
}

/** The bytes under a view, not copied. */
export function toBytes(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}
