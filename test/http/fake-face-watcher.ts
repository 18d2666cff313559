import { createHash } from 'node:crypto'
import { FaceError } from '../../src/core/errors.ts'
import type { Landmarks5, Quality, UndeterminedReason } from '../../src/core/types.ts'
import type { Collection, Face, Page, PageOptions, Person } from '../../src/gallery/store.ts'
import { toEnrollHints, weakPhotographWarning } from '../../src/recognition/enroll-advice.ts'
import type {
  DecisionThresholds,
  EnrollWarning,
  FaceWatcher,
  ImageFacts,
  RequestOptions,
  Timings,
} from '../../src/recognition/face-watcher.ts'

/*
 * A Face Watcher without images or models: an "image" is text, "face:ann" has Ann's face,
 * "face:ann face:bob" two faces, largest first, and "face:" none. Faces of the same name are equal.
 * "face:ann!rotated" is a face that cannot be compared, "face:ann!weak" a weak photograph.
 */

export const modelId = 'fake'
export const dimension = 4
const timings: Timings = {
  queueMs: 1,
  decodeMs: 2,
  detectMs: 3,
  alignMs: 4,
  embedMs: 5,
  searchMs: 6,
}
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
const detection = { box: { x: -1, y: 2, width: 100, height: 120 }, landmarks, confidence: 0.99 }
const thresholds: DecisionThresholds = {
  match: 0.9,
  possible: 0.5,
  basis: 'fmrCurve',
  fmr: 1e-5,
  extrapolated: true,
  gallerySize: 2,
}
const createdAt = '2024-05-01T12:00:00.000Z'

/** Names of the faces in a fake image. @throws {FaceError} as an analyzer does */
function readFaces(image: Uint8Array): readonly string[] {
  const text = Buffer.from(image).toString()
  if (text === '') throw new FaceError('emptyImage')
  if (text === 'face') throw new FaceError('corruptImage')
  if (!text.startsWith('face:')) {
    throw new FaceError('unsupportedImage', { info: { allowed: ['JPEG', 'PNG'] } })
  }
  return text.split(' ').flatMap((word) => word.replace('face:', '') || [])
}

function reasonsOf(name: string): readonly UndeterminedReason[] {
  return name.endsWith('!rotated') ? ['rotated'] : []
}

/** A unit vector that depends on the name only. */
export function toEmbedding(name: string): Float32Array {
  const [word = ''] = name.split('!')
  const bytes = createHash('sha256').update(word).digest().subarray(0, dimension)
  const values = Float32Array.from(bytes, (byte) => byte - 128)
  const norm = Math.hypot(...values)
  return values.map((value) => value / norm)
}

function toSimilarity(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0)
}

interface StoredFace extends Face {
  readonly embedding: Float32Array
  readonly crop?: Uint8Array
}

export interface FakeFaceWatcher {
  readonly faceWatcher: FaceWatcher
  /** Calls of `enroll`. */
  readonly enrollments: { readonly collection: string; readonly options: unknown }[]
  /** Options of the last call that had any. */
  lastOptions: unknown
  /** Awaited by every analysis, after the images are taken over. */
  gate: ((signal: AbortSignal | undefined) => Promise<void>) | undefined
  ready: boolean
  /** Of every image. */
  imageFacts: ImageFacts
}

