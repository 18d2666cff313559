import { FaceError } from '../core/errors.ts'
import { chooseMainFace, selectSureFaces } from '../core/face-choice.ts'
import type { Analysis, AnalyzedFace } from '../vision/analyzer/analyzer-types.ts'

/**
 * The one face of an image.
 *
 * Only detections that are surely faces count, where there are any.
 *
 * @param choice  `one`: the image must have exactly one face; `largest`: the largest counts
 * @param what    which image of the request, for the message
 * @throws {FaceError} `noFace`, `multipleFaces` with the number of faces in `info`
 */
export function chooseFace(
  analysis: Analysis,
  choice: 'one' | 'largest',
  what: string,
): AnalyzedFace {
  const candidates = analysis.faces.map((face) => ({
    face,
    detection: face.detection,
    reasons: face.comparability?.reasons ?? [],
  }))
  const main = chooseMainFace(candidates)
  if (main === undefined) throw new FaceError('noFace', { detail: `In ${what}.` })
  const { length } = selectSureFaces(candidates)
  if (choice === 'one' && length > 1) {
    throw new FaceError('multipleFaces', {
      detail: `${capitalised(what)} has ${length}; the option "faces" can choose the largest.`,
      info: { faces: length },
    })
  }
  return main.face
}

/** The embedding of a face that was analysed with an embedder. */
export function embeddingOf(face: AnalyzedFace): Float32Array {
  if (face.embedding === undefined) throw new FaceError('internal', { detail: 'No embedding.' })
  return face.embedding
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
