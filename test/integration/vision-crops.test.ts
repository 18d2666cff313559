import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dotProduct } from '../../src/core/similarity.ts'
import { loadManifest } from '../../src/models/manifest.ts'
import { createAnalyzer } from '../../src/vision/analyzer/analyzer.ts'
import type { Analysis, Analyzer } from '../../src/vision/analyzer/analyzer-types.ts'
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

async function analyze(image: Uint8Array, model = embedder): Promise<Analysis> {
  return analyzer.analyze(image, { embedder: model, crops: true })
}

/** The least similarity of a face's embedding to that of its stored crop. */
async function compareWithCrops({ faces }: Analysis, model = embedder): Promise<number> {
  const similarities = await Promise.all(
    faces.map(async ({ crop, embedding }) => {
      const again = await analyzer.embedCrop(crop!, { embedder: model })
      return dotProduct(again!.embedding!, embedding!)
    }),
  )
  return Math.min(...similarities)
}

/** A photograph with one face, 40 pixels of which are beyond the left edge. */
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
    const analysis = await analyze(await photographs[kind]!())
    expect(analysis.faces.length).toBeGreaterThan(0)
    const least = await compareWithCrops(analysis)
    expect(least).toBeGreaterThan(0.99)
  })
})