export function createFakeFaceWatcher(): FakeFaceWatcher {
  let ids = 0
  const newId = () => `01HZ${String(++ids).padStart(22, '0')}`
  const collections = new Map<string, Collection>()
  const persons = new Map<string, Person & { readonly collection: string }>()
  const faces = new Map<string, StoredFace>()
  const keys = new Map<
    string,
    { requestHash: string; response?: { readonly status: number; readonly body: string } }
  >()

  function addCollection(name: string, storeCrops = false): Collection {
    const policy = { maxFpir: 0.01, possibleFpir: 0.1 }
    const collection = { id: newId(), name, modelId, dimension, policy, storeCrops, createdAt }
    collections.set(name, collection)
    return collection
  }
  addCollection('default')

  function getCollection(name: string): Collection {
    const collection = collections.get(name)
    if (!collection) throw new FaceError('collectionNotFound')
    return collection
  }
  function getPerson(collection: string, id: string): Person {
    getCollection(collection)
    const person = persons.get(id)
    if (person?.collection !== collection) throw new FaceError('personNotFound')
    const { collection: _, ...rest } = person
    const faceCount = [...faces.values()].filter((face) => face.personId === id).length
    return { ...rest, faceCount }
  }
  function getFace(collection: string, id: string): StoredFace {
    getCollection(collection)
    const face = faces.get(id)
    if (!face) throw new FaceError('faceNotFound')
    return face
  }
  function addPerson(collection: string, name: string, metadata = {}): Person {
    getCollection(collection)
    const id = newId()
    const person = { id, name, metadata, faceCount: 0, createdAt, updatedAt: createdAt }
    persons.set(id, { ...person, collection })
    return person
  }
  function toPage<T extends { id: string }>(all: readonly T[], options: PageOptions = {}): Page<T> {
    const start = options.cursor ? all.findIndex(({ id }) => id === options.cursor) + 1 : 0
    if (options.cursor && start === 0) throw new FaceError('invalidCursor')
    const items = all.slice(start, start + (options.limit ?? 100))
    const last = items.at(-1)
    return last && start + items.length < all.length ? { items, nextCursor: last.id } : { items }
  }
  const withoutEmbedding = ({ embedding: _, crop: __, ...face }: StoredFace): Face => face
  const facesOf = (collection: string) =>
    [...faces.values()].filter((face) => persons.get(face.personId)?.collection === collection)

  const fake: FakeFaceWatcher = {
    enrollments: [],
    lastOptions: undefined,
    gate: undefined,
    ready: true,
    imageFacts: { width: 640, height: 480, turned: 0, omittedFaces: 0 },
    faceWatcher: {
      async detect(image, options) {
        const found = await analyze(image, options)
        return {
          ...fake.imageFacts,
          faces: found.map(() => ({ detection, quality })),
          timings,
        }
      },
      async embed(image, options) {
        if (options?.modelId === 'absent') throw new FaceError('modelNotInstalled')
        if (options?.modelId && options.modelId !== modelId) throw new FaceError('unknownModel')
        const found = await analyze(image, options)
        return {
          ...fake.imageFacts,
          modelId,
          dimension,
          faces: found.map((name) => ({
            detection,
            quality,
            reasons: reasonsOf(name),
            embedding: toEmbedding(name),
          })),
          timings,
        }
      },
      async enroll(collection, person, images, options) {
        fake.enrollments.push({ collection, options })
        fake.lastOptions = options
        getCollection(collection)
        if (typeof person === 'string') getPerson(collection, person)
        await fake.gate?.(options?.signal)
        const accepted: { fileName: string; name: string; imageHash: string }[] = []
        const rejected = []
        for (const { fileName, bytes } of images) {
          try {
            const [name, second] = readFaces(bytes)
            if (!name) throw new FaceError('noFace')
            if (second && options?.faces !== 'largest') throw new FaceError('multipleFaces')
            if (name === 'blurred' && !options?.skipQualityGates) {
              rejected.push({ fileName, reasons: ['tooBlurred' as const], message: 'Too blurred.' })
              continue
            }
            const imageHash = createHash('sha256').update(bytes).digest('hex')
            accepted.push({ fileName, name, imageHash })
          } catch (error) {
            const { code, message } = error as FaceError
            rejected.push({ fileName, reasons: [code as 'noFace'], message })
          }
        }
        if (accepted.length === 0 && typeof person !== 'string') {
          return { faces: [], rejected, hints: [], timings }
        }
        const id =
          typeof person === 'string'
            ? person
            : addPerson(collection, person.name, person.metadata).id
        const enrolled = accepted.map(({ fileName, name, imageHash }) => {
          const existing = [...faces.values()].find(
            (face) => face.personId === id && face.imageHash === imageHash,
          )
          const other = facesOf(collection).find(
            (face) =>
              face.personId !== id &&
              toSimilarity(face.embedding, toEmbedding(name)) > thresholds.match,
          )
          const face: StoredFace = existing ?? {
            id: newId(),
            personId: id,
            modelId,
            quality,
            box: detection.box,
            landmarks,
            imageHash,
            hasCrop: getCollection(collection).storeCrops,
            createdAt,
            embedding: toEmbedding(name),
            ...(getCollection(collection).storeCrops ? { crop: Buffer.from([0xff, 0xd8]) } : {}),
          }
          faces.set(face.id, face)
          const warnings: EnrollWarning[] =
            other && options?.duplicates !== 'ignore'
              ? [
                  {
                    reason: 'duplicateOfOtherPerson',
                    personId: other.personId,
                    personName: persons.get(other.personId)?.name ?? '',
                    similarity: 1,
                  },
                ]
              : []
          if (name.endsWith('!weak')) warnings.push(weakPhotographWarning)
          return {
            fileName,
            face: withoutEmbedding(face),
            existed: existing !== undefined,
            ...(existing === undefined ? { turned: fake.imageFacts.turned } : {}),
            warnings,
          }
        })
        const found = getPerson(collection, id)
        const hints = toEnrollHints(found)
        return { person: found, faces: enrolled, rejected, hints, timings }
      },
      async identify(collection, probe, options) {
        getCollection(collection)
        fake.lastOptions = options
        let probes: readonly {
          readonly embedding: Float32Array
          readonly reasons: readonly UndeterminedReason[]
        }[]
        if (probe instanceof Uint8Array) {
          probes = (await analyze(probe, options)).map((name) => ({
            embedding: toEmbedding(name),
            reasons: reasonsOf(name),
          }))
        } else {
          if (probe.modelId !== modelId) throw new FaceError('modelMismatch')
          if (probe.embedding.length !== dimension) throw new FaceError('dimensionMismatch')
          if (!probe.embedding.every(Number.isFinite)) throw new FaceError('invalidEmbedding')
          probes = [{ embedding: probe.embedding, reasons: [] }]
        }
        const found = probes.map(({ embedding, reasons }) => {
          const candidates = facesOf(collection)
            .map((face) => ({
              personId: face.personId,
              personName: persons.get(face.personId)?.name ?? '',
              metadata: persons.get(face.personId)?.metadata ?? {},
              faceId: face.id,
              similarity: toSimilarity(embedding, face.embedding),
              fmr: 1e-6,
              fmrExtrapolated: true,
            }))
            .sort((a, b) => b.similarity - a.similarity)
            .slice(0, options?.candidates ?? 5)
          const best = candidates[0]?.similarity ?? -1
          const decision =
            reasons.length > 0
              ? ('undetermined' as const)
              : best >= thresholds.match
                ? ('match' as const)
                : best >= thresholds.possible
                  ? ('possible' as const)
                  : ('unknown' as const)
          const { match, possible } = thresholds
          const own = { match, possible, shift: 0 }
          return { detection, quality, decision, reasons, thresholds: own, candidates }
        })
        return { ...fake.imageFacts, collection, modelId, thresholds, faces: found, timings }
      },
      async verify(image, target, options) {
        const [name] = await analyze(image, options)
        if (!name) throw new FaceError('noFace')
        let others: readonly { readonly id?: string; readonly embedding: Float32Array }[]
        if ('image' in target) {
          const [other, second] = readFaces(target.image)
          if (!other) throw new FaceError('noFace')
          if (second) throw new FaceError('multipleFaces')
          others = [{ embedding: toEmbedding(other) }]
        } else if ('faceId' in target) {
          others = [getFace(target.collection, target.faceId)]
        } else {
          getPerson(target.collection, target.personId)
          others = [...faces.values()].filter((face) => face.personId === target.personId)
        }
        const [best] = others
        const similarity = best ? toSimilarity(toEmbedding(name), best.embedding) : 0
        const threshold = options?.threshold ?? 0.9
        const reasons = { probe: reasonsOf(name), reference: [] }
        const decision =
          reasons.probe.length > 0
            ? ('undetermined' as const)
            : similarity >= threshold
              ? ('match' as const)
              : ('noMatch' as const)
        return {
          modelId,
          match: decision === 'match',
          decision,
          reasons,
          similarity,
          threshold,
          fmr: 1e-6,
          fmrExtrapolated: false,
          ...(best?.id === undefined ? {} : { faceId: best.id }),
          timings,
        }
      },
      collections: {
        async create({ name, modelId: model, policy, storeCrops }) {
          if (collections.has(name)) throw new FaceError('collectionExists')
          if (model === 'absent') throw new FaceError('modelNotInstalled')
          if (model !== undefined && model !== modelId) throw new FaceError('unknownModel')
          const created = addCollection(name, storeCrops)
          const updated = { ...created, policy: { ...created.policy, ...policy } }
          collections.set(name, updated)
          return updated
        },
        async get(name) {
          const count = [...persons.values()].filter(({ collection }) => collection === name).length
          return {
            ...getCollection(name),
            persons: count,
            faces: facesOf(name).length,
            thresholds,
            difficulty: {
              faces: 1200,
              persons: 1000,
              pairs: 499_500,
              rate: 1e-3,
              falseMatches: 3162,
              times: 6.33,
              shift: 0.077,
              expectedFpir: 0.144,
            },
          }
        },
        async list(options) {
          return toPage([...collections.values()], options)
        },
        async update(name, { policy, storeCrops }) {
          const before = getCollection(name)
          const updated = {
            ...before,
            policy: { ...before.policy, ...policy },
            storeCrops: storeCrops ?? before.storeCrops,
          }
          collections.set(name, updated)
          return updated
        },
        async delete(name) {
          getCollection(name)
          if (name === 'default') throw new FaceError('forbidden')
          collections.delete(name)
        },
      },
      persons: {
        async create(collection, { name, metadata }) {
          return addPerson(collection, name.trim(), metadata)
        },
        async get(collection, id) {
          return getPerson(collection, id)
        },
        async list(collection, options) {
          getCollection(collection)
          const all = [...persons.values()].filter(
            (person) =>
              person.collection === collection &&
              (options?.name === undefined ||
                person.name.toLowerCase().includes(options.name.toLowerCase())) &&
              (options?.exactName === undefined || person.name === options.exactName),
          )
          return toPage(
            all.map(({ id }) => getPerson(collection, id)),
            options,
          )
        },
        async update(collection, id, patch) {
          const person = { ...getPerson(collection, id), ...patch }
          persons.set(id, { ...person, collection })
          return person
        },
        async delete(collection, id) {
          getPerson(collection, id)
          persons.delete(id)
          for (const face of faces.values()) if (face.personId === id) faces.delete(face.id)
        },
      },
      faces: {
        async get(collection, id) {
          return withoutEmbedding(getFace(collection, id))
        },
        async list(collection, options) {
          const all = facesOf(collection).filter(
            ({ personId }) => options?.personId === undefined || options.personId === personId,
          )
          return toPage(all.map(withoutEmbedding), options)
        },
        async crop(collection, id) {
          return getFace(collection, id).crop
        },
        async delete(collection, personId, id) {
          getPerson(collection, personId)
          if (getFace(collection, id).personId !== personId) throw new FaceError('faceNotFound')
          faces.delete(id)
        },
        async findByImage(collection, imageHash) {
          return facesOf(collection).filter((face) => face.imageHash === imageHash)
        },
      },
      index: {
        status: async () => ({ kind: 'memory', faces: faces.size }),
        async verify(collection) {
          return { collection, checked: 0, missing: [], surplus: [], different: [] }
        },
        async rebuild() {},
      },
      idempotency: {
        async claim(key, requestHash) {
          const earlier = keys.get(key)
          if (earlier) return earlier
          keys.set(key, { requestHash })
          return undefined
        },
        async complete(key, response) {
          const record = keys.get(key)
          if (response && record) keys.set(key, { ...record, response })
          else keys.delete(key)
        },
      },
      async models() {
        return [
          {
            id: modelId,
            task: 'embedder',
            title: 'Fake',
            installed: true,
            isDefault: true,
            dimension,
            license: 'MIT',
            trainingData: 'none',
            notes: '',
            lfwAccuracy: 0.5,
          },
        ]
      },
      async status() {
        return {
          ready: fake.ready,
          reasons: fake.ready ? [] : ['the model is loading'],
          collections: collections.size,
          persons: persons.size,
          faces: faces.size,
          changeLag: 7,
          indexBehindMs: 120,
          indexRebuilds: 1,
          snapshotFailures: 2,
          workers: 2,
          queued: 3,
          running: 1,
        }
      },
      async close() {},
    },
  }

  async function analyze(
    image: Uint8Array,
    options: (RequestOptions & { detector?: { maxFaces?: number } }) | undefined,
  ): Promise<readonly string[]> {
    fake.lastOptions = options
    await fake.gate?.(options?.signal)
    return readFaces(image).slice(0, options?.detector?.maxFaces)
  }

  return fake
}
