import { findSuppression, type Suppression } from '../core/not-this-person.ts'
import { maxRestRanks, minRestRanks, type RestOfGallery, restRanks } from '../core/probe-shift.ts'
import type { EmbeddingBatch } from '../core/types.ts'
import type { Neighbour } from '../search/vector-index.ts'
import type { Collection, EmbeddingSet } from '../storage/ports/collections.ts'
import type { FaceOwner, FaceStore, PersonSummary } from '../storage/ports/faces.ts'
import type { Metadata } from '../storage/ports/persons.ts'
import type { StatementEmbedding } from '../storage/ports/statements.ts'
import { toEmbeddingRows } from '../storage/rules/embedding.ts'
import { similarityToPerson } from '../storage/rules/person-mean.ts'
import type { SearchedIndex } from './face-search.ts'
import { lossyFactor, rescore } from './rescore.ts'

/** A person found by a search. */
export interface RankedPerson {
  readonly personId: string
  readonly name: string
  readonly metadata: Metadata
  /** The person's face nearest to the probe. */
  readonly faceId: string
  /** Cosine, -1 to 1, of the nearest face or of the mean of the person's faces, whichever is higher. */
  readonly similarity: number
  /** [dimension] of the nearest face, where the search was asked for it. */
  readonly embedding?: Float32Array
}

/** A person who would have been among those found, but for a rejection. */
export interface SuppressedPerson extends Suppression {
  readonly personId: string
}

/** Result of a search for one probe. */
export interface ProbeResult {
  /** Faces of the whole gallery. */
  readonly gallerySize: number
  /** The collection as the store has it now; absent when it is gone. */
  readonly collection?: Collection
  /** Similarity descending, ties by face id. */
  readonly persons: readonly RankedPerson[]
  /** Those who would be among the wanted ones, had nobody rejected them; most similar first. */
  readonly suppressed: readonly SuppressedPerson[]
  /**
   * The gallery without the first person, and without those who are suppressed; absent when nobody was
   * found. The answer is the one that a gallery without the suppressed persons gives: kept, the many
   * photographs of somebody who is known to look alike would raise the threshold for whoever the
   * probe is, though they are no sign of a crowd.
   */
  readonly rest?: RestOfGallery
}

export interface PersonSearchOptions {
  /** n x dimension, row-major, unit rows */
  readonly probes: Float32Array
  /** Number of persons wanted for each probe, from 1. */
  readonly persons: number
  /** Persons at least as similar get the embedding of their nearest face. */
  readonly embeddingsFrom?: number | undefined
}

/** The part of the store that a search reads. */
export interface SearchedStore {
  readonly faces: Pick<FaceStore, 'getOwners' | 'lookUpNearest'> & {
    getEmbeddings(
      set: EmbeddingSet,
      of: { readonly faceIds: readonly string[] },
    ): Promise<EmbeddingBatch>
  }
}

// Faces asked for per person wanted, at first: most people have a few enrolments.
const facesPerPerson = 4
/** Nearest faces whose persons are looked up at least, so that several faces of one person show. */
const minOwned = 8
/** Neighbours asked for: those of the rest that count, and room for the best person's own faces. */
const minNeighbours = maxRestRanks + 10
/** A lossy index gives fewer: each of them costs an embedding from the store. */
const minRescored = 24

/**
 * The persons nearest to each probe, by their nearest face or the mean of their faces, and how
 * alike the rest of the gallery is. An index knows faces, so more and more of them are asked for
 * until enough different persons are among them.
 *
 * @returns n results; fewer persons when fewer have faces
 */
