import { FaceError } from '../core/errors.ts'
import { statedFmr } from '../core/fmr.ts'
import {
  computeSearchShift,
  computeThresholds,
  decide,
  raiseThresholds,
  withSharedDamage,
} from '../core/policy.ts'
import { parseEmbedding } from '../core/similarity.ts'
import type { Detection, FmrCurve, Quality, UndeterminedReason } from '../core/types.ts'
import type { ProbeResult, RankedPerson } from '../gallery/gallery.ts'
import type { Collection } from '../gallery/store.ts'
import type { StageTimings } from '../vision/analyzer-types.ts'
import { embeddingOf } from './choose-face.ts'
import { findCurve, type RecognitionDependencies } from './dependencies.ts'
import type {
  Candidate,
  FaceWatcher,
  IdentifiedFace,
  IdentifyResult,
  ImageFacts,
} from './face-watcher.ts'
import { latestGalleryShift } from './gallery-shift.ts'
import type { Judges } from './judges.ts'
import { noDetection, noQuality } from './no-image.ts'
import { sumTimings } from './timings.ts'

const defaultCandidates = 5
const maxCandidates = 100

interface Probe {
  readonly facts: ImageFacts
  readonly faces: readonly {
    readonly detection: Detection
    readonly quality: Quality
    readonly reasons: readonly UndeterminedReason[]
    readonly embedding: Float32Array
  }[]
  readonly timings: readonly StageTimings[]
}

/**
 * Creates the use case that searches for every face of an image, or for an embedding.
 *
 * A probe that is an embedding has no image: width, height, detection and quality are 0.
 */
export function createIdentify(
  deps: RecognitionDependencies,
  judges: Judges,
): FaceWatcher['identify'] {
  const { gallery, models } = deps
  const openProbe = createProbeOpener(deps)
  return async (collectionName, input, options = {}): Promise<IdentifyResult> => {
    const count = options.candidates ?? defaultCandidates
    assertCandidates(count)
    const { collection, probe } = await openProbe(collectionName, input, options)
    const curve = findCurve(models, collection.modelId)
    const started = performance.now()
    const judge = judges(collection.modelId)
    const { policy } = collection
    const results = await searchAll(deps, collection, probe, {
      persons: count,
      // No gallery has a lower threshold than one of a single face.
      ...(judge === undefined
        ? {}
        : { embeddingsFrom: computeThresholds(policy, curve, 1).possible }),
    })
    const searchMs = performance.now() - started
    // A search counts them; without a face there was none.
    const gallerySize = results[0]?.gallerySize ?? (await gallery.counts(collection.id)).faces
    const thresholds = computeThresholds(policy, curve, gallerySize)
    const ofGallery = latestGalleryShift(deps, collection, gallerySize)
    return {
      ...probe.facts,
      collection: collection.name,
      modelId: collection.modelId,
      thresholds,
      faces: probe.faces.map(
        ({ detection, quality, reasons, embedding }, index): IdentifiedFace => {
          const { persons, rest } = results[index] as ProbeResult
          const sharedWith = (person: RankedPerson): number =>
            (person.embedding && judge?.pairShift(embedding, person.embedding)) ?? 0
          const alike = computeSearchShift(policy, { curve, rest, ofGallery })
          const shared = persons.map(sharedWith)
          const own = raiseThresholds(thresholds, policy, { curve, alike, shared: shared[0] ?? 0 })
          const candidates = persons.map((person, i) =>
            toCandidate(person, curve, withSharedDamage(alike, policy, shared[i] as number)),
          )
          const decision =
            reasons.length > 0 ? 'undetermined' : decide(candidates[0]?.similarity, own)
          return { detection, quality, decision, reasons, thresholds: own, candidates }
        },
      ),
      timings: sumTimings(probe.timings, searchMs),
    }
  }
}

async function searchAll(
  { gallery }: RecognitionDependencies,
  collection: Collection,
  probe: Probe,
  options: { readonly persons: number; readonly embeddingsFrom?: number },
): Promise<readonly ProbeResult[]> {
  if (probe.faces.length === 0) return []
  const { dimension } = collection
  const probes = new Float32Array(probe.faces.length * dimension)
  for (const [row, { embedding }] of probe.faces.entries()) probes.set(embedding, row * dimension)
  return gallery.search(collection, probes, options)
}

