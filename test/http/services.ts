import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeys } from '../../src/access/keys.ts'
import { createRoles } from '../../src/access/roles.ts'
import { createSessions } from '../../src/access/sessions.ts'
import { FaceError } from '../../src/core/errors.ts'
import { defaultKeepUnknown } from '../../src/core/keep-unknown.ts'
import { defaultPolicy } from '../../src/core/policy.ts'
import type { Landmarks5, Quality, UndeterminedReason } from '../../src/core/types.ts'
import { createGallery, type DifficultyMeasurement } from '../../src/gallery/gallery.ts'
import type { HttpServices } from '../../src/http/types.ts'
import type { JobKindsOptions } from '../../src/jobs/kinds/kinds.ts'
import { createJobService } from '../../src/jobs/service.ts'
import type { ModelRecord } from '../../src/models/manifest-types.ts'
import {
  defaultCollectionName,
  type FaceWatcher,
  type ImageFacts,
  type Status,
} from '../../src/recognition/face-watcher.ts'
import { createUseCases } from '../../src/recognition/use-cases.ts'
import type { Database } from '../../src/storage/database.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import type { AnalyzedFace, Analyzer } from '../../src/vision/analyzer/analyzer-types.ts'
import { makeCurve } from '../helpers/curve.ts'
import { createTestKinds } from '../helpers/job-kinds.ts'
import { createMemoryProvider } from '../helpers/memory-index.ts'

/*
 * The real use cases over a real store; only images and models are made up. An "image" is text:
 * "face:ann" has Ann's face, "face:ann face:bob" two faces, largest first, and "face:" none. A crop
 * is the text of its face. Faces of the same name are equal. "face:ann!rotated" is a face that cannot be compared, "face:ann!weak"
 * a weak photograph, and "face:blurred" fails a quality gate.
 */

export const modelId = 'fake'
/** Another model whose embeddings are the same. */
export const otherModelId = 'other'
/** A model that the manifest has and nobody has installed. */
const absentModelId = 'absent'
const dimension = 4
const landmarks: Landmarks5 = [
  { x: 10, y: 10 },
  { x: 20, y: 10 },
  { x: 15, y: 15 },
  { x: 11, y: 20 },
  { x: 19, y: 20 },
]
const quality: Quality = {
  sizePx: 100,
  sharpness: 200,
  brightness: 0.5,
  pose: { yaw: 1, pitch: 2, roll: 3 },
  confidence: 0.99,
}
/** Matches from 0.9, possible from 0.5: names give few values, which are often alike. */
const fmrCurve = makeCurve(
  [
    [0.1, 0.1, 1],
    [0.5, 1e-3, 0.99],
    [0.9, 1e-4, 0.98],
    [0.95, 1e-5, 0.95],
  ],
  { threshold: 0.9, rate: 1e-4, shape: 0.05, scale: 0.04 },
)
/** What galleries are said to have been measured as; measuring takes thousands of people. */
const difficulty: DifficultyMeasurement = {
  faces: 1200,
  persons: 1000,
  pairs: 499_500,
  difficulty: { pairs: 499_500, rate: 1e-3, falseMatches: 3162, times: 6.33, shift: 0.077 },
}

/** Says of labelled photographs what they are called; an empty one cannot be used. */
const evaluatePhotographs: JobKindsOptions['evaluatePhotographs'] = async (
  { total, each },
  { modelId: chosen, onProgress },
) => {
  const used: string[] = []
  const failures: { file: string; reason: string }[] = []
  for await (const { file, person, read } of each()) {
    const bytes = await read()
    onProgress({ stage: 'photographs', done: used.length + failures.length, total })
    if (bytes === undefined) failures.push({ file, reason: 'corruptImage' })
    else used.push(`${person}: ${new TextDecoder().decode(bytes)}`)
  }
  const pair = { files: ['a', 'b'], persons: ['A', 'B'], similarity: 0.75 }
  const thumbnails = [Uint8Array.of(1, 2, 3), undefined]
  return { modelId: chosen, used, failures, lookAlikes: [{ ...pair, thumbnails }], unlike: [] }
}

/** Names of the faces in a text. @throws {FaceError} as an analyzer does */
function readFaces(image: Uint8Array): readonly string[] {
  const text = Buffer.from(image).toString()
  if (text === '') throw new FaceError('emptyImage')
  if (text === 'face') throw new FaceError('corruptImage')
  if (!text.startsWith('face:')) {
    throw new FaceError('unsupportedImage', { info: { allowed: ['JPEG', 'PNG'] } })
  }
  return text.split(' ').flatMap((word) => word.replace('face:', '') || [])
}

/** A unit vector that depends on the name only. */
export function toEmbedding(name: string): Float32Array {
  const [word = ''] = name.split('!')
  const bytes = createHash('sha256').update(word).digest().subarray(0, dimension)
  const values = Float32Array.from(bytes, (byte) => byte - 128)
  const norm = Math.hypot(...values)
  return values.map((value) => value / norm)
}

function toFace(name: string, index: number): AnalyzedFace {
  const reasons: readonly UndeterminedReason[] = name.endsWith('!rotated') ? ['rotated'] : []
  return {
    detection: {
      box: { x: 200 * index - 1, y: 2, width: 100 - index, height: 120 - index },
      landmarks,
      confidence: 0.99,
    },
    quality: name === 'blurred' ? { ...quality, sharpness: 1 } : quality,
    outside: 0,
    asymmetry: 0.4,
    embedding: toEmbedding(name),
    comparability: {
      ...{ comparable: reasons.length === 0, reasons },
      ...(name.endsWith('!weak') ? { weak: true } : {}),
    },
    crop: { bytes: Uint8Array.from(Buffer.from(`face:${name}`)) },
  }
}

