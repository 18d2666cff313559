import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clipBox, expandBox } from '../../src/core/geometry.ts'
import { dotProduct } from '../../src/core/similarity.ts'
import type { FaceCrop, FacePlace, Landmarks5 } from '../../src/core/types.ts'
import { loadManifest } from '../../src/models/manifest.ts'
import { createAnalyzer } from '../../src/vision/analyzer/analyzer.ts'
import type { Analysis, AnalyzedFace, Analyzer } from '../../src/vision/analyzer/analyzer-types.ts'
import { expectCode } from '../helpers/expect-code.ts'
import { readSample, readSmallSample, testLimits } from '../helpers/images.ts'
import { testModels } from '../helpers/models.ts'

const embedder = 'mobilefacenet'

let analyzer: Analyzer

beforeAll(async () => {
  analyzer = createAnalyzer({
    modelsDir: `${await testModels()}/models`,
    manifest: (await loadManifest()).models,
    limits: testLimits,
    workers: 2,
  })
  await analyzer.warmUp(embedder)
})

afterAll(() => analyzer?.close())

async function toPng(image: Sharp): Promise<Uint8Array> {
  return Uint8Array.from(await image.png().toBuffer())
}

async function analyze(image: Uint8Array): Promise<Analysis> {
  return analyzer.analyze(image, { embedder, crops: true })
}

/** A photograph whose left edge cuts a face, an eighth of whose box is beyond it. */
async function cutAtEdge(): Promise<Uint8Array> {
  const photo = await readSmallSample()
  const { faces, width, height } = await analyzer.analyze(photo)
  const { box } = faces.toSorted((a, b) => b.detection.box.x - a.detection.box.x)[0]!.detection
  const left = Math.round(box.x + 0.12 * box.width)
  return toPng(sharp(photo).extract({ left, top: 0, width: width - left, height }))
}

const photographs: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  upright: readSmallSample,
  'large, which is stored smaller': () => readSample(1),
  tilted: async () => toPng(sharp(await readSmallSample()).rotate(40, { background: '#808080' })),
  turned: async () => toPng(sharp(await toPng(sharp(await readSample(4)).resize(640))).rotate(90)),
  'cut by the edge': cutAtEdge,
}

describe('a stored crop of a face that is', () => {
  it.each(Object.keys(photographs))('%s has the embedding of the photograph', async (kind) => {
    const { faces } = await analyze(await photographs[kind]!())
    expect(faces.length).toBeGreaterThan(0)
    for (const { crop, embedding, detection, outside, comparability } of faces) {
      const { confidence } = detection
      const again = await analyzer.embedCrop(crop!, { embedder, confidence })
      // Observed 0.9988 to 0.9998, bound 0.998.
      expect(dotProduct(again!.embedding!, embedding!)).toBeGreaterThan(0.998)
      // Observed 0, bound 1e-3.
      expect(Math.abs(again!.outside - outside)).toBeLessThan(1e-3)
      expect(again!.comparability).toEqual(comparability)
      expect(again!.detection).toEqual({ ...crop!.place, confidence })
    }
  })

  it('cut by the edge is cut in its crop, too', async () => {
    const { faces } = await analyze(await cutAtEdge())
    expect(Math.max(...faces.map(({ outside }) => outside))).toBeGreaterThan(0.01)
  })
})