export async function searchPersons(
  { store, index }: { readonly store: SearchedStore; readonly index: SearchedIndex },
  collection: Collection,
  { probes, persons, embeddingsFrom }: PersonSearchOptions,
): Promise<readonly ProbeResult[]> {
  const { id, dimension } = collection
  const owners = new Map<string, FaceOwner>()
  const summaries = new Map<string, PersonSummary>()
  const said = new Map<string, readonly StatementEmbedding[]>()
  /** Embeddings by face id, of the faces that a look-up brought. */
  const known = new Map<string, Float32Array>()
  /** Known after the first look-up. */
  let facts: Pick<ProbeResult, 'gallerySize' | 'collection'> = { gallerySize: 0 }
  const found = Array.from({ length: probes.length / dimension }, (_, row) => ({
    probe: probes.subarray(row * dimension, (row + 1) * dimension),
    /** Nearest first; the owners of the first `owned` are known. */
    neighbours: [] as readonly Neighbour[],
    /** How many neighbours the index was asked for; there are no more when it gave fewer. */
    asked: 0,
    owned: 0,
    ranked: [] as readonly RankedPerson[],
    /** By person id, in the order of similarity. */
    suppressed: new Map<string, Suppression>(),
    /** How many of the suppressed would be among the persons wanted. */
    shown: 0,
  }))
  type Found = (typeof found)[number]

  await findPersons(found, Math.max(persons * facesPerPerson, minOwned))
  for (const one of found) one.ranked = byMean(one)
  const rests = await Promise.all(found.map(findRest))
  const embeddings = await readNearest()
  return found.map(({ ranked, suppressed, shown }, row) => {
    const rest = rests[row]
    const top = ranked.slice(0, persons).map((person): RankedPerson => {
      const embedding = embeddings.get(person.faceId)
      return embedding === undefined ? person : { ...person, embedding }
    })
    return {
      ...facts,
      persons: top,
      suppressed: [...suppressed].slice(0, shown).map(([personId, one]) => ({ personId, ...one })),
      ...(rest === undefined ? {} : { rest }),
    }
  })

  /** Fills `neighbours` and `ranked`; `k` faces are looked at, then twice as many. */
  async function findPersons(all: readonly Found[], first: number): Promise<void> {
    let waiting = all
    for (let k = first; waiting.length > 0; k *= 2) {
      await findNeighbours(
        waiting.filter(({ asked }) => asked < k),
        k,
      )
      for (const one of waiting) one.owned = k
      await lookUp(waiting)
      // Who comes after a suppressed person was not looked at closely.
      const changed = waiting.filter(suppress)
      if (changed.length > 0) await lookUp(changed)
      for (const one of waiting) one.ranked = rank(one, owners)
      waiting = waiting.filter(
        ({ ranked, neighbours, asked }) =>
          ranked.length < persons && (neighbours.length > k || neighbours.length >= asked),
      )
    }
  }

  /** Finds out who is no candidate for the probe. @returns whether there are more such persons than before */
  function suppress(one: Found): boolean {
    if (said.size === 0) return false
    const before = one.suppressed.size
    one.suppressed.clear()
    one.shown = 0
    let candidates = 0
    for (const { personId, similarity } of rank(one, owners)) {
      const found = findSuppression(one.probe, similarity, said.get(personId) ?? [])
      if (found === undefined) {
        candidates++
        continue
      }
      one.suppressed.set(personId, found)
      if (candidates < persons) one.shown = one.suppressed.size
    }
    return one.suppressed.size > before
  }

  async function findNeighbours(some: readonly Found[], k: number): Promise<void> {
    if (some.length === 0) return
    const rows = new Float32Array(some.length * dimension)
    for (const [i, { probe }] of some.entries()) rows.set(probe, i * dimension)
    const wanted = Math.max(k, index.lossy ? minRescored : minNeighbours)
    const listed = index.lossy
      ? await index.search(rows, wanted * lossyFactor)
      : await index.search(rows, k, wanted - k)
    const lists = index.lossy ? await rescoreAll(some, listed, wanted) : listed
    for (const [i, one] of some.entries()) {
      one.neighbours = lists[i] ?? []
      one.asked = wanted
    }
  }

  /** The candidates of each row by their exact similarity, at most `k`, as an exact index answers. */
  async function rescoreAll(
    some: readonly Found[],
    listed: readonly (readonly Neighbour[])[],
    k: number,
  ): Promise<readonly (readonly Neighbour[])[]> {
    const wanted = [...new Set(listed.flat().map(({ faceId }) => faceId))]
    const stored = await readEmbeddings(wanted)
    return listed.map((candidates, i) =>
      rescore((some[i] as Found).probe, candidates, { embeddings: stored, k }),
    )
  }

  async function readEmbeddings(wanted: readonly string[]): Promise<Map<string, Float32Array>> {
    if (wanted.length === 0) return new Map()
    return toEmbeddingRows(await store.faces.getEmbeddings(collection, { faceIds: wanted }))
  }

  /** Reads the owners of the first `owned` neighbours, the faces of the first persons, and the count. */
  async function lookUp(some: readonly Found[]): Promise<void> {
    const lists = some.map(({ neighbours, owned, suppressed }) =>
      neighbours
        .slice(0, owned)
        .map(({ faceId }) => faceId)
        .filter((faceId) => !suppressed.has(owners.get(faceId)?.personId ?? '')),
    )
    const found = await store.faces.lookUpNearest(collection, lists)
    facts = {
      gallerySize: found.faces,
      ...(found.collection === undefined ? {} : { collection: found.collection }),
    }
    for (const owner of found.owners) owners.set(owner.faceId, owner)
    for (const personId of new Set(found.statements.map((one) => one.personId))) {
      said.set(
        personId,
        found.statements.filter((one) => one.personId === personId),
      )
    }
    for (const person of found.persons) summaries.set(person.personId, person)
    for (const [faceId, embedding] of toEmbeddingRows(found.nearest)) known.set(faceId, embedding)
  }

  async function readOwners({ neighbours }: Found): Promise<void> {
    const unknown = neighbours.filter(({ faceId }) => !owners.has(faceId))
    const faceIds = unknown.map(({ faceId }) => faceId)
    if (faceIds.length === 0) return
    for (const owner of await store.faces.getOwners(id, faceIds)) owners.set(owner.faceId, owner)
  }

  function byMean({ probe, ranked }: Found): readonly RankedPerson[] {
    return ranked
      .map((person) => {
        const mean = summaries.get(person.personId)?.mean
        return { ...person, similarity: similarityToPerson(probe, person.similarity, mean) }
      })
      .sort((a, b) => b.similarity - a.similarity || (a.faceId < b.faceId ? -1 : 1))
  }

  async function findRest(one: Found): Promise<RestOfGallery | undefined> {
    const best = one.ranked[0]
    if (best === undefined) return undefined
    const own = summaries.get(best.personId)
    const ownIds = own?.complete ? new Set(own.faceIds) : undefined
    for (;;) {
      // Where not all faces of the person were read, the owners of the neighbours tell which are theirs.
      if (!ownIds || one.suppressed.size > 0) await readOwners(one)
      const isOwn = (faceId: string): boolean =>
        ownIds?.has(faceId) ?? owners.get(faceId)?.personId === best.personId
      const isSuppressed = (faceId: string): boolean =>
        one.suppressed.has(owners.get(faceId)?.personId ?? '')
      const unsuppressed = one.neighbours.filter(({ faceId }) => !isSuppressed(faceId))
      const others = unsuppressed.filter(({ faceId }) => !isOwn(faceId))
      const ownFaces = Math.max(own?.faceIds.length ?? 1, unsuppressed.length - others.length)
      const leftOut = ownFaces + one.neighbours.length - unsuppressed.length
      const rest = Math.max(others.length, facts.gallerySize - leftOut)
      const enough = Math.min(minRestRanks, rest)
      if (others.length >= enough || one.neighbours.length < one.asked) {
        const similarities = others.slice(0, restRanks(rest)).map(({ similarity }) => similarity)
        return { similarities, faces: rest }
      }
      // Faces of the person, or of those who are suppressed, fill the list.
      await findNeighbours([one], 2 * one.asked)
    }
  }

  async function readNearest(): Promise<ReadonlyMap<string, Float32Array>> {
    if (embeddingsFrom === undefined) return new Map()
    const wanted = found.flatMap(({ ranked }) =>
      ranked
        .slice(0, persons)
        .filter(({ similarity }) => similarity >= embeddingsFrom)
        .map(({ faceId }) => faceId),
    )
    const unknown = new Set(wanted.filter((faceId) => !known.has(faceId)))
    const read = await readEmbeddings([...unknown])
    return new Map(
      wanted.flatMap((faceId) => {
        const embedding = known.get(faceId) ?? read.get(faceId)
        return embedding === undefined ? [] : [[faceId, embedding] as const]
      }),
    )
  }
}

interface Neighbourhood {
  readonly neighbours: readonly Neighbour[]
  readonly owned: number
  readonly suppressed: ReadonlyMap<string, Suppression>
}

/**
 * One entry per person who is not suppressed. A face whose owner is not known is gone from the store
 * and left out.
 */
function rank(
  { neighbours, owned, suppressed }: Neighbourhood,
  owners: ReadonlyMap<string, FaceOwner>,
): readonly RankedPerson[] {
  const persons = new Map<string, RankedPerson>()
  for (const { faceId, similarity } of neighbours.slice(0, owned)) {
    const owner = owners.get(faceId)
    if (!owner || persons.has(owner.personId) || suppressed.has(owner.personId)) continue
    const { personId, personName: name, personMetadata: metadata } = owner
    persons.set(personId, { personId, name, metadata, faceId, similarity })
  }
  return [...persons.values()]
}
