import { isDeepStrictEqual } from 'node:util'
import { FaceError, imageErrors, isFaceError } from '../core/errors.ts'
import { statedFmr } from '../core/fmr.ts'
import {
  computeSearchShift,
  computeThresholds,
  decide,
  raiseThresholds,
  withSharedDamage,
} from '../core/policy.ts'
import type { FaceCrop, FmrCurve, UndeterminedReason } from '../core/types.ts'
import type { ProbeResult, RankedPerson } from '../gallery/gallery.ts'
import type { Collection } from '../storage/ports/collections.ts'
import { assertSource } from '../storage/rules/strangers.ts'
import type { StageTimings } from '../vision/analyzer/analyzer-types.ts'
import type { AuditNotes } from './audit-notes.ts'
import { embeddingOf } from './choose-face.ts'
import { findCurve, type RecognitionDependencies } from './dependencies.ts'
import { isEmbeddingProbe, readEmbedding } from './embedding-input.ts'
import {
  type Candidate,
  defaultCandidates,
  type EmbeddingProbe,
  type FaceWatcher,
  type IdentifiedFace,
  type IdentifiedProbe,
  type IdentifyEmbeddingResult,
  type IdentifyOptions,
  type IdentifyResult,
  type ImageFacts,
  maxCandidates,
} from './face-watcher.ts'
import { latestGalleryShift } from './gallery-shift.ts'
import type { Judges } from './judges.ts'
import type { LastSeen } from './last-seen.ts'
import { createCollectionMemory, isSwitchedFrom } from './remembered-collections.ts'
import type { StrangerKeeper } from './strangers/keeper.ts'
import { sumTimings } from './timings.ts'

interface Probe {
  /** Nothing of an embedding. */
  readonly facts: ImageFacts | Record<string, never>
  readonly faces: readonly {
    /** Where it is in the image; nothing of an embedding. */
    readonly found: Pick<IdentifiedFace, 'detection' | 'quality'> | Record<string, never>
    readonly reasons: readonly UndeterminedReason[]
    readonly embedding: Float32Array
    /** Where the collection keeps one of whom it cannot name. */
    readonly crop?: FaceCrop
  }[]
  readonly timings: readonly StageTimings[]
  /** SHA-256 of what is looked up, for the audit log. */
  readonly hash: Promise<string | undefined>
}

interface Call {
  readonly name: string
  readonly input: Uint8Array | EmbeddingProbe
  readonly options: IdentifyOptions
  /** Candidates of each face. */
  readonly count: number
}

interface Opened {
  readonly collection: Collection
  readonly probe: Probe
}

interface Searched {
  /** Results of the search, one a face. */
  readonly results: readonly ProbeResult[]
  /** The collection as it was then; absent when it was gone. */
  readonly current: Collection | undefined
  readonly gallerySize: number
  readonly searchMs: number
}

/**
 * Creates the use case that searches for every face of an image, or for an embedding.
 *
 * [Note: Remembered collections] A collection is taken to be what it was last time; the search's
 * look-up in the store tells what it is now, and where it has changed, the search is done again. That
 * saves a round trip to the store, and the image need not wait for it. Where only its two models have
 * changed places, the answer of the model that answered when the image came stands.
 *
 * @param known  collections as they were last read, by name; shared by callers who reach the same ones,
 *   because what is remembered is not checked again
 * @param keeper  is told of faces that nobody enrolled has
 * @param lastSeen  is told of persons who are recognised
 * @param decisions  is told of all
 */
