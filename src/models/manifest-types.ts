import type { FaceJudge } from '../core/judge.ts'
import type { FmrCurve } from '../core/types.ts'

/** The functions of `graphs/` that build a model's files. */
export type BuilderName = 'mtcnn' | 'onnxEmbedder' | 'facenet' | 'dlibResnet'

/** A package that is fetched with `npm pack`. */
export interface NpmSource {
  readonly kind: 'npm'
  /** name@version */
  readonly package: string
  /** Bytes of the tarball that is downloaded. */
  readonly bytes?: number
  /** Integrity of the tarball, as npm writes it: `sha512-` and base64. */
  readonly integrity: string
  /** Paths inside the tarball, in the order that the builder takes them. */
  readonly files: readonly string[]
}

/** Fetched with `pip download` as a wheel, where pip exists. */
export interface PypiSource {
  readonly kind: 'pypi'
  /** name==version */
  readonly package: string
  /** Bytes of the wheel that is downloaded. */
  readonly bytes?: number
  /** sha256 by path inside the wheel, in the order that the builder takes them. */
  readonly files: Readonly<Record<string, string>>
}

/** A file that the user has; only `import` uses it. */
export interface FileSource {
  readonly kind: 'file'
  /** File name extensions, for messages. */
  readonly formats: readonly string[]
  /** The file to import, and where people get it. */
  readonly hint: string
  /** SHA-256 of the file, where only one is right. */
  readonly sha256?: string
}

/** Where a model's source files come from; tried in order. */
export type ModelSource = NpmSource | PypiSource | FileSource

/** How pixels become the network's input. Applied inside the built graph: its input is RGB 0..255. */
interface CropInput {
  readonly sizePx: number
  /** Channel order of the original network; the installation folds it into the graph. */
  readonly channelOrder: 'rgb' | 'bgr'
  /** `affine`: (x - mean) / std by channel in `channelOrder`. `perImage`: see buildFacenet. */
  readonly normalization:
    | { readonly kind: 'affine'; readonly mean: readonly number[]; readonly std: readonly number[] }
    | { readonly kind: 'perImage' }
    | { readonly kind: 'inGraph' }
}

/** Faces are turned, shifted and scaled until their landmarks lie on the reference points. */
interface AlignedInput extends CropInput {
  readonly crop?: 'aligned'
  /** Five points in the crop, pixels, order as Landmarks5. */
  readonly referencePoints: readonly (readonly [number, number])[]
}

/** The part of the face's box that is in the image, in whole pixels, fills the crop, whatever its shape; not turned. */
interface BoxInput extends CropInput {
  readonly crop: 'box'
}

/**
 * The face's box, turned about its centre until the face is upright, with the same margin on both
 * axes, fills the crop; each axis has its own scale. See docs/decisions/0013-facenet-crops.md.
 */
interface TurnedBoxInput extends CropInput {
  readonly crop: 'turnedBox'
  /** Added to both sides of the box, half at each end, as a share of their mean (the root of the area). */
  readonly margin: number
}

/** How a face is cut from the image, and its pixels treated. */
export type EmbedderInput = AlignedInput | BoxInput | TurnedBoxInput

/** A share of an embedder that is made of several. */
export interface ModelPart {
  /** Id of an embedder that is not made of parts itself. */
  readonly model: string
  /** Weight of its cosine in the sum; the weights of all parts add up to 1. */
  readonly weight: number
}

/** One model, as `models/manifest.json` describes it. */
export interface ModelRecord {
  readonly id: string
  readonly task: 'detector' | 'embedder'
  readonly title: string
  readonly sources: readonly ModelSource[]
  /** The builder of `models/graphs/` that makes the files; every model has it that has no `parts`. */
  readonly builder?: BuilderName
  /**
   * Embedders of the same crop whose embeddings together are this model's, see [Note: fused
   * embeddings] in fused.ts. Such a model has no files, sources and `input` of its own.
   */
  readonly parts?: readonly ModelPart[]
  /** `onnxEmbedder` only: the output that holds the embedding, where the original file has several. */
  readonly outputName?: string
  /** Built files in the data directory's `models/<id>/`; sha256 is absent where the input is the user's own file. */
  readonly files: readonly { readonly name: string; readonly sha256?: string }[]
  readonly license: string
  readonly trainingData: string
  readonly notes: string
  /** Numbers of an embedding; embedders only. */
  readonly dimension?: number
  readonly input?: EmbedderInput
  readonly fmrCurve?: FmrCurve
  readonly judge?: FaceJudge
  readonly accuracy?: {
    readonly lfwAccuracy: number
    readonly lfwStd: number
    readonly tmrAtFmr1e4: number
    readonly fnirAtFpir1e2: number
    readonly resultFile: string
  }
  readonly speed?: { readonly msPerFace: number; readonly resultFile: string }
}

/** All models that an installation knows. */
export interface Manifest {
  readonly models: readonly ModelRecord[]
}
