import { arcFacePoints, estimateSimilarity } from '../../core/alignment.ts'
import { computeAsymmetry } from '../../core/asymmetry.ts'
import { isFaceError } from '../../core/errors.ts'
import type { Judge } from '../../core/judge.ts'
import { computeQuality } from '../../core/quality.ts'
import type { Detection } from '../../core/types.ts'
import type { AnalyzedFace } from '../analyzer/analyzer-types.ts'
import type { CropEmbedding, Embedder } from './embedders/embedder.ts'
import { toAlignedTransform, toBoxTransform, toTurnedBoxTransform } from './face-frames.ts'
import type { PyramidLevel } from './pixels/levels.ts'
import { toLuma } from './pixels/luma.ts'
import type { CropTransform } from './pixels/warp.ts'
import { computeShareOutside, warpCrop } from './pixels/warp.ts'

/** Quality is measured on this crop whatever the embedder, so that its thresholds mean the same for all. */
const qualityPoints = arcFacePoints
const qualitySize = 112

export interface MeasuredFaces {
  readonly faces: readonly AnalyzedFace[]
  readonly alignMs: number
  readonly embedMs: number
}

/**
 * Aligns, measures and embeds the faces of one image, as many at a time as the embedder takes.
 *
 * A detection whose landmarks coincide is left out: it has no direction, so it is no face.
 *
 * @param levels     the image's pyramid, the full image first
 * @param detections  image pixels
 */
export async function measureFaces(
  levels: readonly PyramidLevel[],
  detections: readonly Detection[],
  embedder: Embedder | undefined,
): Promise<MeasuredFaces> {
  const usable = detections.filter(isAlignable)
  const faces: AnalyzedFace[] = []
  let alignMs = 0
  let embedMs = 0
  const batch = embedder?.batch ?? usable.length
  for (let at = 0; at < usable.length; at += batch) {
    const started = performance.now()
    const detections = usable.slice(at, at + batch)
    const crops = embedder ? detections.map((each) => cutFace(levels, each, embedder)) : []
    const measured = detections.map((detection, i) => {
      const transform = toAlignedTransform(detection.landmarks, qualityPoints)
      const outside = computeShareOutside(levels[0]!, transform, qualitySize)
      const crop = crops[i]
      // Black parts would count as edges and darkness.
      const grey =
        crop && embedder && outside === 0 && hasQualityFrame(embedder)
          ? toLuma(crop, qualitySize)
          : cutGrey(levels, transform)
      return {
        detection,
        quality: computeQuality(detection, grey, qualitySize),
        outside,
        asymmetry: computeAsymmetry(grey, qualitySize),
      }
    })
    const aligned = performance.now()
    const embeddings = embedder ? await embedder.embed(crops) : []
    embedMs += performance.now() - aligned
    alignMs += aligned - started
    for (const [i, face] of measured.entries()) {
      const answer = embeddings[i]
      faces.push(answer === undefined ? face : addEmbedding(face, answer, embedder?.judge))
    }
  }
  return { faces, alignMs, embedMs }
}

function addEmbedding(
  face: AnalyzedFace,
  { embedding, rawNorms }: CropEmbedding,
  judge: Judge | undefined,
): AnalyzedFace {
  if (rawNorms === undefined) return { ...face, embedding }
  const embedded = { ...face, embedding, rawNorms }
  return judge === undefined
    ? embedded
    : { ...embedded, comparability: judge.assess({ ...face, embedding, rawNorms }) }
}

function isAlignable({ landmarks }: Detection): boolean {
  try {
    estimateSimilarity(landmarks, qualityPoints)
    return true
  } catch (error) {
    if (isFaceError(error, 'degenerateLandmarks')) return false
    throw error
  }
}

/** [3 x size x size] in the embedder's frame. */
function cutFace(
  levels: readonly PyramidLevel[],
  detection: Detection,
  { sizePx, referencePoints, turnedBoxMargin }: Embedder,
): Float32Array {
  const { box, landmarks } = detection
  if (referencePoints !== undefined) {
    return warpCrop(levels, toAlignedTransform(landmarks, referencePoints), {
      size: sizePx,
    })
  }
  const transform =
    turnedBoxMargin === undefined
      ? toBoxTransform(box, levels[0]!, sizePx)
      : toTurnedBoxTransform(detection, turnedBoxMargin, sizePx)
  return warpCrop(levels, transform, { size: sizePx })
}

function cutGrey(levels: readonly PyramidLevel[], transform: CropTransform): Float32Array {
  return toLuma(warpCrop(levels, transform, { size: qualitySize, edge: 'repeat' }), qualitySize)
}

/** Whether the embedder's crop is the one that quality is measured on, so that it is cut only once. */
function hasQualityFrame({ sizePx, referencePoints }: Embedder): boolean {
  return (
    sizePx === qualitySize &&
    qualityPoints.every((point, i) => {
      const other = referencePoints?.[i]
      return other?.x === point.x && other.y === point.y
    })
  )
}
