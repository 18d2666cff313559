import { FaceError } from '../../src/core/errors.ts'
import type { FaceJudge } from '../../src/core/judge.ts'
import type { FmrCurve, Landmarks5, Quality } from '../../src/core/types.ts'
import type {
  DifficultyMeasurement,
  Gallery,
  ProbeResult,
  RankedPerson,
} from '../../src/gallery/gallery.ts'
import type { ModelRecord } from '../../src/models/manifest-types.ts'
import type { RecognitionDependencies } from '../../src/recognition/dependencies.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import type { Face, NewFace } from '../../src/storage/ports/faces.ts'
import type { NewPerson, Person } from '../../src/storage/ports/persons.ts'
import { choosePersonOfName } from '../../src/storage/rules/person-by-name.ts'
import type { AnalyzeOptions, Analyzer } from '../../src/vision/analyzer/analyzer-types.ts'

/*
 * Analyzer and gallery in memory. An "image" is text: each word is a face, largest first, `ann` with
 * Ann's embedding and `ann~0.6` with one of similarity 0.6 to it; `ann!blurred` fails a quality gate.
 * `ann!weak` is a weak photograph and `ann!turned` one that lies on its side.
 * `(none)` has no face; `(corrupt)`, `(fault)` and `(overloaded)` are errors.
 */

export const fakeDimension = 8
const names = ['ann', 'bob', 'cy', 'dan', 'eve', 'fay']
const origin = { x: 0, y: 0 }
const landmarks: Landmarks5 = [origin, origin, origin, origin, origin]
const goodQuality: Quality = {
  sizePx: 100,
  sharpness: 500,
  brightness: 0.5,
  pose: { yaw: 0, pitch: 0, roll: 0 },
  confidence: 0.99,
}

export const fakeCurve: FmrCurve = {
  source: 'made up',
  resultFile: 'none',
  matedPairs: 1000,
  nonMatedPairs: 10_000_000,
  points: [
    { similarity: 0.1, fmr: 0.1, falseMatches: 1_000_000, tmr: 1 },
    { similarity: 0.3, fmr: 1e-3, falseMatches: 10_000, tmr: 0.99 },
    { similarity: 0.4, fmr: 1e-4, falseMatches: 1000, tmr: 0.98 },
    { similarity: 0.5, fmr: 1e-5, falseMatches: 100, tmr: 0.95 },
  ],
  tail: { threshold: 0.4, rate: 1e-4, shape: 0.05, scale: 0.04, exceedances: 1000 },
}

/** Unit vector: the person's axis, and for `~s` as much of the last axis as leaves similarity s. */
export function fakeEmbedding(word: string): Float32Array {
  const [name, similarity = '1'] = word.split('~') as [string, string?]
  const embedding = new Float32Array(fakeDimension)
  embedding[names.indexOf(name)] = Number(similarity)
  embedding[fakeDimension - 1] = Math.sqrt(1 - Number(similarity) ** 2)
  return embedding
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
  return {
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
            box: { x: 1, y: 2, width: 100, height: 100 },
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
            : { embedding: fakeEmbedding(word.split('!')[0] as string) }),
          ...(options.crops ? { crop: new Uint8Array([1]) } : {}),
        })),
        timings: { queueMs: 1, decodeMs: 2, detectMs: 3, alignMs: 4, embedMs: 5 },
      }
    },
    warmUp: async () => {},
    stats: () => ({ workers: 2, queued: 0, running, completed: calls.length }),
    close: async () => {},
  }
}

interface StoredFace {
  readonly face: Face
  readonly embedding: Float32Array
  readonly crop: Uint8Array | undefined
}

const health = {
  changeLag: 0,
  indexBehindMs: 0,
  trouble: { rebuilds: 0, snapshotFailures: 0 },
  ready: true,
}

/** Some of the methods of its ports, too. */
type PartialPorts<T> = {
  readonly [K in keyof T]?: T[K] extends (...parameters: never[]) => unknown ? T[K] : Partial<T[K]>
}

