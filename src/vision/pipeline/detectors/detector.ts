import { FaceError } from '../../../core/errors.ts'
import type { Detection } from '../../../core/types.ts'
import type { DetectorOptions } from '../../analyzer/analyzer-types.ts'
import type { RgbImage } from '../image.ts'
import type { PyramidLevel } from '../pixels/levels.ts'

export interface ResolvedDetectorOptions {
  readonly minFaceSize: number
  readonly maxFaces: number
  readonly thresholds: readonly [number, number, number]
  readonly readTurned: boolean
}

/** Thresholds of the three stages as published with MTCNN (Zhang et al. 2016). */
export const defaultThresholds: readonly [number, number, number] = [0.6, 0.7, 0.7]

/** The model whose networks find faces; there is no other. */
export const detectorId = 'mtcnn'

/**
 * Smallest face that is looked for, pixels. With 40 (and the detector's second try) no face of LFW's
 * 7,701 protocol images is missed.
 */
export const defaultMinFaceSize = 40

/** Smallest face of the second try, pixels; it is made with the default when nothing was found. */
export const retryMinFaceSize = 30

/** Most faces of an image: bounds the embedder's work and the answer for photographs of crowds. */
export const defaultMaxFaces = 100

/** The first network's window; a smaller face would need an enlarged image. */
const smallestFace = 12

export interface DetectionResult {
  /** Largest first, at most `maxFaces`. */
  readonly faces: readonly Detection[]
  /** Faces found beyond `maxFaces`. */
  readonly omittedFaces: number
  /** The image's pyramid as far as it was needed; the first level is the full image. */
  readonly levels: readonly PyramidLevel[]
}

/** Finds faces in a decoded image. One file a family of detectors. */
export interface Detector {
  detect(image: RgbImage, options: ResolvedDetectorOptions): Promise<DetectionResult>
  /** Runs every network once, so that the first image is not the slow one. */
  warmUp(): Promise<void>
}

/**
 * Fills in what a request leaves out.
 *
 * @param options   of the request
 * @param defaults  of the installation; what these leave out comes from the constants of this file
 * @throws {FaceError} `invalidOption` naming the option and what is allowed
 */
export function resolveDetectorOptions(
  options: DetectorOptions = {},
  defaults: DetectorOptions = {},
): ResolvedDetectorOptions {
  const minFaceSize = options.minFaceSize ?? defaults.minFaceSize ?? defaultMinFaceSize
  const maxFaces = options.maxFaces ?? defaults.maxFaces ?? defaultMaxFaces
  const thresholds = options.thresholds ?? defaults.thresholds ?? defaultThresholds
  const readTurned = options.readTurned ?? defaults.readTurned ?? true
  if (!(Number.isFinite(minFaceSize) && minFaceSize >= smallestFace)) {
    throw invalid('minFaceSize', `a number of at least ${smallestFace}`)
  }
  if (!(Number.isSafeInteger(maxFaces) && maxFaces >= 1)) {
    throw invalid('maxFaces', 'a whole number of at least 1')
  }
  const inRange = (value: number): boolean => value >= 0 && value <= 1
  if (!(Array.isArray(thresholds) && thresholds.length === 3 && thresholds.every(inRange))) {
    throw invalid('thresholds', 'three numbers from 0 to 1')
  }
  return {
    minFaceSize,
    maxFaces,
    thresholds: [thresholds[0], thresholds[1], thresholds[2]],
    readTurned,
  }
}

function invalid(option: string, allowed: string): FaceError {
  return new FaceError('invalidOption', {
    detail: `${option} must be ${allowed}.`,
    info: { option, allowed },
  })
}