describe('a stored crop', () => {
  let face: AnalyzedFace
  let crop: FaceCrop

  beforeAll(async () => {
    face = (await analyze(await readSmallSample())).faces[0]!
    crop = face.crop!
  })

  it('is a JPEG file of the face and what is around it, with its place', async () => {
    const { format, width, height, chromaSubsampling } = await sharp(crop.bytes).metadata()
    expect([format, chromaSubsampling]).toEqual(['jpeg', '4:4:4'])
    const { box, landmarks } = crop.place!
    expect(Math.min(box.x, box.y)).toBeGreaterThan(0)
    expect(box.x + box.width).toBeLessThan(width)
    expect(box.y + box.height).toBeLessThan(height)
    // A thumbnail shows little else.
    expect(box.width * box.height).toBeGreaterThan(0.2 * width * height)
    for (const { x, y } of landmarks) {
      expect(Math.abs(x / width - 0.5)).toBeLessThan(0.3)
      expect(Math.abs(y / height - 0.5)).toBeLessThan(0.3)
    }
  })

  it("stays its caller's, also when it is a part of a larger buffer", async () => {
    const shared = new Uint8Array(crop.bytes.length + 10)
    shared.set(crop.bytes, 5)
    const bytes = shared.subarray(5, 5 + crop.bytes.length)
    const again = await analyzer.embedCrop({ ...crop, bytes }, { embedder })
    expect(again!.embedding).toHaveLength(512)
    expect(bytes).toEqual(crop.bytes)
  })

  it('is judged with the confidence that its photograph had', async () => {
    const judged = await Promise.all(
      [0.999, 0].map((confidence) => analyzer.embedCrop(crop, { embedder, confidence })),
    )
    expect(judged.map((each) => each?.comparability?.comparable)).toEqual([true, false])
    expect(judged[1]!.comparability!.reasons).toContain('notAFace')
  })

  it('of an earlier version, box and margin without a place, is detected in', async () => {
    const { faces } = await analyze(await readSmallSample())
    for (const { detection, embedding } of faces) {
      const region = clipBox(expandBox(detection.box, 0.2), 640, 427)!
      const bytes = await sharp(await readSmallSample())
        .extract({ left: region.x, top: region.y, width: region.width, height: region.height })
        .jpeg({ quality: 90 })
        .toBuffer()
      const again = await analyzer.embedCrop({ bytes }, { embedder })
      // Observed 0.981 to 0.992, bound 0.9.
      expect(dotProduct(again!.embedding!, embedding!)).toBeGreaterThan(0.9)
    }
  })

  it('without a place and without a face gives no face', async () => {
    const background = '#807060'
    const bytes = await sharp({ create: { width: 90, height: 100, channels: 3, background } })
      .jpeg()
      .toBuffer()
    expect(await analyzer.embedCrop({ bytes }, { embedder })).toBeUndefined()
  })

  it.each<[string, (place: FacePlace) => unknown]>([
    ['beyond the crop', ({ box, landmarks }) => ({ box: { ...box, x: 1e6 }, landmarks })],
    ['without numbers', ({ box, landmarks }) => ({ box: { ...box, y: Number.NaN }, landmarks })],
    ['in one point', ({ box, landmarks }) => ({ box, landmarks: landmarks.map(() => box) })],
    ['that is none', () => 'left'],
  ])('with a place %s gives no face', async (_, change) => {
    const place = change(crop.place!) as FacePlace
    expect(await analyzer.embedCrop({ ...crop, place }, { embedder })).toBeUndefined()
  })

  it('with a place that is only partly possible gives numbers, and no fault', async () => {
    const { box, landmarks } = crop.place!
    const beside = landmarks.map(({ x, y }) => ({ x: x + 60, y: y - 40 })) as unknown as Landmarks5
    const huge = { ...box, width: 1e12, height: 1e12 }
    for (const place of [
      { box, landmarks: beside },
      { box: huge, landmarks },
    ]) {
      const again = await analyzer.embedCrop({ ...crop, place }, { embedder })
      expect(again!.embedding!.every(Number.isFinite)).toBe(true)
    }
  })

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['emptyImage', () => new Uint8Array(0)],
    ['unsupportedImage', () => Uint8Array.from(Buffer.from('no image'))],
    ['corruptImage', (bytes) => bytes.slice(0, bytes.length / 2)],
    ['corruptImage', (bytes) => bytes.slice(0, 20)],
  ])('that is damaged is refused as %s', async (code, damage) => {
    for (const given of [{ bytes: damage(crop.bytes) }, { ...crop, bytes: damage(crop.bytes) }]) {
      await expectCode(analyzer.embedCrop(given, { embedder }), code)
    }
  })

  it('keeps to the limits and the memory of all images', async () => {
    const background = '#807060'
    const large = await sharp({ create: { width: 5000, height: 4000, channels: 3, background } })
      .jpeg()
      .toBuffer()
    const { place } = crop
    const small = createAnalyzer({
      modelsDir: `${await testModels()}/models`,
      manifest: (await loadManifest()).models,
      limits: { ...testLimits, maxImageMemoryBytes: 60_000_000 },
      workers: 1,
    })
    try {
      const given = { bytes: large, place: place! }
      await expectCode(small.embedCrop(given, { embedder }), 'imageTooLarge')
      expect((await small.embedCrop(crop, { embedder }))?.embedding).toHaveLength(512)
    } finally {
      await small.close()
    }
    await expectCode(analyzer.embedCrop(crop, { embedder: 'none' }), 'unknownModel')
    const detector = { minFaceSize: 1 }
    await expectCode(analyzer.embedCrop(crop, { embedder, detector }), 'invalidOption')
  })
})
