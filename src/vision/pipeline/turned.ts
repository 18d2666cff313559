import { turnBoxBack, turnPointBack } from '../../core/geometry.ts'
import { toLogOdds } from '../../core/judge.ts'
import type { Detection, Landmarks5 } from '../../core/types.ts'
import type { AnalyzedFace, Turn } from '../analyzer/analyzer-types.ts'
import type { Detector } from './detectors/detector.ts'
import type { RgbImage } from './image.ts'
import { turnImage } from './image.ts'

/**
 * [Note: Turned pictures] A photograph without EXIF may lie on its side or its head. It is tried at
 * the other three turns, on a reduced copy, only where upright gives no face that is surely one and
 * can be compared: all of 700 upright LFW photographs have one of this confidence, turned ones 0.1 to
 * 1.6 % (from 0.99 on 99.6 and 0 to 0.9 %, for a second detection three times as often).
 * docs/decisions/0012-comparable-faces.md
 */
const sureConfidence = 0.98
/** A turn must be this sure of a face. */
const neededConfidence = 0.95
/** ... and its log-odds this much above those of the upright picture. */
const neededMargin = 1

/** Longest side of the reduced copy, as a share of the image's and pixels. */
const reducedShare = 0.64
const maxReducedSide = 400
const reducedOptions = {
  /** On the reduced copy, pixels. */
  minFaceSize: 20,
  maxFaces: 1_000,
  thresholds: [0.6, 0.7, 0.7],
  readTurned: false,
} as const

/** The faces that were read of an image at one turn. */
export interface Reading {
  readonly faces: readonly AnalyzedFace[]
}

/**
 * Reads an image, and where that gives nothing sure, the image turned.
 *
 * @param image  after its EXIF orientation
 * @param read   finds and measures the faces of a copy
 * @returns what was read and by which turn, in the frame of the turned copy
 */
export async function readUpright<R extends Reading>(
  image: RgbImage,
  detector: Detector,
  read: (copy: RgbImage) => Promise<R>,
): Promise<{ readonly reading: R; readonly turned: Turn }> {
  const upright = await read(image)
  const asGiven = { reading: upright, turned: 0 } as const
  if (isSure(upright, sureConfidence)) return asGiven
  const turned = await findTurn(detector, image, highestConfidence(upright))
  if (turned === undefined) return asGiven
  const reading = await read(await turnImage(image, { turn: turned }))
  // The reduced copy may have shown a face where the full picture has none.
  return isSure(reading, neededConfidence) ? { reading, turned } : asGiven
}

async function findTurn(
  detector: Detector,
  image: RgbImage,
  uprightConfidence: number,
): Promise<Exclude<Turn, 0> | undefined> {
  const scale = Math.min(reducedShare, maxReducedSide / Math.max(image.width, image.height))
  let best: Exclude<Turn, 0> | undefined
  let highest = neededConfidence
  for (const turn of [90, 180, 270] as const) {
    const { faces } = await detector.detect(await turnImage(image, { turn, scale }), reducedOptions)
    const confidence = Math.max(0, ...faces.map((face) => face.confidence))
    if (confidence < highest) continue
    best = turn
    highest = confidence
  }
  return toLogOdds(highest) - toLogOdds(uprightConfidence) >= neededMargin ? best : undefined
}

function isSure({ faces }: Reading, confidence: number): boolean {
  return faces.some((face) => isComparable(face) && face.detection.confidence >= confidence)
}

/** The highest confidence of the faces that can be compared; 0 without any. */
function highestConfidence({ faces }: Reading): number {
  return Math.max(0, ...faces.filter(isComparable).map((face) => face.detection.confidence))
}

function isComparable({ comparability }: AnalyzedFace): boolean {
  return comparability?.comparable ?? true
}

/** A detection of a turned copy in the frame of the image that was given. The landmarks keep their order. */
export function toGivenFrame(
  detection: Detection,
  given: { readonly width: number; readonly height: number; readonly turned: Turn },
): Detection {
  if (given.turned === 0) return detection
  return {
    ...detection,
    box: turnBoxBack(detection.box, given),
    landmarks: detection.landmarks.map((point) =>
      turnPointBack(point, given),
    ) as unknown as Landmarks5,
  }
}
