import { scoreFace } from '../rules/face-score.ts'
import type { FaceDocument, Tables } from './tables.ts'

/** All that is read to show persons; see [Note: Cover scores] in face-score.ts. */
export const facesByCoverScore = 'facesByCoverScore'

const batchSize = 1000

/**
 * Gives the faces of earlier programs that have a crop their scores. It may be done again, by several
 * processes at once. Faces that an earlier program adds meanwhile have none, and do not show anybody.
 */
export async function fillCoverScores({ faces, meta }: Tables): Promise<void> {
  const lacking = { hasCrop: true, coverScore: { $exists: false } }
  for (let after = ''; ; ) {
    const found: FaceDocument[] = await faces
      .find({ ...lacking, _id: { $gt: after } }, { projection: { quality: 1 } })
      .sort({ _id: 1 })
      .limit(batchSize)
      .toArray()
    const last = found.at(-1)
    if (last === undefined) break
    const updates = found.map(({ _id, quality }) => ({
      updateOne: { filter: { _id }, update: { $set: { coverScore: scoreFace(quality) } } },
    }))
    await faces.bulkWrite(updates, { ordered: false })
    after = last._id
  }
  await meta.updateOne({ _id: 'database' }, { $set: { coverScores: true } })
}
