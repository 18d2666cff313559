import { setImmediate } from 'node:timers/promises'
import { dotProduct } from '../core/similarity.ts'
import { eachPage } from '../storage/iterate.ts'
import type { EmbeddingSet } from '../storage/ports/collections.ts'
import type { FaceStore } from '../storage/ports/faces.ts'
import type { PageOptions } from '../storage/ports/pages.ts'
import { toEmbeddingBatch, toEmbeddingRows } from '../storage/rules/embedding.ts'

/** The part of a store that is read. */
export interface ReadStore {
  readonly faces: Pick<FaceStore, 'list' | 'getEmbeddings'>
}

/** People whose pairs are compared: 499,500 pairs, of which 500 lie above a rate of 1 in 1,000. */
export const sampledPersons = 1000
const facesPerPage = 500
/** A larger collection's sample comes from the faces enrolled first, so that it is read in seconds. */
const maxPages = 400
const facesPerRead = 200
const seed = 0x9e3779b9

interface Sampled {
  readonly order: number
  readonly faceIds: string[]
}

/** A face of a sample, and whose it is. */
export interface SampledFace {
  readonly personId: string
  readonly faceId: string
}

/**
 * Faces of some people: those whose ids have the lowest hashes, which is the same sample every time
 * and hardly another one after an enrolment.
 *
 * @returns at most `facesEach`, the earliest, of at most `persons` people
 */
export async function sampleFaces(
  store: { readonly faces: Pick<FaceStore, 'list'> },
  collectionId: string,
  {
    persons,
    facesEach,
    signal,
  }: {
    readonly persons: number
    readonly facesEach: number
    readonly signal: AbortSignal | undefined
  },
): Promise<readonly SampledFace[]> {
  let sampled = new Map<string, Sampled>()
  let highest = Number.POSITIVE_INFINITY
  let pages = 0
  const load = (options: PageOptions) => store.faces.list(collectionId, options)
  for await (const items of eachPage(load, { limit: facesPerPage })) {
    signal?.throwIfAborted()
    for (const { id, personId } of items) {
      const known = sampled.get(personId)
      if (known !== undefined) {
        if (known.faceIds.length < facesEach) known.faceIds.push(id)
        continue
      }
      const order = hash(personId)
      if (order <= highest) sampled.set(personId, { order, faceIds: [id] })
    }
    if (sampled.size > persons) {
      const lowest = [...sampled].sort(([, a], [, b]) => a.order - b.order).slice(0, persons)
      sampled = new Map(lowest)
      highest = lowest[lowest.length - 1]?.[1].order ?? highest
    }
    if (++pages === maxPages) break
  }
  return [...sampled].flatMap(([personId, { faceIds }]) =>
    faceIds.map((faceId) => ({ personId, faceId })),
  )
}

/**
 * One face each of at most {@link sampledPersons} people, as {@link sampleFaces} chooses them.
 *
 * @returns persons x dimension, row-major, unit rows; faces without an embedding of the model, or deleted meanwhile, are left out
 */
export async function samplePersons(
  store: ReadStore,
  set: EmbeddingSet,
  signal: AbortSignal,
): Promise<Float32Array> {
  const sampled = await sampleFaces(store, set.id, {
    ...{ persons: sampledPersons, facesEach: 1, signal },
  })
  const faceIds = sampled.map(({ faceId }) => faceId)
  const rows = await readEmbeddings(store, { set, faceIds, signal })
  return toEmbeddingBatch([...rows.keys()], [...rows.values()]).embeddings
}

/**
 * Embeddings of many faces by face id; faces without an embedding of the model, or deleted meanwhile, are
 * left out.
 */
export async function readEmbeddings(
  store: { readonly faces: Pick<FaceStore, 'getEmbeddings'> },
  {
    set,
    faceIds,
    signal,
  }: {
    readonly set: EmbeddingSet
    readonly faceIds: readonly string[]
    readonly signal: AbortSignal | undefined
  },
): Promise<ReadonlyMap<string, Float32Array>> {
  const rows = new Map<string, Float32Array>()
  for (let start = 0; start < faceIds.length; start += facesPerRead) {
    const batch = faceIds.slice(start, start + facesPerRead)
    const read = await store.faces.getEmbeddings(set, { faceIds: batch })
    for (const [faceId, row] of toEmbeddingRows(read)) rows.set(faceId, row)
    signal?.throwIfAborted()
  }
  return rows
}

/**
 * The cosines of all pairs of rows. A row is compared with those before it in a turn of the event
 * loop: 1,000 rows of 512 values take less than a second in all.
 *
 * @param embeddings  n x dimension, row-major, unit rows
 * @returns n (n - 1) / 2 cosines
 */
export async function comparePairsOf(
  embeddings: Float32Array,
  { dimension, signal }: { readonly dimension: number; readonly signal: AbortSignal },
): Promise<Float32Array> {
  const count = embeddings.length / dimension
  const rows = Array.from({ length: count }, (_, row) =>
    embeddings.subarray(row * dimension, (row + 1) * dimension),
  )
  const out = new Float32Array((count * (count - 1)) / 2)
  let pair = 0
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < i; j++) out[pair++] = dotProduct(row, rows[j] as Float32Array)
    await setImmediate()
    signal.throwIfAborted()
  }
  return out
}

/**
 * A number for a text, evenly spread over 32 bits. Not for secrets.
 *
 * @source FNV-1a (Fowler, Noll, Vo), finished by the mixing steps of MurmurHash3
 */
function hash(text: string): number {
  let state = seed
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}
