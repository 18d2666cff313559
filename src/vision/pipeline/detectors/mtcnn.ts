import {
  boxArea,
  shiftBoxesInPlace,
  squareBoxesInPlace,
  suppressOverlaps,
} from '../../../core/geometry.ts'
import type { Box, Detection, Landmarks5 } from '../../../core/types.ts'
import type { Session } from '../../runtime.ts'
import type { RgbImage } from '../image.ts'
import { cutCrops } from '../pixels/crops.ts'
import type { PyramidLevel } from '../pixels/levels.ts'
import type { DetectionResult, Detector, ResolvedDetectorOptions } from './detector.ts'
import { defaultMinFaceSize, defaultThresholds, retryMinFaceSize } from './detector.ts'
import type { ProposalSessions } from './mtcnn-proposals.ts'
import { proposeFaces } from './mtcnn-proposals.ts'
import { straightenFaces } from './mtcnn-tilt.ts'
import type { FaceWindows } from './windows.ts'
import { selectWindows, suppressWindows } from './windows.ts'

/** The networks of MTCNN as the model install builds them; inputs are RGB, 0 to 255. */
export interface MtcnnSessions extends ProposalSessions {
  /** `input` [n x 3 x 24 x 24] to `prob` [n x 2], `reg` [n x 4]. */
  readonly rnet: Session
  /** `input` [n x 3 x 48 x 48] to `prob`, `reg`, `pts` [n x 10]: x0..x4, y0..y4. */
  readonly onet: Session
}

const rnetSize = 24
const onetSize = 48
/**
 * Crops a run. A crop takes as long in these batches as in ones four times as large, whose
 * intermediate arrays (3 MB here) held 45 MB more a worker.
 */
const rnetBatch = 32
const onetBatch = 8
/** Second try when nothing was found: smaller faces, and less sure at every stage. */
const retry = { minFaceSize: retryMinFaceSize, thresholds: [0.5, 0.5, 0.3] } as const
/** No face is looked for below P-Net's window, which would need an enlarged image. */
const smallestFace = 12

/**
 * MTCNN: three networks in cascade over an image pyramid.
 *
 * Deviations from the paper's code: crops for the second and third network are cut with one bilinear
 * sample a pixel from the pyramid level nearest their size, instead of resizing from the full image;
 * each level is made from the one above. When nothing is found with the default options, a second try
 * looks for smaller faces with lower thresholds; a caller who sets either gets exactly that.
 *
 * @source Zhang et al. 2016, IEEE SPL 23(10), and the authors' published code and weights
 */
export function createMtcnn(sessions: MtcnnSessions): Detector {
  return {
    async detect(image, options) {
      const first = await detectOnce(sessions, image, options)
      if (first.faces.length > 0 || !isDefault(options)) return first
      const { maxFaces, readTurned } = options
      return detectOnce(sessions, image, { maxFaces, readTurned, ...retry })
    },
    async warmUp() {
      const data = new Uint8Array(64 * 64 * 3)
      // Thresholds of 0 let a blank image through every stage.
      await detectOnce(
        sessions,
        { data, width: 64, height: 64 },
        { minFaceSize: smallestFace, maxFaces: 1, thresholds: [0, 0, 0], readTurned: false },
      )
    },
  }
}

function isDefault({ minFaceSize, thresholds }: ResolvedDetectorOptions): boolean {
  return (
    minFaceSize === defaultMinFaceSize &&
    thresholds.every((value, i) => value === defaultThresholds[i])
  )
}

async function detectOnce(
  sessions: MtcnnSessions,
  image: RgbImage,
  options: ResolvedDetectorOptions,
): Promise<DetectionResult> {
  const [pnetThreshold, rnetThreshold, onetThreshold] = options.thresholds
  const { levels, windows } = await proposeFaces(sessions, image, {
    minFaceSize: options.minFaceSize,
    threshold: pnetThreshold,
  })
  const refined = await refine(sessions.rnet, levels, { windows, threshold: rnetThreshold })
  const faces = await locate(sessions.onet, levels, {
    windows: refined,
    threshold: onetThreshold,
  })
  faces.sort((a, b) => boxArea(b.box) - boxArea(a.box))
  const largest = faces.slice(0, options.maxFaces)
  return {
    faces: await straightenFaces(sessions.onet, levels, largest),
    omittedFaces: faces.length - largest.length,
    levels,
  }
}

interface StageInput {
  readonly windows: FaceWindows
  readonly threshold: number
}