export function createIdentify(
  deps: RecognitionDependencies,
  {
    judges,
    known,
    keeper,
    lastSeen,
    decisions,
  }: {
    readonly judges: Judges
    readonly known: Map<string, Collection>
    readonly keeper: Pick<StrangerKeeper, 'note'>
    readonly lastSeen: Pick<LastSeen, 'note'>
    readonly decisions: Pick<AuditNotes, 'hash' | 'identified'>
  },
): FaceWatcher['identify'] {
  const { gallery, models } = deps
  const collections = createCollectionMemory(gallery, known)

  async function readProbe(
    collection: Collection,
    input: Uint8Array | EmbeddingProbe,
    options: IdentifyOptions,
  ): Promise<Probe> {
    // Before the analyzer takes the bytes away.
    const hash = decisions.hash(input)
    const read = isEmbeddingProbe(input)
      ? embeddingProbe(collection, input)
      : await analyzeProbe(deps, collection, { image: input, options })
    return { ...read, hash }
  }

  async function search(
    name: string,
    { collection, probe }: Opened,
    count: number,
  ): Promise<Searched> {
    if (probe.faces.length === 0) {
      const current = await collections.read(name)
      const { faces } = await gallery.collections.counts(current.id)
      return { results: [], current, gallerySize: faces, searchMs: 0 }
    }
    const { policy, modelId, dimension } = collection
    const probes = new Float32Array(probe.faces.length * dimension)
    for (const [row, { embedding }] of probe.faces.entries()) probes.set(embedding, row * dimension)
    const started = performance.now()
    const results = await gallery.search(collection, probes, {
      persons: count,
      // No gallery has a lower threshold than one of a single face.
      ...(judges(modelId) === undefined
        ? {}
        : { embeddingsFrom: computeThresholds(policy, findCurve(models, modelId), 1).possible }),
    })
    const searchMs = performance.now() - started
    const [{ collection: current, gallerySize }] = results as [ProbeResult]
    return { results, current, gallerySize, searchMs }
  }

  function toResult(
    { collection, probe }: Opened,
    { results, gallerySize, searchMs }: Searched,
  ): IdentifyResult | IdentifyEmbeddingResult {
    const { policy, modelId } = collection
    const curve = findCurve(models, modelId)
    const judge = judges(modelId)
    const thresholds = computeThresholds(policy, curve, gallerySize)
    const ofGallery = latestGalleryShift(deps, collection, gallerySize)
    return {
      ...probe.facts,
      collection: collection.name,
      modelId,
      thresholds,
      faces: probe.faces.map(
        ({ found, reasons, embedding }, index): IdentifiedFace | IdentifiedProbe => {
          const { persons, rest, suppressed } = results[index] as ProbeResult
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
          const answer = { ...found, decision, reasons, thresholds: own, candidates }
          return suppressed.length === 0 ? answer : { ...answer, suppressed }
        },
      ),
      timings: sumTimings(probe.timings, searchMs),
    }
  }

  /** Answers, notes who was recognised, and keeps the faces that nobody enrolled has, where the collection wants that. */
  function conclude(
    opened: Opened,
    searched: Searched,
    { source, keepUnknown = true }: IdentifyOptions,
  ): IdentifyResult | IdentifyEmbeddingResult {
    const result = toResult(opened, searched)
    const matched = result.faces.flatMap(({ decision, candidates }) =>
      decision === 'match' ? (candidates[0]?.personId ?? []) : [],
    )
    lastSeen.note(opened.collection.id, matched)
    const { id: collectionId, modelId: answering } = opened.collection
    const { hash } = opened.probe
    decisions.identified({ collectionId, modelId: answering, faces: result.faces, hash })
    if (!keepUnknown) return result
    const { current } = searched
    const { modelId } = opened.collection
    // What another model made is of no use to strangers of the model that answers by now.
    if (current?.keepUnknown === undefined || current.modelId !== modelId) return result
    const { crops } = current.keepUnknown
    const seenAt = new Date().toISOString()
    const isUnknown = (i: number): boolean => result.faces[i]?.decision === 'unknown'
    const sightings = opened.probe.faces.flatMap(({ found, embedding, crop }, i) => {
      if (!isUnknown(i)) return []
      const { detection, quality } = found
      return [
        {
          ...{ modelId, seenAt, embedding },
          ...(source === undefined ? {} : { source }),
          ...(detection && quality
            ? { quality, box: detection.box, landmarks: detection.landmarks }
            : {}),
          ...(crop === undefined || !crops ? {} : { crop }),
        },
      ]
    })
    const ids = [...keeper.note(current.id, sightings)]
    if (ids.length === 0) return result
    const faces = result.faces.map((face, i) => {
      const sightingId = isUnknown(i) ? ids.shift() : undefined
      return sightingId === undefined ? face : { ...face, sightingId }
    })
    return { ...result, faces } as typeof result
  }

  /** Identifies with the collection as it was last read; no result where it has changed since then. */
  async function identifyRemembered(
    collection: Collection,
    { name, input, options, count }: Call,
  ): Promise<{
    readonly probe?: Probe
    readonly result?: IdentifyResult | IdentifyEmbeddingResult
  }> {
    let probe: Probe | undefined
    try {
      probe = await readProbe(collection, input, options)
      const opened = { collection, probe }
      const searched = await search(name, opened, count)
      const { current } = searched
      if (current !== undefined && isSwitchedFrom(collection, current))
        collections.remember(current)
      else if (!isDeepStrictEqual(current, collection)) return { probe }
      return { probe, result: conclude(opened, searched, options) }
    } catch (error) {
      // What is wrong with the collection is said first.
      const { id, modelId } = await collections.read(name)
      if (probe === undefined && isFaceError(error) && ofAnyModel.has(error.code)) throw error
      if (modelId !== collection.modelId) return {}
      // The image says the same in a new collection of the same name; it may be read only once.
      if (probe === undefined || id === collection.id) throw error
      return { probe }
    }
  }

  async function identify(
    name: string,
    input: Uint8Array | EmbeddingProbe,
    options: IdentifyOptions = {},
  ): Promise<IdentifyResult | IdentifyEmbeddingResult> {
    const count = options.candidates ?? defaultCandidates
    assertCandidates(count)
    if (options.source !== undefined) assertSource(options.source)
    const remembered = collections.recall(name)
    const early =
      remembered && (await identifyRemembered(remembered, { name, input, options, count }))
    if (early?.result) return early.result
    const collection = await collections.read(name)
    const isOfModel = remembered?.modelId === collection.modelId
    if (remembered && !isOfModel && !isEmbeddingProbe(input) && input.byteLength === 0) {
      // An analyzer that takes images has this one.
      throw new FaceError('notReady', { detail: 'The model of the collection has just changed.' })
    }
    const probe =
      (isOfModel ? early?.probe : undefined) ?? (await readProbe(collection, input, options))
    const opened = { collection, probe }
    return conclude(opened, await search(name, opened, count), options)
  }

  // What an image answers has the facts of the image, and what an embedding answers has none.
  return identify as FaceWatcher['identify']
}

