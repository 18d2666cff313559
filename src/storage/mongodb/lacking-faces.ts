import type { LackingFace, SecondModelStore } from '../ports/second-models.ts'
import { toFaceInImage } from '../rules/face-in-image.ts'
import { type MongoContext, readInCollection } from './context.ts'
import { readCounts } from './counters.ts'
import { toCrop } from './documents.ts'
import { embeddingsByModel, facesByCollection } from './schema.ts'

// Most faces may have an embedding, so more ids are read each time, up to a megabyte of them.
const growth = 4
const maxIdsRead = 20_000

/** The faces that lack an embedding, as {@link SecondModelStore} says. */
export function createLackingFaces(
  context: MongoContext,
): Pick<SecondModelStore, 'lacking' | 'countLacking'> {
  const { collections, faces, embeddings, crops } = context.tables

  async function readFaces(ids: readonly string[]): Promise<readonly LackingFace[]> {
    if (ids.length === 0) return []
    const those = { _id: { $in: [...ids] } }
    const [found, itsCrops] = await Promise.all([
      faces
        .find(those, { projection: { personId: 1, quality: 1, box: 1, landmarks: 1 } })
        .sort({ _id: 1 })
        .toArray(),
      crops.find(those).toArray(),
    ])
    const cropOf = new Map(itsCrops.map((crop) => [crop._id, crop]))
    return found.map((document) => {
      const { _id: faceId, personId } = document
      const { quality } = toFaceInImage(document)
      const crop = cropOf.get(faceId)
      return {
        ...{ faceId, personId },
        ...(quality === undefined ? {} : { confidence: quality.confidence }),
        ...(crop === undefined ? {} : { crop: toCrop(crop) }),
      }
    })
  }

  return {
    // Two lists in one order, each read from its index alone; a join would look up each face.
    async lacking({ id: collectionId, modelId }, { after = '', limit }) {
      const lacking: string[] = []
      let last = after
      for (let size = limit; ; size = Math.min(size * growth, maxIdsRead)) {
        const read = () =>
          faces
            .find({ collectionId, _id: { $gt: last } }, { projection: { _id: 1 } })
            .sort({ _id: 1 })
            .limit(size)
            .hint(facesByCollection)
            .toArray()
        const ids = (await readInCollection(context, collectionId, { read, none: [] })).map(
          ({ _id }) => _id,
        )
        const end = ids.at(-1)
        if (end === undefined) break
        const range = { collectionId, modelId, faceId: { $gt: last, $lte: end } }
        const found = await embeddings
          .find(range, { projection: { _id: 0, faceId: 1 } })
          .hint(embeddingsByModel)
          .toArray()
        const filled = new Set(found.map(({ faceId }) => faceId))
        lacking.push(...ids.filter((id) => !filled.has(id)))
        last = end
        if (lacking.length >= limit || ids.length < size) break
      }
      return readFaces(lacking.slice(0, limit))
    },

    // In a transaction, as the difference of two counts of one moment: every embedding has its face.
    countLacking: ({ id: collectionId, modelId }) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        if ((await collections.findOne({ _id: collectionId }, { session })) === null) return 0
        const counts = await readCounts(context, collectionId, transaction)
        const filled = await embeddings.countDocuments({ collectionId, modelId }, { session })
        return counts.faces - filled
      }),
  }
}
