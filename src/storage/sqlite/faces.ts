import { assertMayEnroll } from '../../core/consent.ts'
import { FaceError } from '../../core/errors.ts'
import type { Collection } from '../ports/collections.ts'
import type {
  Face,
  FaceInImage,
  FaceStore,
  ModelEmbedding,
  NewFace,
  StoredFace,
} from '../ports/faces.ts'
import { toStoredEmbeddings } from '../rules/face-embeddings.ts'
import { toFaceInImage } from '../rules/face-in-image.ts'
import { scoreFace } from '../rules/face-score.ts'
import { toEnrolmentKind, toEntryId, toFaceChange } from '../rules/history.ts'
import { isSha256 } from '../rules/input-checks.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import { findAsideByImage, findAsideBySource } from './aside-faces.ts'
import { appendChange } from './changes.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import { appendEntry } from './history-rows.ts'
import type { SqlValue } from './libsql.ts'
import type { Lookups } from './lookups.ts'
import { findPerson, obtainPerson } from './persons.ts'
import { faceColumns, facesAndModel, readCrop, readFace, toEmbeddingBytes } from './rows.ts'
import { forgetFace, removeFaces } from './trash.ts'
import { revokeOwnRejections } from './trashed-statements.ts'

/** Faces, as {@link import('../database.ts').Database} says. */
export function createFaceOperations(
  context: StoreContext,
): Synchronous<Omit<FaceStore, 'move' | Lookups>> {
  const { db } = context

  function getFace(collectionId: string, faceId: string): Face {
    const row = isUlid(faceId)
      ? db.get(
          `SELECT ${faceColumns} FROM ${facesAndModel} WHERE faces.id = ? AND collection_id = ?`,
          [faceId, collectionId],
        )
      : undefined
    if (!row) throw new FaceError('faceNotFound')
    return readFace(row)
  }

  function insertFace(
    collection: Collection,
    personId: string,
    face: NewFace,
  ): Face & { readonly alreadyEnrolled: boolean } {
    const embeddings = toStoredEmbeddings(collection, face)
    const [, box] = toImageColumns(face)
    const stored = db.get(
      `SELECT ${faceColumns} FROM ${facesAndModel} WHERE person_id = ? AND image_hash = ? AND box = ?`,
      [personId, face.imageHash, box],
    )
    if (stored) return { ...readFace(stored), alreadyEnrolled: true }
    const { crop, imageHash } = face
    const source = { collectionId: collection.id, personId, imageHash, box }
    const aside = findAsideBySource(context, source)
    if (aside) return { ...aside, alreadyEnrolled: true }
    const id = context.newId()
    writeFace(context, collection.id, {
      ...toFaceInImage(face),
      imageHash,
      id,
      personId,
      embeddings,
      createdAt: context.now(),
      // The collection's setting wins over the caller's.
      ...(crop && collection.storeCrops ? { crop } : {}),
    })
    return { ...getFace(collection.id, id), alreadyEnrolled: false }
  }

  return {
    get: getFace,

    add(collectionId, person, faces) {
      const collection = findCollection(context, collectionId)
      const owner =
        typeof person === 'string'
          ? { person: findPerson(context, collectionId, person), isNew: false, transitions: [] }
          : obtainPerson(context, collectionId, person)
      const { id, consent } = owner.person
      const stored = faces.map((face) => insertFace(collection, id, face))
      const updated = findPerson(context, collectionId, id)
      const added = stored.filter(({ alreadyEnrolled }) => !alreadyEnrolled)
      if (added.length > 0) assertMayEnroll(collection.consent, consent, context.now())
      const entry = appendEntry(context, collectionId, {
        kind: toEnrolmentKind(added.length, owner.isNew),
        transitions: [
          ...owner.transitions,
          ...added.map((face) => toFaceChange(face.id, { to: id })),
        ],
      })
      if (added.length > 0 && !owner.isNew) {
        revokeOwnRejections(context, { collectionId, entryId: entry?.id }, [id])
      }
      return { person: updated, newPerson: owner.isNew, faces: stored, ...toEntryId(entry) }
    },

    list(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('faces', options)
      const conditions = ['collection_id = ?', 'faces.id > ?']
      const parameters: SqlValue[] = [collectionId, after]
      if (options.personId !== undefined) {
        if (!isUlid(options.personId)) return { items: [] }
        // The plus keeps the planner from walking through all faces of the collection.
        conditions[0] = '+collection_id = ?'
        conditions.push('person_id = ?')
        parameters.push(options.personId)
      }
      const rows = db.all(
        `SELECT ${faceColumns} FROM ${facesAndModel} WHERE ${conditions.join(' AND ')} ORDER BY faces.id LIMIT ?`,
        [...parameters, limit + 1],
      )
      return toPage('faces', rows.map(readFace), limit)
    },

    getCrop(collectionId, faceId) {
      getFace(collectionId, faceId)
      const row = db.get('SELECT bytes AS crop, place AS crop_place FROM crops WHERE face_id = ?', [
        faceId,
      ])
      return row && readCrop(row)
    },

    delete(collectionId, faceId, { undoable = false } = {}) {
      if (!undoable && isUlid(faceId) && forgetFace(context, collectionId, faceId)) return {}
      const { personId } = getFace(collectionId, faceId)
      const entry = appendEntry(context, collectionId, {
        kind: 'faceDeleted',
        transitions: [toFaceChange(faceId, { from: personId })],
      })
      removeFaces(context, { collectionId, ...(undoable ? { entryId: entry?.id } : {}) }, [faceId])
      return { entryId: entry?.id }
    },

    findByImage(collectionId, imageHash) {
      if (!isSha256(imageHash)) return []
      const rows = db.all(
        `SELECT ${faceColumns} FROM ${facesAndModel} WHERE collection_id = ? AND image_hash = ? ORDER BY faces.id`,
        [collectionId, imageHash],
      )
      const aside = findAsideByImage(context, collectionId, imageHash)
      return [...rows.map(readFace), ...aside].sort((a, b) => (a.id < b.id ? -1 : 1))
    },
  }
}