/** Second stage: rejects most windows and moves the rest. */
async function refine(
  rnet: Session,
  levels: readonly PyramidLevel[],
  { windows, threshold }: StageInput,
): Promise<FaceWindows> {
  const { prob, reg } = await runOnCrops(rnet, levels, {
    boxes: windows.boxes,
    size: rnetSize,
    batch: rnetBatch,
  })
  const scored = selectAbove({ boxes: windows.boxes, prob, offsets: reg, threshold }).windows
  const kept = suppressWindows(scored, { threshold: 0.7, measure: 'union' })
  shiftBoxesInPlace(kept.boxes, kept.offsets)
  squareBoxesInPlace(kept.boxes)
  return kept
}

/** Third stage: the last decision, the final boxes and the landmarks. */
async function locate(
  onet: Session,
  levels: readonly PyramidLevel[],
  { windows, threshold }: StageInput,
): Promise<Detection[]> {
  const { prob, reg, pts } = await runOnCrops(onet, levels, {
    boxes: windows.boxes,
    size: onetSize,
    batch: onetBatch,
  })
  const { windows: faces, indices } = selectAbove({
    boxes: windows.boxes,
    prob,
    offsets: reg,
    threshold,
  })
  // Landmarks are relative to the box that the network saw, before it is moved.
  const landmarks = indices.map((from, i) =>
    readLandmarks(faces.boxes.subarray(4 * i, 4 * i + 4), pts.subarray(10 * from, 10 * from + 10)),
  )
  shiftBoxesInPlace(faces.boxes, faces.offsets)
  const kept = suppressOverlaps(faces.boxes, faces.confidences, {
    threshold: 0.7,
    measure: 'minimum',
  })
  return Array.from(kept, (i) => ({
    box: toBox(faces.boxes.subarray(4 * i, 4 * i + 4)),
    landmarks: landmarks[i]!,
    confidence: faces.confidences[i]!,
  }))
}

interface CropBatch {
  /** [n x 4]. */
  readonly boxes: Float32Array
  /** Crop pixels. */
  readonly size: number
  /** Crops a run. */
  readonly batch: number
}

interface CropOutputs {
  readonly prob: Float32Array
  readonly reg: Float32Array
  /** Empty for a network without landmarks. */
  readonly pts: Float32Array
}

/** Cuts all boxes and runs a network on them; memory is bounded by the batch. */
async function runOnCrops(
  network: Session,
  levels: readonly PyramidLevel[],
  { boxes, size, batch }: CropBatch,
): Promise<CropOutputs> {
  const count = boxes.length / 4
  const prob = new Float32Array(2 * count)
  const reg = new Float32Array(4 * count)
  const pts = new Float32Array(10 * count)
  for (let at = 0; at < count; at += batch) {
    const length = Math.min(batch, count - at)
    const data = cutCrops(levels, boxes.subarray(4 * at, 4 * (at + length)), size)
    const output = await network.run({ input: { data, dims: [length, 3, size, size] } })
    prob.set(output.prob!.data, 2 * at)
    reg.set(output.reg!.data, 4 * at)
    if (output.pts !== undefined) pts.set(output.pts.data, 10 * at)
  }
  return { prob, reg, pts }
}

interface Scored {
  readonly boxes: Float32Array
  /** [n x 2]: not a face, a face. */
  readonly prob: Float32Array
  readonly offsets: Float32Array
  readonly threshold: number
}

function selectAbove({ boxes, prob, offsets, threshold }: Scored): {
  readonly windows: FaceWindows
  readonly indices: readonly number[]
} {
  const confidences = Float32Array.from({ length: boxes.length / 4 }, (_, i) => prob[2 * i + 1]!)
  const indices = [...confidences.keys()].filter((i) => confidences[i]! > threshold)
  return { windows: selectWindows({ boxes, confidences, offsets }, indices), indices }
}

/** @param pts  [10]: x0..x4, y0..y4 in widths and heights of the box */
function readLandmarks(box: Float32Array, pts: Float32Array): Landmarks5 {
  const [x1, y1, x2, y2] = box as unknown as readonly [number, number, number, number]
  const at = (i: number) => ({ x: x1 + pts[i]! * (x2 - x1), y: y1 + pts[i + 5]! * (y2 - y1) })
  return [at(0), at(1), at(2), at(3), at(4)]
}

function toBox(corners: Float32Array): Box {
  const [x1, y1, x2, y2] = corners as unknown as readonly [number, number, number, number]
  return { x: x1, y: y1, width: x2 - x1, height: y2 - y1 }
}
