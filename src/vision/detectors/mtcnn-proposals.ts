import { shiftBoxesInPlace, squareBoxesInPlace } from '../../core/geometry.ts'
import type { RgbImage } from '../image.ts'
import type { PyramidLevel } from '../pixel-kernels.ts'
import { shrinkInSteps, toByteLevel, toFloatLevel } from '../pyramid.ts'
import type { FloatTensor, Session } from '../runtime.ts'
import type { Candidates } from './candidates.ts'
import { allocateCandidates, concatCandidates, suppressCandidates } from './candidates.ts'

/** P-Net sees windows of 12 pixels, 2 apart. */
const cell = 12
const stride = 2
/** Ratio of one pyramid level to the one above: about the square root of a half. */
const pyramidFactor = 0.709
/** Levels above P-Net's first are made up to here; the full image serves above. */
const finestExtraLevel = 0.85
/** Bounds for images made to trigger every window; real crowds stay far below. */
const maxLevelCandidates = 4000
const maxCandidates = 4000

export interface ProposalSessions {
  /** `pixels` uint8 [H x W x 3] to `image` float32 [1 x 3 x H x W]. */
  readonly load: Session
  /** `image`, `sizes` to `resized`, and on it `prob` [1 x 2 x h x w], `reg` [1 x 4 x h x w]. */
  readonly pnetLevel: Session
}

export interface ProposalOptions {
  readonly minFaceSize: number
  readonly threshold: number
}

export interface Proposals {
  /** The pyramid; the first level is the full image. */
  readonly levels: readonly PyramidLevel[]
  /** Square boxes. */
  readonly candidates: Candidates
}

/**
 * MTCNN's first stage: P-Net on every window of every pyramid level.
 *
 * The levels above P-Net's first, which only serve the later stages' crops, are made by the image
 * library from bytes; the others by the graph, each from the one above.
 */
export async function proposeFaces(
  { load, pnetLevel }: ProposalSessions,
  image: RgbImage,
  { minFaceSize, threshold }: ProposalOptions,
): Promise<Proposals> {
  const scales = levelScales(image, minFaceSize)
  if (scales.windows.length === 0) {
    return { levels: [toByteLevel(image, image)], candidates: allocateCandidates(0) }
  }
  const images = await shrinkInSteps(image, scales.extra)
  const levels = images.map((each) => toByteLevel(each, image))
  const base = images.at(-1)!
  const loaded = await load.run({
    pixels: { data: base.data, dims: [base.height, base.width, 3] },
  })
  let source = loaded.image!
  const parts: Candidates[] = []
  for (const scale of scales.windows) {
    const height = Math.ceil(image.height * scale)
    const width = Math.ceil(image.width * scale)
    const sizes = BigInt64Array.of(1n, 3n, BigInt(height), BigInt(width))
    const output = await pnetLevel.run({ image: source, sizes: { data: sizes, dims: [4] } })
    source = output.resized!
    const level = toFloatLevel(source, image)
    levels.push(level)
    const windows = readWindows(output.prob!, output.reg!, { level, threshold })
    parts.push(
      suppressCandidates(windows, { threshold: 0.5, measure: 'union' }, maxLevelCandidates),
    )
  }
  const candidates = suppressCandidates(
    concatCandidates(parts),
    { threshold: 0.7, measure: 'union' },
    maxCandidates,
  )
  shiftBoxesInPlace(candidates.boxes, candidates.offsets)
  squareBoxesInPlace(candidates.boxes)
  return { levels, candidates }
}

/** Scales that P-Net looks at, and the ones above them that only serve crops; both descending. */
function levelScales(
  { width, height }: RgbImage,
  minFaceSize: number,
): { readonly extra: readonly number[]; readonly windows: readonly number[] } {
  const windows: number[] = []
  const first = cell / minFaceSize
  for (let scale = first; Math.min(width, height) * scale >= cell; scale *= pyramidFactor) {
    windows.push(scale)
  }
  const extra: number[] = []
  for (let scale = first / pyramidFactor; scale < finestExtraLevel; scale /= pyramidFactor) {
    extra.unshift(scale)
  }
  return { extra, windows }
}

/** Windows of one level whose score reaches the threshold. */
function readWindows(
  prob: FloatTensor,
  reg: FloatTensor,
  { level, threshold }: { readonly level: PyramidLevel; readonly threshold: number },
): Candidates {
  const columns = prob.dims[3]!
  const plane = prob.dims[2]! * columns
  const scores = prob.data.subarray(plane, 2 * plane)
  const hits: number[] = []
  for (let i = 0; i < plane; i++) if (scores[i]! >= threshold) hits.push(i)
  const found = allocateCandidates(hits.length)
  for (const [n, i] of hits.entries()) {
    const x = (i % columns) * stride
    const y = Math.floor(i / columns) * stride
    found.scores[n] = scores[i]!
    found.boxes[4 * n] = x / level.scaleX
    found.boxes[4 * n + 1] = y / level.scaleY
    found.boxes[4 * n + 2] = (x + cell) / level.scaleX
    found.boxes[4 * n + 3] = (y + cell) / level.scaleY
    for (let k = 0; k < 4; k++) found.offsets[4 * n + k] = reg.data[k * plane + i]!
  }
  return found
}
