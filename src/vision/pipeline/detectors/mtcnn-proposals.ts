import { shiftBoxesInPlace, squareBoxesInPlace } from '../../../core/geometry.ts'
import type { FloatTensor, Session, TensorValue } from '../../runtime.ts'
import type { RgbImage } from '../image.ts'
import type { PyramidLevel } from '../pixels/levels.ts'
import { shrinkInSteps, sizeAt, toByteLevel, toFloatLevel } from '../pyramid.ts'
import { cell, planPyramid, stride } from './mtcnn-levels.ts'
import type { FoundWindows } from './mtcnn-tiles.ts'
import { findWindowsInTiles, maxTilePixels, readWindows } from './mtcnn-tiles.ts'
import type { FaceWindows } from './windows.ts'
import { allocateWindows, concatWindows, suppressWindows } from './windows.ts'

/** Bounds for images made to trigger every window; real crowds stay far below. */
const maxLevelWindows = 4000
const maxWindows = 4000

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
  readonly windows: FaceWindows
}

/**
 * MTCNN's first stage: P-Net on every window of every pyramid level.
 *
 * The levels above P-Net's first, which only serve the later stages' crops, are made by the image
 * library from bytes, or by a graph where the image is small; the others by P-Net's graph, unless
 * they are so large that they are made by the library, too. Each is made from the one above.
 */
export async function proposeFaces(
  sessions: ProposalSessions,
  image: RgbImage,
  { minFaceSize, threshold }: ProposalOptions,
): Promise<Proposals> {
  const { extra, byteWindows, floatWindows } = planPyramid(image, minFaceSize)
  if (byteWindows.length + floatWindows.length === 0) {
    return { levels: [toByteLevel(image, image)], windows: allocateWindows(0) }
  }
  const least = Math.log(threshold / (1 - threshold))
  const parts: FaceWindows[] = []
  const add = (found: FoundWindows, level: PyramidLevel): void => {
    const windows = toWindows(found, level)
    parts.push(suppressWindows(windows, { threshold: 0.5, measure: 'union' }, maxLevelWindows))
  }
  const inTiles = (level: PyramidLevel): Promise<FoundWindows> =>
    findWindowsInTiles(level, (tile) => runOnTile(sessions, tile), {
      least,
      limit: maxLevelWindows,
    })

  const isSmall = image.width * image.height <= maxGraphPyramidPixels
  const upper = isSmall ? upperLevelsByGraph : upperLevelsByLibrary
  const { levels, loadLast } = await upper(sessions, image, [...extra, ...byteWindows])
  for (const level of levels.slice(levels.length - byteWindows.length)) {
    add(await inTiles(level), level)
  }
  let source = await loadLast()
  for (const scale of floatWindows) {
    const { width, height } = sizeAt(image, scale)
    const isLarge = width * height > maxTilePixels
    const run = isLarge ? sessions.pyramid.run : sessions.pnetLevel.run
    const output = await run(resizeFeeds(source, { width, height }))
    source = output.resized!
    const level = toFloatLevel(source, image)
    levels.push(level)
    add(isLarge ? await inTiles(level) : readWindows(output.heads!, least), level)
  }
  const windows = suppressWindows(
    concatWindows(parts),
    { threshold: 0.7, measure: 'union' },
    maxWindows,
  )
  shiftBoxesInPlace(windows.boxes, windows.offsets)
  squareBoxesInPlace(windows.boxes)
  return { levels, windows }
}

/** P-Net without a resize: the graph's is from a size to the same, which only moves the pixels. */
async function runOnTile({ pnetLevel }: ProposalSessions, tile: FloatTensor): Promise<FloatTensor> {
  const [, , height, width] = tile.dims
  const feeds = resizeFeeds(tile, { width: width!, height: height! })
  return (await pnetLevel.run(feeds, ['heads'])).heads!
}

interface UpperLevels {
  /** The first is the full image. */
  readonly levels: PyramidLevel[]
  /** Makes floats of the smallest of them, from which P-Net's first level of floats is made. */
  readonly loadLast: () => Promise<FloatTensor>
}

async function upperLevelsByLibrary(
  { load }: ProposalSessions,
  image: RgbImage,
  scales: readonly number[],
): Promise<UpperLevels> {
  const images = await shrinkInSteps(image, scales)
  return {
    levels: images.map((each) => toByteLevel(each, image)),
    loadLast: () => toFloats(load, images.at(-1)!),
  }
}

async function upperLevelsByGraph(
  { load, pyramid }: ProposalSessions,
  image: RgbImage,
  scales: readonly number[],
): Promise<UpperLevels> {
  const levels = [toByteLevel(image, image)]
  let last = await toFloats(load, image)
  for (const scale of scales) {
    last = (await pyramid.run(resizeFeeds(last, sizeAt(image, scale)))).resized!
    levels.push(toFloatLevel(last, image))
  }
  return { levels, loadLast: async () => last }
}

type Feeds = Readonly<Record<string, TensorValue>>

interface Size {
  readonly width: number
  readonly height: number
}

async function toFloats(load: Session, { data, width, height }: RgbImage): Promise<FloatTensor> {
  return (await load.run({ pixels: { data, dims: [height, width, 3] } })).image!
}

function resizeFeeds(source: FloatTensor, { width, height }: Size): Feeds {
  const sizes = BigInt64Array.of(1n, 3n, BigInt(height), BigInt(width))
  return { image: source, sizes: { data: sizes, dims: [4] } }
}

/** Boxes in the full image, and confidences. */
function toWindows({ columns, at, values }: FoundWindows, level: PyramidLevel): FaceWindows {
  const found = allocateWindows(at.length)
  for (const [n, i] of at.entries()) {
    const x = (i % columns) * stride
    const y = Math.floor(i / columns) * stride
    found.confidences[n] = 1 / (1 + Math.exp(-values[5 * n]!))
    found.boxes[4 * n] = x / level.scaleX
    found.boxes[4 * n + 1] = y / level.scaleY
    found.boxes[4 * n + 2] = (x + cell) / level.scaleX
    found.boxes[4 * n + 3] = (y + cell) / level.scaleY
    for (let k = 0; k < 4; k++) found.offsets[4 * n + k] = values[5 * n + k + 1]!
  }
  return found
}