/** As much of a gallery as the use cases need, with an exact search. */
export function createFakeGallery(): Gallery {
  const collections = new Map<string, Collection>()
  const persons = new Map<string, Omit<Person, 'faceCount'>>()
  const faces = new Map<string, StoredFace>()
  let ids = 0
  const nextId = (kind: string): string => `${kind}${++ids}`
  const facesOf = (personId: string): StoredFace[] =>
    [...faces.values()].filter(({ face }) => face.personId === personId)
  const getPerson = async (_: string, id: string): Promise<Person> => {
    const person = persons.get(id)
    if (person === undefined) throw new FaceError('personNotFound')
    return { ...person, faceCount: facesOf(id).length }
  }
  const obtainPerson = (input: NewPerson) => {
    const namesakes = [...persons.values()].filter(({ name }) => name === input.name)
    const ids = namesakes.map(({ id }) => id)
    const known = choosePersonOfName(input, ids)
    if (known !== undefined) return { id: known, newPerson: false }
    const { name, metadata = {} } = input
    const id = nextId('person')
    persons.set(id, { id, name, metadata, createdAt: '', updatedAt: '' })
    return { id, newPerson: true }
  }
  const createPerson: Gallery['persons']['create'] = async (collectionId, input) =>
    getPerson(collectionId, obtainPerson(input).id)
  const getFace = async (_: string, id: string): Promise<Face> => {
    const stored = faces.get(id)
    if (stored === undefined) throw new FaceError('faceNotFound')
    return stored.face
  }
  const addFace = (personId: string, input: NewFace): Face & { existed: boolean } => {
    const { embedding, crop, ...rest } = input
    const old = facesOf(personId).find(({ face }) => face.imageHash === input.imageHash)
    if (old !== undefined) return { ...old.face, existed: true }
    const id = nextId('face')
    const face: Face = { ...rest, id, personId, hasCrop: crop !== undefined, createdAt: '' }
    faces.set(id, { face, embedding, crop })
    return { ...face, existed: false }
  }
  const rank = (name: string, probe: Float32Array, count: number): ProbeResult => {
    const best = new Map<string, RankedPerson>()
    for (const { face, embedding } of faces.values()) {
      const similarity = embedding.reduce((sum, value, i) => sum + value * (probe[i] ?? 0), 0)
      const known = best.get(face.personId)
      if (known !== undefined && known.similarity >= similarity) continue
      const { name = '', metadata = {} } = persons.get(face.personId) ?? {}
      const { personId } = face
      best.set(personId, { personId, name, metadata, faceId: face.id, similarity, embedding })
    }
    const ranked = [...best.values()].sort((a, b) => b.similarity - a.similarity)
    const collection = collections.get(name)
    const facts = { gallerySize: faces.size, ...(collection && { collection }) }
    if (ranked.length === 0) return { ...facts, persons: [] }
    const similarities = ranked.slice(1).map(({ similarity }) => similarity)
    return {
      ...facts,
      persons: ranked.slice(0, count),
      rest: { similarities, faces: similarities.length },
    }
  }
  const gallery: PartialPorts<Gallery> = {
    as: () => gallery as Gallery,
    collections: {
      async create(input) {
        if (collections.has(input.name)) throw new FaceError('collectionExists')
        const collection = { ...input, id: nextId('collection'), createdAt: '' }
        collections.set(input.name, collection)
        return collection
      },
      async get(name) {
        const collection = collections.get(name)
        if (collection === undefined) throw new FaceError('collectionNotFound')
        return collection
      },
      async update(name, { policyWas: _, ...patch }) {
        const updated = { ...(collections.get(name) as Collection), ...patch }
        collections.set(name, updated)
        return updated
      },
      async delete(name) {
        if (!collections.delete(name)) throw new FaceError('collectionNotFound')
      },
      list: async () => ({ items: [...collections.values()] }),
      counts: async () => ({ persons: persons.size, faces: faces.size }),
    },
    persons: {
      create: createPerson,
      get: getPerson,
      async list(collectionId, { exactName, limit = 100 } = {}) {
        const found = [...persons.values()].filter(
          ({ name }) => exactName === undefined || name === exactName,
        )
        const items = found.slice(0, limit).map(({ id }) => getPerson(collectionId, id))
        return { items: await Promise.all(items) }
      },
    },
    faces: {
      async add(collectionId, person, added) {
        const { id, newPerson } =
          typeof person === 'string'
            ? { ...(await getPerson(collectionId, person)), newPerson: false }
            : obtainPerson(person)
        const stored = added.map((face) => addFace(id, face))
        return { person: await getPerson(collectionId, id), newPerson, faces: stored }
      },
      get: getFace,
      async delete(_, id) {
        faces.delete(id)
      },
      async getEmbeddings(collectionId, of) {
        if ('faceId' in of) await getFace(collectionId, of.faceId)
        const found =
          'faceId' in of
            ? [faces.get(of.faceId) as StoredFace]
            : 'faceIds' in of
              ? of.faceIds.flatMap((id) => faces.get(id) ?? [])
              : facesOf(of.personId)
        const embeddings = new Float32Array(found.length * fakeDimension)
        for (const [row, { embedding }] of found.entries()) {
          embeddings.set(embedding, row * fakeDimension)
        }
        return { faceIds: found.map(({ face }) => face.id), embeddings }
      },
      findByImage: async (_, hash) =>
        [...faces.values()].flatMap(({ face }) => (face.imageHash === hash ? [face] : [])),
    },
    search: async (collection, probes, options) =>
      Array.from({ length: probes.length / fakeDimension }, (_, row) =>
        rank(
          collection.name,
          probes.subarray(row * fakeDimension, (row + 1) * fakeDimension),
          options.persons,
        ),
      ),
    // Nothing is measured unless a test says what.
    difficulty: { latest: () => undefined, measure: async () => undefined },
    verifyIndex: async () => ({ checked: faces.size, missing: [], surplus: [], different: [] }),
    health: async () => health,
    stats: async () => ({
      collections: collections.size,
      persons: persons.size,
      faces: faces.size,
      ...health,
    }),
    close: async () => {},
  }
  return gallery as Gallery
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
    }) as unknown as ModelRecord
  const gallery = createFakeGallery()
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
    store: { close: async () => {} } as unknown as Database,
    models: [
      { ...record('fake'), fmrCurve: fakeCurve },
      record('bare'),
      { ...record('mtcnn'), task: 'detector' },
    ],
    isInstalled: async () => true,
    defaults: {
      detectorId: 'mtcnn',
      embedderId: 'fake',
      detector: { minFaceSize: 40 },
      qualityGates: { minSharpness: 20 },
      policy: { maxFpir: 0.01, possibleFpir: 0.1 },
    },
  }
}