/** Quality, box and landmarks as JSON; `null` where there was no image. */
function toImageColumns(face: Partial<FaceInImage>): readonly [string, string, string] {
  const { quality = null, box = null, landmarks = null } = toFaceInImage(face)
  return [JSON.stringify(quality), JSON.stringify(box), JSON.stringify(landmarks)]
}

/** A face as it is written. */
type WrittenFace = Omit<StoredFace, 'hasCrop' | 'modelId' | 'embedding'> & {
  readonly embeddings: readonly ModelEmbedding[]
}

/**
 * Writes a face with its embeddings, and a change for each of them. Nothing happens when its id, or the person's face of the same place
 * in the same image, is there.
 */
export function writeFace(context: StoreContext, collectionId: string, face: WrittenFace): void {
  const written = context.db.run(
    'INSERT INTO faces (id, collection_id, person_id, quality, box, landmarks, image_hash, ' +
      'created_at, cover_score) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ' +
      'ON CONFLICT DO NOTHING',
    [
      ...[face.id, collectionId, face.personId, ...toImageColumns(face), face.imageHash],
      ...[face.createdAt, face.crop ? scoreFace(face.quality) : null],
    ],
  )
  if (written === 0) return
  if (face.crop) {
    const { bytes, place } = face.crop
    context.db.run('INSERT INTO crops (face_id, bytes, place) VALUES (?, ?, ?)', [
      face.id,
      bytes,
      place === undefined ? null : JSON.stringify(place),
    ])
  }
  for (const embedding of face.embeddings) {
    writeEmbedding(context, { ...embedding, collectionId, faceId: face.id })
  }
}

/**
 * Writes an embedding of a face, and its change.
 *
 * @returns whether it was not there
 */
export function writeEmbedding(
  context: StoreContext,
  {
    collectionId,
    faceId,
    modelId,
    embedding,
  }: ModelEmbedding & { readonly collectionId: string; readonly faceId: string },
): boolean {
  const written = context.db.run(
    'INSERT INTO embeddings (face_id, model_id, embedding) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    [faceId, modelId, toEmbeddingBytes(embedding)],
  )
  if (written > 0) appendChange(context, { kind: 'faceAdded', collectionId, faceId, modelId })
  return written > 0
}
