import { boxArea } from './geometry.ts'
import type { Detection, UndeterminedReason } from './types.ts'

/** The facts that tell whether a detection is a face. */
export interface FaceCandidate {
  readonly detection: Pick<Detection, 'box' | 'confidence'>
  /** Why it cannot be compared; absent or empty when it can, or when nobody looked. */
  readonly reasons?: readonly UndeterminedReason[]
}

/**
 * A detector that is less sure than this is wrong too often to outrank a sure face: 95 % of LFW's
 * faces have a confidence above 0.999, a torso had 0.82 and a false second face in the hair 0.85.
 */
const sureConfidence = 0.95

/**
 * The detections that count when an image is asked for its one face: those that are surely faces,
 * or all of them when none is. A face that is sure and cannot be compared counts, so that
 * a second person is never overlooked.
 *
 * @returns in the order given
 */
export function selectSureFaces<F extends FaceCandidate>(faces: readonly F[]): readonly F[] {
  const sure = faces.filter(isSure)
  return sure.length > 0 ? sure : faces
}

/** The face that an image is about: the largest of {@link selectSureFaces}; `undefined` without faces. */
export function chooseMainFace<F extends FaceCandidate>(faces: readonly F[]): F | undefined {
  let main: F | undefined
  for (const face of selectSureFaces(faces)) {
    if (main === undefined || boxArea(face.detection.box) > boxArea(main.detection.box)) main = face
  }
  return main
}

function isSure({ detection, reasons = [] }: FaceCandidate): boolean {
  return detection.confidence >= sureConfidence && !reasons.includes('notAFace')
}
