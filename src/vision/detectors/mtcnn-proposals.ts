import { shiftBoxesInPlace, squareBoxesInPlace } from '../../core/geometry.ts'
import type { RgbImage } from '../image.ts'
import type { PyramidLevel } from '../pixel-kernels.ts'
import { shrinkInSteps, toByteLevel, toFloatLevel } from '../pyramid.ts'
import type { FloatTensor, Session, TensorValue } from '../runtime.ts'
import type { Candidates } from './candidates.ts'
import { allocateCandidates, concatCandidates, suppressCandidates } from './candidates.ts'

/** P-Net sees windows of 12 pixels, 2 apart. */
const cell = 12
const stride = 2
/** Ratio of one pyramid level to the one above: about the square root of a half. */
const pyramidFactor = 0.709
/**
 * Levels above P-Net's first are made below this scale; the full image serves above. The first of
 * them is made up to `finestFirstLevel`: without it a face of 23 was lost where small faces are
 * looked for. docs/decisions/0006-faster-graphs.md.
 */
const finestExtraLevel = 0.5
const finestFirstLevel = 0.85
/** Bounds for images made to trigger every window; real crowds stay far below. */
const maxLevelCandidates = 4000
const maxCandidates = 4000

/**
 * Up to this size the graph also makes the levels above P-Net's first. Each image the library makes
 * is a hop to its threads and back, which on small images costs more than the resize saves: with two
 * workers 137 LFW images a second instead of 100. docs/decisions/0004-small-image-pyramid.md.
 */
const maxGraphPyramidPixels = 160_000

export interface ProposalSessions {
  /** `pixels` uint8 [H x W x 3] to `image` float32 [1 x 3 x H x W]. */
  readonly load: Session
  /** `image`, `sizes` to `resized`. */
  readonly pyramid: Session
  /** `image`, `sizes` to `resized`, and on it `heads` [1 x 5 x h x w]: logit, four offsets. */
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
 * library from bytes, or by a graph where the image is small; the others by P-Net's graph. Each is
 * made from the one above.
 */
export async function proposeFaces(
  sessions: ProposalSessions,
  image: RgbImage,
  { minFaceSize, threshold }: ProposalOptions,
): Promise<Proposals> {
  const scales = levelScales(image, minFaceSize)
  if (scales.windows.length === 0) {
    return { levels: [toByteLevel(image, image)], candidates: allocateCandidates(0) }
  }
  const isSmall = image.width * image.height <= maxGraphPyramidPixels
  const upper = isSmall ? upperLevelsByGraph : upperLevelsByLibrary
  const { levels, last } = await upper(sessions, image, scales.extra)
  let source = last
  const parts: Candidates[] = []
  for (const scale of scales.windows) {
    const output = await sessions.pnetLevel.run(resizeFeeds(source, image, scale))
    source = output.resized!
    const level = toFloatLevel(source, image)
    levels.push(level)
    const windows = readWindows(output.heads!, level, threshold)
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

interface UpperLevels {
  /** The first is the full image. */
  readonly levels: PyramidLevel[]
  /** The smallest of them, from which P-Net's first level is made. */
  readonly last: FloatTensor
}

async function upperLevelsByLibrary(
  { load }: ProposalSessions,
  image: RgbImage,
  scales: readonly number[],
): Promise<UpperLevels> {
  const images = await shrinkInSteps(image, scales)
  const last = await toFloats(load, images.at(-1)!)
  return { levels: images.map((each) => toByteLevel(each, image)), last }
}

async function upperLevelsByGraph(
  { load, pyramid }: ProposalSessions,
  image: RgbImage,
  scales: readonly number[],
): Promise<UpperLevels> {
  const levels = [toByteLevel(image, image)]
  let last = await toFloats(load, image)
  for (const scale of scales) {
    last = (await pyramid.run(resizeFeeds(last, image, scale))).resized!
    levels.push(toFloatLevel(last, image))
  }
  return { levels, last }
}

async function toFloats(load: Session, { data, width, height }: RgbImage): Promise<FloatTensor> {
  return (await load.run({ pixels: { data, dims: [height, width, 3] } })).image!
}

function resizeFeeds(
  source: FloatTensor,
  full: RgbImage,
  scale: number,
): Readonly<Record<string, TensorValue>> {
  const [height, width] = [full.height, full.width].map((side) => BigInt(Math.ceil(side * scale)))
  const sizes = BigInt64Array.of(1n, 3n, height!, width!)
  return { image: source, sizes: { data: sizes, dims: [4] } }
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
  let scale = first / pyramidFactor
  while (scale < (extra.length === 0 ? finestFirstLevel : finestExtraLevel)) {
    extra.unshift(scale)
    scale /= pyramidFactor
  }
  return { extra, windows }
}

/** Windows of one level whose score reaches the threshold. */
function readWindows(
  { data, dims }: FloatTensor,
  level: PyramidLevel,
  threshold: number,
): Candidates {
  const columns = dims[3]!
  const plane = dims[2]! * columns
  const least = Math.log(threshold / (1 - threshold))
  const hits: number[] = []
  for (let i = 0; i < plane; i++) if (data[i]! >= least) hits.push(i)
  const found = allocateCandidates(hits.length)
  for (const [n, i] of hits.entries()) {
    const x = (i % columns) * stride
    const y = Math.floor(i / columns) * stride
    found.scores[n] = 1 / (1 + Math.exp(-data[i]!))
    found.boxes[4 * n] = x / level.scaleX
    found.boxes[4 * n + 1] = y / level.scaleY
    found.boxes[4 * n + 2] = (x + cell) / level.scaleX
    found.boxes[4 * n + 3] = (y + cell) / level.scaleY
    for (let k = 0; k < 4; k++) found.offsets[4 * n + k] = data[(k + 1) * plane + i]!
  }
  return found
}
