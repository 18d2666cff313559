import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { FaceError } from '../../src/core/errors.ts'
import type { FaceJudge } from '../../src/core/judge.ts'
import { defaultKeepUnknown } from '../../src/core/keep-unknown.ts'
import type { Landmarks5, Quality } from '../../src/core/types.ts'
import {
  createGallery,
  type DifficultyMeasurement,
  type Gallery,
} from '../../src/gallery/gallery.ts'
import type { ModelRecord } from '../../src/models/manifest-types.ts'
import type { RecognitionDependencies } from '../../src/recognition/dependencies.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import type { AnalyzeOptions, Analyzer } from '../../src/vision/analyzer/analyzer-types.ts'
import { plainCurve } from './curve.ts'
import { createMemoryProvider } from './memory-index.ts'

/*
 * A real gallery in a folder of its own, and an analyzer that reads texts. An "image" is text: each word is a face, largest first, `ann` with
 * Ann's embedding and `ann~0.6` with one of similarity 0.6 to it; `ann!blurred` fails a quality gate.
 * `ann!weak` is a weak photograph and `ann!turned` one that lies on its side.
 * A crop is the word of its face.
 * `(none)` has no face; `(corrupt)`, `(fault)` and `(overloaded)` are errors.
 */

export const fakeDimension = 8
const names = ['ann', 'bob', 'cy', 'dan', 'eve', 'fay']
const origin = { x: 0, y: 0 }
const landmarks: Landmarks5 = [origin, origin, origin, origin, origin]
const box = { x: 1, y: 2, width: 100, height: 100 }
const goodQuality: Quality = {
  sizePx: 100,
  sharpness: 500,
  brightness: 0.5,
  pose: { yaw: 0, pitch: 0, roll: 0 },
  confidence: 0.99,
}

/** Unit vector: the person's axis, and for `~s` as much of the last axis as leaves similarity s. */
export function fakeEmbedding(word: string): Float32Array {
  const [name, similarity = '1'] = word.split('~') as [string, string?]
  const embedding = new Float32Array(fakeDimension)
  embedding[names.indexOf(name)] = Number(similarity)
  embedding[fakeDimension - 1] = Math.sqrt(1 - Number(similarity) ** 2)
  return embedding
}

/** The model `longer` has longer embeddings, which resemble one another as those of `fake` do. */
export const otherDimension = 10

function embed(word: string, modelId: string): Float32Array {
  const embedding = fakeEmbedding(word)
  if (modelId !== 'longer') return embedding
  const longer = new Float32Array(otherDimension)
  longer.set(embedding, otherDimension - fakeDimension)
  return longer
}

export function image(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export interface FakeAnalyzer extends Analyzer {
  readonly calls: { readonly text: string; readonly options: AnalyzeOptions }[]
  readonly concurrency: { highest: number }
}

function createFakeAnalyzer(): FakeAnalyzer {
  const calls: FakeAnalyzer['calls'] = []
  const concurrency = { highest: 0 }
  let running = 0
  const analyzer: FakeAnalyzer = {
    calls,
    concurrency,
    async analyze(bytes, options = {}) {
      const text = new TextDecoder().decode(bytes)
      calls.push({ text, options })
      // As a worker would take them away.
      structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] })
      running++
      concurrency.highest = Math.max(concurrency.highest, running)
      await new Promise((resolve) => setTimeout(resolve, text.length % 3))
      running--
      if (text === '(corrupt)') throw new FaceError('corruptImage')
      if (text === '(fault)') throw new FaceError('workerFailed')
      if (text === '(overloaded)') throw new FaceError('overloaded')
      const words = text === '(none)' ? [] : text.split(' ')
      return {
        width: 640,
        height: 480,
        turned: text.endsWith('!turned') ? 90 : 0,
        omittedFaces: 0,
        faces: words.map((word) => ({
          detection: {
            box,
            landmarks,
            confidence: 0.99,
          },
          quality: word.endsWith('!blurred') ? { ...goodQuality, sharpness: 1 } : goodQuality,
          outside: 0,
          asymmetry: 0.4,
          ...(word.endsWith('!rotated')
            ? { comparability: { comparable: false, reasons: ['rotated'] } }
            : {}),
          ...(word.endsWith('!weak')
            ? { comparability: { comparable: true, reasons: [], weak: true } }
            : {}),
          ...(options.embedder === undefined
            ? {}
            : { embedding: embed(word.split('!')[0] as string, options.embedder) }),
          ...(options.crops ? { crop: { bytes: image(word), place: { box, landmarks } } } : {}),
        })),
        timings: { queueMs: 1, decodeMs: 2, detectMs: 3, alignMs: 4, embedMs: 5 },
      }
    },
    async embedCrop({ bytes }, { embedder }) {
      return (await analyzer.analyze(Uint8Array.from(bytes), { embedder })).faces[0]
    },
    warmUp: async () => {},
    stats: () => ({ workers: 2, queued: 0, running, completed: calls.length, busyMs: 0 }),
    close: async () => {},
  }
  return analyzer
}