export interface TestServices extends HttpServices {
  /** What the use cases stand on. */
  readonly store: Database
  /** Calls of `enroll`. */
  readonly enrollments: { readonly collection: string; readonly options: unknown }[]
  /** Options of the last call that looked at images. */
  lastOptions: unknown
  /** Awaited by every analysis. */
  gate: ((signal: AbortSignal | undefined) => Promise<void>) | undefined
  /** What the status says instead of what is. */
  status: Partial<Status>
  /** What the index tells of itself beside its faces. */
  indexFacts: Readonly<Record<string, unknown>>
  /** Of every image. */
  imageFacts: ImageFacts
  /** Closes the use cases and removes what they stored. */
  close(): Promise<void>
}

/** Creates it with an empty collection `default`, in a folder of its own. */
export async function createTestServices(): Promise<TestServices> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-http-'))
  const analyzer: Analyzer = {
    async analyze(image, { detector, embedder, signal } = {}) {
      if (embedder === absentModelId) throw new FaceError('modelNotInstalled')
      await services.gate?.(signal)
      return {
        ...services.imageFacts,
        faces: readFaces(image).slice(0, detector?.maxFaces).map(toFace),
        timings: { queueMs: 1, decodeMs: 2, detectMs: 3, alignMs: 4, embedMs: 5 },
      }
    },
    async embedCrop({ bytes }, { embedder }) {
      if (embedder === absentModelId) throw new FaceError('modelNotInstalled')
      return readFaces(bytes).map(toFace)[0]
    },
    warmUp: async () => {},
    stats: () => ({ workers: 2, queued: 3, running: 1, completed: 0, busyMs: 0 }),
    close: async () => {},
  }
  const store = await createSqliteStore({ file: join(directory, 'gallery.sqlite') })
  const provider = createMemoryProvider()
  const gallery = await createGallery({ store, provider })
  const useCases = createUseCases({
    analyzer,
    gallery: {
      ...gallery,
      difficulty: { latest: () => difficulty, measure: async () => difficulty },
    },
    store,
    models: [toRecord(modelId), toRecord(otherModelId), toRecord(absentModelId)],
    isInstalled: async (id) => id !== absentModelId,
    defaults: {
      detectorId: 'mtcnn',
      embedderId: modelId,
      detector: {},
      qualityGates: { minSharpness: 20 },
      policy: defaultPolicy,
      keepUnknown: defaultKeepUnknown,
    },
  })
  await useCases.collections.create({ name: defaultCollectionName })
  const jobService = createJobService({
    store,
    kinds: createTestKinds({
      ...{ store, faceWatcher: useCases, evaluatePhotographs },
      installModel: async (_modelId, { onProgress }) => onProgress(1),
    }),
    ...{ concurrency: 1, keepMs: 1e9, pollMs: 50 },
  })
  /** The use cases of any caller; their calls are noted. */
  const listen = (heard: FaceWatcher): FaceWatcher => ({
    ...heard,
    as: (context) => listen(heard.as(context)),
    detect(image, options) {
      services.lastOptions = options
      return heard.detect(image, options)
    },
    enroll(collection, person, images, options) {
      services.enrollments.push({ collection, options })
      services.lastOptions = options
      return heard.enroll(collection, person, images, options)
    },
    identify: ((...args: Parameters<FaceWatcher['identify']>) => {
      services.lastOptions = args[2]
      return heard.identify(...args)
    }) as FaceWatcher['identify'],
    verify(image, target, options) {
      services.lastOptions = options
      return heard.verify(image, target, options)
    },
    readiness: async () => ({ ...(await heard.readiness()), ...services.status }),
    status: async () => ({ ...(await heard.status()), ...services.status }),
  })
  const services: TestServices = {
    answers: store.answers,
    keys: createKeys({ store }),
    sessions: createSessions({
      ...{ store, roles: createRoles({ own: [], collections: store.collections }) },
      lifetimes: { idleMs: 1_800_000, absoluteMs: 43_200_000 },
      sweepEveryMs: 0,
    }),
    store,
    enrollments: [],
    lastOptions: undefined,
    gate: undefined,
    status: {},
    get indexFacts() {
      return provider.facts
    },
    set indexFacts(facts) {
      provider.facts = facts
    },
    imageFacts: { width: 640, height: 480, turned: 0, omittedFaces: 0 },
    faceWatcher: listen(useCases),
    jobs: jobService.jobs,
    configuration: () => [{ path: 'http.port', value: 8000, source: 'default' }],
    async close() {
      await jobService.close()
      await useCases.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return services
}

function toRecord(id: string): ModelRecord {
  return {
    id,
    task: 'embedder',
    title: 'Fake',
    license: 'MIT',
    trainingData: 'none',
    notes: '',
    dimension,
    fmrCurve,
    sources: id === absentModelId ? [{ kind: 'file' }] : [{ kind: 'npm', bytes: 1_500_000 }],
    accuracy: { lfwAccuracy: 0.5, tmrAtFmr1e4: 0.5, fnirAtFpir1e2: 0.5 },
  } as unknown as ModelRecord
}
