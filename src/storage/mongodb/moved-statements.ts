import type { MovedStatement, MovedSubject, TransferStore } from '../ports/transfer.ts'
import { isUlid } from '../rules/pages.ts'
import { assertMovable, parseStatementSource, toStatementSource } from '../rules/statements.ts'
import { findCollection, type MongoContext, readWithModel } from './context.ts'
import { addToCounts } from './counters.ts'
import { readEmbedding, toBinary } from './documents.ts'
import { readOwnFaces, toSaidSource, toStatementKey } from './own-rejections.ts'
import type { FaceDocument, StatementDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

/** The methods of transfers that are here. */
export type StatementMoves = 'readStatements' | 'restoreStatements'

/** Moving what was said, as {@link TransferStore} says. */
export function createStatementMoves(context: MongoContext): Pick<TransferStore, StatementMoves> {
  const { statements, persons, faces } = context.tables

  /**
   * The persons and faces of statements that are there. They are written, so that they are not removed
   * beside this transaction.
   */
  async function holdSubjects(
    collectionId: string,
    given: readonly MovedStatement[],
    { session }: Transaction,
  ): Promise<{
    readonly personIds: ReadonlySet<string>
    readonly faces: ReadonlyMap<string, FaceDocument>
  }> {
    const wanted = [...new Set(given.map(({ personId }) => personId))].filter(isUlid)
    const said = given.flatMap(({ of }) => ('faceId' in of ? [of.faceId] : []))
    const owners = { _id: { $in: wanted }, collectionId }
    const those = { _id: { $in: [...new Set(said)].filter(isUlid) }, collectionId }
    await persons.updateMany(owners, { $inc: { statements: 1 } }, { session })
    await faces.updateMany(those, { $inc: { fills: 1 } }, { session })
    const [foundPersons, foundFaces] = [
      await persons.find(owners, { session, projection: { _id: 1 } }).toArray(),
      await faces.find(those, { session }).toArray(),
    ]
    return {
      personIds: new Set(foundPersons.map(({ _id }) => _id)),
      faces: new Map(foundFaces.map((face) => [face._id, face])),
    }
  }

  return {
    async readStatements(collectionId, { after = '', limit }) {
      const read = () =>
        statements
          .find({ collectionId, _id: { $gt: after } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray()
      const result = await readWithModel(context, collectionId, read)
      if (!result) return []
      return result.found.map((document) => toMovedStatement(document, result.modelId))
    },

    restoreStatements: (collectionId, given) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const collection = await findCollection(context, collectionId, transaction)
        for (const statement of given) assertMovable(collection, statement)
        const held = await holdSubjects(collectionId, given, transaction)
        const documents = given.flatMap((statement): StatementDocument[] => {
          const { id, kind, personId, of, createdAt, createdBy } = statement
          const face = 'faceId' in of ? held.faces.get(of.faceId) : undefined
          const subject =
            'faceId' in of ? face && toFaceSubject(face) : toSubject(of, collection.modelId)
          if (!subject || !held.personIds.has(personId)) return []
          return [{ _id: id, collectionId, kind, personId, ...subject, createdAt, createdBy }]
        })
        const known = await statements
          .find(
            {
              $or: [
                { _id: { $in: documents.map(({ _id }) => _id) } },
                { personId: { $in: [...held.personIds] } },
              ],
            },
            { session, projection: { personId: 1, source: 1 } },
          )
          .toArray()
        const taken = new Set(known.flatMap((one) => [one._id, toStatementKey(one)]))
        const own = await readOwnFaces(context, documents, transaction)
        const missing = documents.filter((document) => {
          if (document.kind === 'rejection' && own.has(toStatementKey(document))) return false
          if (taken.has(document._id) || taken.has(toStatementKey(document))) return false
          taken.add(document._id).add(toStatementKey(document))
          return true
        })
        if (missing.length === 0) return
        await statements.insertMany(missing, { session })
        const rejections = missing.filter(({ kind }) => kind === 'rejection').length
        await addToCounts(context, collectionId, { transaction, persons: 0, faces: 0, rejections })
      }),
  }
}

type Subject = Pick<StatementDocument, 'faceId' | 'imageHash' | 'source' | 'embeddings'>

/** There is one of each person about each face of an image. */
function toFaceSubject(face: FaceDocument): Subject {
  return { faceId: face._id, imageHash: face.imageHash, source: toSaidSource(face) }
}

function toSubject(
  of: Exclude<MovedSubject, { readonly faceId: string }>,
  modelId: string,
): Subject {
  const { imageHash, embedding } = of
  return {
    ...{ imageHash, source: toStatementSource(of) },
    ...(embedding && { embeddings: [{ modelId, embedding: toBinary(embedding) }] }),
  }
}

function toMovedStatement(document: StatementDocument, modelId: string): MovedStatement {
  const { _id: id, kind, personId, faceId, source, createdAt, createdBy } = document
  const own = (document.embeddings ?? []).find((one) => one.modelId === modelId)
  const of =
    faceId === undefined
      ? { ...parseStatementSource(source), ...(own && { embedding: readEmbedding(own) }) }
      : { faceId }
  return { id, kind, personId, of, createdAt, createdBy }
}