type IdentifyOptions = NonNullable<Parameters<FaceWatcher['identify']>[2]>

/** Collections whose models are remembered. */
const maxRemembered = 1000

/**
 * Makes what reads a collection and analyzes an image for it, at the same time: the store's answer
 * takes half a millisecond, and all that the analysis needs to know is the collection's model. That
 * is taken to be the one of last time, and the image is analyzed again should it be another.
 */
function createProbeOpener(
  deps: RecognitionDependencies,
): (
  name: string,
  input: Uint8Array | EmbeddingProbe,
  options: IdentifyOptions,
) => Promise<{ readonly collection: Collection; readonly probe: Probe }> {
  const { gallery } = deps
  const modelOf = new Map<string, string>()

  async function readCollection(name: string): Promise<Collection> {
    try {
      const collection = await gallery.getCollection(name)
      if (modelOf.size >= maxRemembered) modelOf.clear()
      modelOf.set(name, collection.modelId)
      return collection
    } catch (error) {
      modelOf.delete(name)
      throw error
    }
  }

  return async (name, input, options) => {
    if (isEmbeddingProbe(input)) {
      const collection = await readCollection(name)
      return { collection, probe: embeddingProbe(collection, input) }
    }
    const expected = modelOf.get(name)
    const early = expected === undefined ? undefined : analyzeProbe(deps, expected, input, options)
    // What is wrong with the collection is said first.
    early?.catch(() => undefined)
    const collection = await readCollection(name)
    const { modelId } = collection
    if (early !== undefined && modelId === expected) return { collection, probe: await early }
    await early?.catch(() => undefined)
    if (early !== undefined && input.byteLength === 0) {
      // An analyzer that takes images has this one.
      throw new FaceError('notReady', { detail: 'The model of the collection has just changed.' })
    }
    return { collection, probe: await analyzeProbe(deps, modelId, input, options) }
  }
}

async function analyzeProbe(
  { analyzer, defaults }: RecognitionDependencies,
  modelId: string,
  image: Uint8Array,
  options: IdentifyOptions,
): Promise<Probe> {
  const analysis = await analyzer.analyze(image, {
    detector: { ...defaults.detector, ...options.detector },
    embedder: modelId,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const { width, height, turned, omittedFaces } = analysis
  return {
    facts: { width, height, turned, omittedFaces },
    faces: analysis.faces.map((face) => ({
      detection: face.detection,
      quality: face.quality,
      reasons: face.comparability?.reasons ?? [],
      embedding: embeddingOf(face),
    })),
    timings: [analysis.timings],
  }
}

interface EmbeddingProbe {
  readonly embedding: Float32Array
  readonly modelId: string
}

/** Callers without types may give anything: what is no embedding is examined as an image. */
function isEmbeddingProbe(input: Uint8Array | EmbeddingProbe): input is EmbeddingProbe {
  return typeof input === 'object' && input !== null && 'embedding' in input
}

function embeddingProbe(collection: Collection, probe: EmbeddingProbe): Probe {
  if (probe.modelId !== collection.modelId) {
    throw new FaceError('modelMismatch', {
      detail: `The collection holds embeddings of ${collection.modelId}.`,
      info: { expected: collection.modelId },
    })
  }
  const embedding = parseEmbedding(probe.embedding, collection.dimension)
  const face = { detection: noDetection, quality: noQuality, reasons: [], embedding }
  const facts = { width: 0, height: 0, turned: 0, omittedFaces: 0 } as const
  return { facts, faces: [face], timings: [] }
}

/** @param shift  by how much strangers are more alike for this probe than the curve knows */
function toCandidate(person: RankedPerson, curve: FmrCurve | undefined, shift: number): Candidate {
  const { personId, name, metadata, faceId, similarity } = person
  const candidate = { personId, personName: name, metadata, faceId, similarity }
  if (curve === undefined) return candidate
  const fmr = statedFmr(curve, similarity - shift)
  return { ...candidate, fmr: fmr.value, fmrExtrapolated: fmr.extrapolated }
}

function assertCandidates(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= maxCandidates) return
  throw new FaceError('invalidOption', {
    detail: `candidates must be a whole number from 1 to ${maxCandidates}, got ${count}.`,
  })
}
