import { FaceError } from '../../core/errors.ts'
import type { EmbeddingSet } from '../ports/collections.ts'
import type { Statement, StatementEmbedding, StatementStore } from '../ports/statements.ts'
import { toFaceInImage } from '../rules/face-in-image.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import {
  assertMayBeMore,
  ownFaceRejected,
  toStatementEmbedding,
  toStatementSource,
} from '../rules/statements.ts'
import { findCollection, type MongoContext, readInCollection, readWithModel } from './context.ts'
import { addToCounts } from './counters.ts'
import { readEmbedding, toBinary, toEmbeddingId } from './documents.ts'
import { readOwnFaces, toStatementKey } from './own-rejections.ts'
import type { FaceDocument, StatementDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

interface ReadStatement extends Pick<StatementDocument, '_id' | 'kind' | 'personId'> {
  readonly own?: StatementDocument['embeddings']
  readonly ofFace: readonly {
    readonly embedding: NonNullable<StatementDocument['embeddings']>[0]['embedding']
  }[]
}

/** One model's embeddings of what was said of these persons, with one request. */
export async function readStatementEmbeddings(
  { tables: { statements, embeddings } }: MongoContext,
  { modelId }: EmbeddingSet,
  personIds: readonly string[],
): Promise<readonly StatementEmbedding[]> {
  const wanted = personIds.filter(isUlid)
  if (wanted.length === 0) return []
  const found = await statements
    .aggregate<ReadStatement>([
      { $match: { personId: { $in: wanted } } },
      {
        $project: {
          kind: 1,
          personId: 1,
          own: {
            $filter: {
              input: { $ifNull: ['$embeddings', []] },
              cond: { $eq: ['$$this.modelId', { $literal: modelId }] },
            },
          },
          // Statements of stored faces have the embeddings of the faces.
          embeddingId: {
            $concat: [{ $ifNull: ['$faceId', ''] }, { $literal: toEmbeddingId('', { modelId }) }],
          },
        },
      },
      {
        $lookup: {
          from: embeddings.collectionName,
          localField: 'embeddingId',
          foreignField: '_id',
          as: 'ofFace',
        },
      },
    ])
    .toArray()
  return found.flatMap(({ _id: id, kind, personId, own = [], ofFace }) =>
    [...own, ...ofFace].map((one) => ({ id, kind, personId, embedding: readEmbedding(one) })),
  )
}

/** What a statement tells of the stored face that it was said of. */
function toSaidFace(
  face: Pick<FaceDocument, 'personId' | 'hasCrop'> | undefined,
): Pick<Statement, 'facePersonId' | 'hasCrop'> {
  if (face === undefined) return { hasCrop: false }
  return { facePersonId: face.personId, hasCrop: face.hasCrop }
}

/** What was said of faces and persons, as {@link StatementStore} says. */
export function createStatementOperations(context: MongoContext): StatementStore {
  const { statements, persons, faces, embeddings } = context.tables

  /** Statements as they are answered. */
  async function toStatements(
    modelId: string,
    found: readonly StatementDocument[],
    transaction?: Transaction,
  ): Promise<readonly Statement[]> {
    const faceIds = found.flatMap(({ faceId }) => faceId ?? [])
    const ids = faceIds.map((faceId) => toEmbeddingId(faceId, { modelId }))
    const session = transaction && { session: transaction.session }
    const isAny = faceIds.length > 0
    const ofFaces = isAny
      ? await embeddings
          .find({ _id: { $in: ids } }, { ...session, projection: { faceId: 1 } })
          .toArray()
      : []
    const stored = isAny
      ? await faces
          .find({ _id: { $in: faceIds } }, { ...session, projection: { personId: 1, hasCrop: 1 } })
          .toArray()
      : []
    const embedded = new Set(ofFaces.map(({ faceId }) => faceId))
    const faceOf = new Map(stored.map((face) => [face._id, face]))
    return found.map((document) => ({
      id: document._id,
      kind: document.kind,
      personId: document.personId,
      ...(document.faceId === undefined ? {} : { faceId: document.faceId }),
      ...toSaidFace(faceOf.get(document.faceId ?? '')),
      imageHash: document.imageHash,
      inForce:
        document.faceId === undefined
          ? (document.embeddings ?? []).some((one) => one.modelId === modelId)
          : embedded.has(document.faceId),
      createdAt: document.createdAt,
      createdBy: document.createdBy,
    }))
  }

  async function readStatements(
    collectionId: string,
    read: () => Promise<readonly StatementDocument[]>,
  ): Promise<readonly Statement[]> {
    const result = await readWithModel(context, collectionId, read)
    return result ? toStatements(result.modelId, result.found) : []
  }

  /** @throws {FaceError} `faceNotFound` */
  async function findFace(
    collectionId: string,
    faceId: string,
    { session }: Transaction,
  ): Promise<FaceDocument> {
    // Written, so that it is not deleted beside this transaction.
    const face = isUlid(faceId)
      ? await faces.findOneAndUpdate(
          { _id: faceId, collectionId },
          { $inc: { fills: 1 } },
          { session },
        )
      : null
    if (!face) throw new FaceError('faceNotFound')
    return face
  }

  return {
    add: (collectionId, personId, { kind, of }) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const collection = await findCollection(context, collectionId, transaction)
        // Written, so that two of one person, or its deletion, do not run beside one another.
        const { matchedCount } = isUlid(personId)
          ? await persons.updateOne(
              { _id: personId, collectionId },
              { $inc: { statements: 1 } },
              { session },
            )
          : { matchedCount: 0 }
        if (matchedCount === 0) throw new FaceError('personNotFound')
        const face =
          'faceId' in of ? await findFace(collectionId, of.faceId, transaction) : undefined
        const said = 'faceId' in of ? undefined : of
        const embedding = said && toStatementEmbedding(collection, said)
        const imageHash = said?.imageHash ?? (face as FaceDocument).imageHash
        const box = said ? said.box : toFaceInImage(face as FaceDocument).box
        const source = toStatementSource({ imageHash, ...(box ? { box } : {}) })
        if (kind === 'rejection') {
          const own = await readOwnFaces(context, [{ personId, imageHash }], transaction)
          if (own.has(toStatementKey({ personId, source }))) throw ownFaceRejected()
        }
        const same = await statements.findOne({ personId, source }, { session })
        const [older] = same ? await toStatements(collection.modelId, [same], transaction) : []
        if (older?.kind === kind) return { statement: older, alreadyStated: true }
        if (older) await statements.deleteOne({ _id: older.id }, { session })
        else assertMayBeMore(await statements.countDocuments({ personId }, { session }))
        const document: StatementDocument = {
          ...{ _id: context.newId(), collectionId, personId, kind, imageHash, source },
          ...('faceId' in of ? { faceId: of.faceId } : {}),
          ...(embedding && {
            embeddings: [{ modelId: embedding.modelId, embedding: toBinary(embedding.embedding) }],
          }),
          createdAt: context.now(),
          createdBy: context.caller.actor,
        }
        await statements.insertOne(document, { session })
        const rejections = kind === 'rejection' ? 1 : older ? -1 : 0
        await addToCounts(context, collectionId, { transaction, persons: 0, faces: 0, rejections })
        const [statement] = await toStatements(collection.modelId, [document], transaction)
        return {
          statement: statement as Statement,
          alreadyStated: false,
          ...(older && { revoked: older }),
        }
      }, personId),

    async get(collectionId, id) {
      const read = () => statements.find({ _id: id, collectionId }).toArray()
      const [statement] = isUlid(id) ? await readStatements(collectionId, read) : []
      if (!statement) throw new FaceError('statementNotFound')
      return statement
    },

    async list(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('statements', options)
      const { personId, kind } = options
      if (personId !== undefined && !isUlid(personId)) return { items: [] }
      const read = () =>
        statements
          .find({
            collectionId,
            _id: { $gt: after },
            ...(personId === undefined ? {} : { personId }),
            ...(kind === undefined ? {} : { kind }),
          })
          .sort({ _id: 1 })
          .limit(limit + 1)
          .toArray()
      return toPage('statements', await readStatements(collectionId, read), limit)
    },

    embeddings: (set, personId) =>
      readInCollection(context, set.id, {
        read: () => readStatementEmbeddings(context, set, [personId]),
        none: [],
      }),

    revoke: (collectionId, id) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const removed = isUlid(id)
          ? await statements.findOneAndDelete({ _id: id, collectionId }, { session })
          : null
        if (!removed) throw new FaceError('statementNotFound')
        const rejections = removed.kind === 'rejection' ? -1 : 0
        await addToCounts(context, collectionId, { transaction, persons: 0, faces: 0, rejections })
      }),
  }
}