export interface FakeDependencies extends RecognitionDependencies {
  readonly analyzer: FakeAnalyzer
}

/** Dependencies whose galleries are more alike than the curve by `shift`, once they were measured. */
export function withDifficulty(deps: FakeDependencies, shift: number): FakeDependencies {
  const difficulty = { pairs: 4950, rate: 0.01, falseMatches: 200, times: 4, shift }
  let measured: DifficultyMeasurement | undefined
  return {
    ...deps,
    gallery: {
      ...deps.gallery,
      difficulty: {
        latest: () => measured,
        measure: async (_, { faces }) => {
          measured = { faces, persons: 100, pairs: 4950, difficulty }
          return measured
        },
      },
    },
  }
}

/** A judge that trusts every face and takes what two share along the last axis for damage. */
export const fakeJudge: FaceJudge = {
  source: 'made up',
  resultFile: 'none',
  weights: { intercept: 0, confidence: 0, norms: [0], likeness: 0, damage: [0] },
  refuseFrom: 1,
  weakNorms: [0.1],
  maxOutside: 1,
  centroids: { reasons: ['damaged'], directions: lastAxis() },
  damageSpace: {
    mean: Buffer.from(new Float32Array(fakeDimension).buffer).toString('base64'),
    axes: { values: lastAxis(), scales: [0.1] },
    // Faces of half damage lie at 0.87 of the axis.
    points: { values: Buffer.from(Int8Array.of(87)).toString('base64'), scales: [0.1] },
    displacements: { values: Buffer.from(Int8Array.of(87)).toString('base64'), scales: [0.01] },
  },
}

function lastAxis(): string {
  const values = new Int8Array(fakeDimension)
  values[fakeDimension - 1] = 100
  return Buffer.from(values.buffer).toString('base64')
}

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((close) => close()))
})

/** A collection `default` of the model `fake`, and a model `bare` without a curve. */
export async function createFakeDependencies(): Promise<FakeDependencies> {
  const record = (id: string): ModelRecord =>
    ({
      id,
      task: 'embedder',
      title: id,
      license: 'MIT',
      trainingData: '',
      notes: '',
      dimension: fakeDimension,
      sources: [],
    }) as unknown as ModelRecord
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-recognition-'))
  const store = await createSqliteStore({ file: join(directory, 'gallery.sqlite') })
  const real = await createGallery({ store, provider: createMemoryProvider() })
  opened.push(async () => {
    await real.close()
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })
  // Nothing is measured unless a test says what.
  const difficulty = { latest: () => undefined, measure: async () => undefined }
  const gallery: Gallery = { ...real, difficulty }
  await gallery.collections.create({
    name: 'default',
    modelId: 'fake',
    dimension: fakeDimension,
    policy: { maxFpir: 0.01, possibleFpir: 0.1 },
    storeCrops: false,
  })
  return {
    analyzer: createFakeAnalyzer(),
    gallery,
    store,
    models: [
      { ...record('fake'), fmrCurve: plainCurve },
      record('bare'),
      { ...record('longer'), dimension: otherDimension, fmrCurve: plainCurve },
      { ...record('mtcnn'), task: 'detector' },
    ],
    isInstalled: async () => true,
    defaults: {
      detectorId: 'mtcnn',
      embedderId: 'fake',
      detector: { minFaceSize: 40 },
      qualityGates: { minSharpness: 20 },
      policy: { maxFpir: 0.01, possibleFpir: 0.1 },
      keepUnknown: defaultKeepUnknown,
    },
  }
}