/** Errors of an image or its options, which are the same whatever the model. */
const ofAnyModel: ReadonlySet<string> = new Set([...imageErrors, 'invalidOption', 'aborted'])

async function analyzeProbe(
  { analyzer, defaults }: RecognitionDependencies,
  { modelId, keepUnknown }: Collection,
  { image, options }: { readonly image: Uint8Array; readonly options: IdentifyOptions },
): Promise<Omit<Probe, 'hash'>> {
  const analysis = await analyzer.analyze(image, {
    detector: { ...defaults.detector, ...options.detector },
    embedder: modelId,
    ...(keepUnknown?.crops && options.keepUnknown !== false ? { crops: true } : {}),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const { width, height, turned, omittedFaces } = analysis
  return {
    facts: { width, height, turned, omittedFaces },
    faces: analysis.faces.map((face) => ({
      found: { detection: face.detection, quality: face.quality },
      reasons: face.comparability?.reasons ?? [],
      embedding: embeddingOf(face),
      ...(face.crop === undefined ? {} : { crop: face.crop }),
    })),
    timings: [analysis.timings],
  }
}

function embeddingProbe(collection: Collection, probe: EmbeddingProbe): Omit<Probe, 'hash'> {
  const embedding = readEmbedding(collection, probe)
  return { facts: {}, faces: [{ found: {}, reasons: [], embedding }], timings: [] }
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
