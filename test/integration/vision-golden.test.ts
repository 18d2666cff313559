import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { intersectionOverUnion } from '../../src/core/geometry.ts'
import { loadManifest } from '../../src/models/manifest.ts'
import { resolveDetectorOptions } from '../../src/vision/pipeline/detectors/detector.ts'
import { createPipeline, type Pipeline } from '../../src/vision/pipeline/pipeline.ts'
import { readSample, sampleNumbers, testLimits } from '../helpers/images.ts'
import { testModels } from '../helpers/models.ts'

interface Golden {
  readonly reference: string
  readonly options: {
    readonly minFaceSize: number
    readonly thresholds: readonly [number, number, number]
  }
  readonly results: Readonly<
    Record<
      string,
      {
        readonly width: number
        readonly height: number
        readonly faces: readonly {
          readonly box: readonly [number, number, number, number]
          readonly landmarks: readonly (readonly [number, number])[]
          readonly confidence: number
        }[]
      }
    >
  >
}

/** The reference and this detector may disagree on faces smaller than this, in pixels. */
const certainSize = 40

describe('MTCNN against the reference implementation', () => {
  let golden: Golden
  let pipeline: Pipeline

  beforeAll(async () => {
    const file = new URL('../fixtures/vision/golden-mtcnn.json', import.meta.url)
    golden = JSON.parse(await readFile(file, 'utf8'))
    pipeline = createPipeline({
      modelsDir: `${await testModels()}/models`,
      models: (await loadManifest()).models,
      limits: testLimits,
    })
  })

  it.each(sampleNumbers)('finds the same faces and landmarks on sample %i', async (number) => {
    const expected = golden.results[`sample${number}.jpg`]!
    const { width, height, faces } = await pipeline.analyze(await readSample(number), {
      detector: resolveDetectorOptions(golden.options),
      crops: false,
    })
    expect([width, height]).toEqual([expected.width, expected.height])
    const certain = expected.faces.filter(({ box }) => Math.min(box[2], box[3]) >= certainSize)
    expect(certain.length).toBeGreaterThan(0)
    for (const { box, landmarks, confidence } of certain) {
      const reference = { x: box[0], y: box[1], width: box[2], height: box[3] }
      const overlaps = faces.map((face) => intersectionOverUnion(face.detection.box, reference))
      const best = Math.max(...overlaps)
      // Observed at least 0.819 (21 faces, sample 4), bound 0.8.
      expect(best).toBeGreaterThan(0.8)
      const { detection } = faces[overlaps.indexOf(best)]!
      const size = Math.sqrt(box[2] * box[3])
      for (const [i, [x, y]] of landmarks.entries()) {
        const distance = Math.hypot(detection.landmarks[i]!.x - x, detection.landmarks[i]!.y - y)
        // Observed at most 0.059 of the face's size (sample 4), bound 0.12; the reference rounds to pixels.
        expect(distance / size).toBeLessThan(0.12)
      }
      // Observed at most 0.07, bound 0.15.
      expect(Math.abs(detection.confidence - confidence)).toBeLessThan(0.15)
    }
  })

  it('finds every large face that the reference finds at the default size, too', async () => {
    for (const number of sampleNumbers) {
      const { faces } = await pipeline.analyze(await readSample(number), {
        detector: resolveDetectorOptions(),
        crops: false,
      })
      for (const { box } of golden.results[`sample${number}.jpg`]!.faces) {
        if (Math.min(box[2], box[3]) < certainSize) continue
        const reference = { x: box[0], y: box[1], width: box[2], height: box[3] }
        const overlaps = faces.map((face) => intersectionOverUnion(face.detection.box, reference))
        // Observed at least 0.804, bound 0.7.
        expect(Math.max(...overlaps)).toBeGreaterThan(0.7)
      }
      const areas = faces.map(({ detection: { box } }) => box.width * box.height)
      expect(areas).toEqual([...areas].sort((a, b) => b - a))
    }
  })
})
