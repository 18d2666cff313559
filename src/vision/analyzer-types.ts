import type { Detection, Quality } from '../core/types.ts'

/** Options of the detector; every field has a default in the configuration. */
export interface DetectorOptions {
  /** Faces smaller than this (shorter side, image pixels) are not looked for. >= 12. */
  readonly minFaceSize?: number
  /** The largest faces are kept. >= 1. */
  readonly maxFaces?: number
  /** MTCNN's thresholds of its three stages, each 0 to 1. */
  readonly thresholds?: readonly [number, number, number]
}

export interface AnalyzeOptions {
  readonly detector?: DetectorOptions
  /** Model id of the embedder; without one, faces are only detected and measured. */
  readonly embedder?: string
  /** Also answer a JPEG crop of each face (box plus a margin). */
  readonly crops?: boolean
  /** Leaves the queue, or discards the result, when aborted: error `aborted`. */
  readonly signal?: AbortSignal
}

export interface AnalyzedFace {
  readonly detection: Detection
  readonly quality: Quality
  /** L2-normalised, `dimension` of the embedder; present when an embedder was asked for. */
  readonly embedding?: Float32Array
  /** Length of the embedder's vector before normalisation; see `CropEmbedding`. */
  readonly rawNorm?: number
  /** In place of `rawNorm` where the embedder is made of parts: that of each part, in order. */
  readonly partNorms?: readonly number[]
  /** JPEG bytes; present when crops were asked for. */
  readonly crop?: Uint8Array
}

/** Milliseconds of each stage. */
export interface StageTimings {
  readonly queueMs: number
  readonly decodeMs: number
  readonly detectMs: number
  readonly alignMs: number
  readonly embedMs: number
}

export interface Analysis {
  /** Of the image after its EXIF orientation, pixels. */
  readonly width: number
  readonly height: number
  /** Largest first. */
  readonly faces: readonly AnalyzedFace[]
  readonly timings: StageTimings
}

export interface AnalyzerStats {
  readonly workers: number
  readonly queued: number
  readonly running: number
  readonly completed: number
}

/** Image bytes in, faces out. One image is handled by one worker thread from bytes to numbers. */
export interface Analyzer {
  /**
   * @param image  encoded file bytes; transferred to the worker when they own their buffer (the caller must not use them afterwards)
   * @throws {FaceError} `emptyImage`, `unsupportedImage`, `corruptImage`, `imageTooLarge`, `invalidOption`,
   *   `unknownModel`, `modelNotInstalled`, `overloaded`, `aborted`, `workerFailed`
   */
  analyze(image: Uint8Array, options?: AnalyzeOptions): Promise<Analysis>
  /** Loads sessions of `embedder` in every worker and runs them once. */
  warmUp(embedder: string): Promise<void>
  stats(): AnalyzerStats
  close(): Promise<void>
}
