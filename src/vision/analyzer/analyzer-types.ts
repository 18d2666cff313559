import type { Comparability, Detection, FaceCrop, Quality } from '../../core/types.ts'

/** Options of the detector; every field has a default in the configuration. */
export interface DetectorOptions {
  /** Faces smaller than this (shorter side, image pixels) are not looked for. >= 12. */
  readonly minFaceSize?: number
  /** The largest faces are kept. >= 1. */
  readonly maxFaces?: number
  /** MTCNN's thresholds of its three stages, each 0 to 1. */
  readonly thresholds?: readonly [number, number, number]
  /**
   * Whether an image without a sure face is also read on its sides and its head. Default true; a
   * camera that stands upright saves the time.
   */
  readonly readTurned?: boolean
}

export interface AnalyzeOptions {
  readonly detector?: DetectorOptions
  /** Model id of the embedder; without one, faces are only detected and measured. */
  readonly embedder?: string
  /** Also answer a picture of each face, from which {@link Analyzer.embedCrop} embeds it again. */
  readonly crops?: boolean
  /** Leaves the queue, or discards the result, when aborted: error `aborted`. */
  readonly signal?: AbortSignal
}

export interface EmbedCropOptions {
  /** Model id of the embedder. */
  readonly embedder: string
  /** Used for crops without a place. `readTurned` does nothing: crops are upright. */
  readonly detector?: DetectorOptions
  /**
   * The detector's confidence in the face when it was found in the photograph, 0 to 1, which
   * comparability depends on. Default 0.999; a crop without a place is given
   * its own.
   */
  readonly confidence?: number
  /** Leaves the queue, or discards the result, when aborted: error `aborted`. */
  readonly signal?: AbortSignal
}

export interface AnalyzedFace {
  readonly detection: Detection
  readonly quality: Quality
  /** L2-normalised, `dimension` of the embedder; present when an embedder was asked for. */
  readonly embedding?: Float32Array
  /**
   * Length of the embedding before normalisation: the network's own certainty. Present when an
   * embedder was asked for whose graph gives it; of a model of several embedders, one a part.
   */
  readonly rawNorms?: readonly number[]
  /** Share of the aligned crop of 112 pixels that lies outside the image, 0 to 1. */
  readonly outside: number
  /** How much the sides of the face differ: 0 for mirror images, see `computeAsymmetry`. */
  readonly asymmetry: number
  /** Whether the embedding can be trusted; present when an embedder was asked for. */
  readonly comparability?: Comparability
  /** A JPEG file and the face's place in it; present when crops were asked for. */
  readonly crop?: FaceCrop
}

/** Degrees clockwise by which an image was turned so that its faces stand upright. */
export type Turn = 0 | 90 | 180 | 270

/** Milliseconds of each stage. */
export interface StageTimings {
  readonly queueMs: number
  readonly decodeMs: number
  readonly detectMs: number
  readonly alignMs: number
  readonly embedMs: number
}

export interface Analysis {
  /** Width of the image after its EXIF orientation, pixels. */
  readonly width: number
  readonly height: number
  /**
   * The image lay on its side or head and was read after this turn; boxes and landmarks are
   * in the frame of the given image all the same.
   */
  readonly turned: Turn
  /** Faces found beyond `maxFaces`, the smallest, which are not answered. */
  readonly omittedFaces: number
  /** Largest first. */
  readonly faces: readonly AnalyzedFace[]
  readonly timings: StageTimings
}

export interface AnalyzerStats {
  readonly workers: number
  readonly queued: number
  readonly running: number
  readonly completed: number
  /** Milliseconds that workers have spent on tasks which are done, all together. */
  readonly busyMs: number
}

/** Image bytes in, faces out. One image is handled by one worker thread from bytes to numbers. */
export interface Analyzer {
  /**
   * @param image  encoded file bytes; they stay as they are unless the analyzer was created with `takesImages`
   * @throws {FaceError} `emptyImage`, `unsupportedImage`, `corruptImage`, `imageTooLarge`, `invalidOption`,
   *   `unknownModel`, `modelNotInstalled`, `overloaded`, `aborted`, `imageTimeout`,
   *   `workerFailed`
   */
  analyze(image: Uint8Array, options?: AnalyzeOptions): Promise<Analysis>
  /**
   * Embeds the face of a stored crop. With a place nothing is detected, and the embedding is that of
   * the photograph to within the bound of docs/decisions/0022-crops-for-another-model.md; without
   * one, as in crops of earlier versions, the face in the middle is detected first.
   *
   * @param crop  its bytes stay as they are
   * @returns the face in pixels of the crop, which may be smaller than it was in the photograph;
   *   `undefined` where the crop has no face, or its place is none of a face in it
   * @throws {FaceError} as {@link analyze}
   */
  embedCrop(crop: FaceCrop, options: EmbedCropOptions): Promise<AnalyzedFace | undefined>
  /** Loads sessions of `embedder` in every worker and runs them once. */
  warmUp(embedder: string): Promise<void>
  stats(): AnalyzerStats
  close(): Promise<void>
}
