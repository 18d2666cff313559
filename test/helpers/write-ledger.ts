import { setTimeout as sleep } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import type { Gallery } from '../../src/gallery/gallery.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { makeEmbedding, makeFace } from './faces.ts'

/** Dimension of the ledger's embeddings. */
export const ledgerDimension = 64
/** Every so many-th enrolment is deleted again. */
const deletedEvery = 3
const searchedTogether = 200

interface Entry {
  readonly seed: number
  readonly faceId: string
  /** A deletion that was begun may have happened. */
  deletion: 'none' | 'begun' | 'acknowledged'
}

export interface Audit {
  /** Enrolments and deletions that were answered. */
  readonly acknowledged: number
  /** Acknowledged enrolments that are not in the store or that a search does not find. */
  readonly lost: number
  /** Acknowledged deletions whose face is in the store or found by a search. */
  readonly resurrected: number
  /** Faces in which the index differs from the store. */
  readonly differing: number
}

/** What was written to galleries over one store, and what was answered. */
export interface WriteLedger {
  /** Enrolments and deletions that were answered. */
  acknowledged(): number
  /** Enrols a new person. */
  enrol(gallery: Gallery): Promise<Entry>
  remove(gallery: Gallery, entry: Entry): Promise<void>
  /** Enrols and deletes, by default four at a time, until the end. @returns ends it and gives what failed */
  writeOn(gallery: Gallery, atOnce?: number): () => Promise<readonly Error[]>
  /** Resolves when so many more writes were answered. */
  waitForMore(writes: number): Promise<void>
  /** Whether a search finds this face first. */
  finds(gallery: Gallery, entry: Entry): Promise<boolean>
  /** Milliseconds from `since` until an enrolment and a search for it succeed. */
  measureRecovery(gallery: Gallery, since: number): Promise<number>
  /** Compares what was answered with what is there. */
  audit(gallery: Gallery): Promise<Audit>
}

/** Creates the ledger of a collection of {@link ledgerDimension}. */
export function createWriteLedger(collection: Collection): WriteLedger {
  const entries: Entry[] = []
  const persons = new Map<Entry, string>()
  let nextSeed = 0

  const acknowledged = () =>
    entries.length + entries.filter(({ deletion }) => deletion === 'acknowledged').length

  async function enrol(gallery: Gallery): Promise<Entry> {
    const seed = nextSeed++
    const face = makeFace(seed, { embedding: makeEmbedding(seed, ledgerDimension) })
    const added = await gallery.faces.add(collection.id, { name: `P${seed}` }, [face])
    const entry: Entry = { seed, faceId: added.faces[0]!.id, deletion: 'none' }
    entries.push(entry)
    persons.set(entry, added.person.id)
    return entry
  }

  async function remove(gallery: Gallery, entry: Entry): Promise<void> {
    entry.deletion = 'begun'
    await gallery.persons.delete(collection.id, persons.get(entry)!)
    entry.deletion = 'acknowledged'
  }

  async function findFirst(
    gallery: Gallery,
    searched: readonly Entry[],
  ): Promise<readonly (string | undefined)[]> {
    const found: (string | undefined)[] = []
    for (let from = 0; from < searched.length; from += searchedTogether) {
      const part = searched.slice(from, from + searchedTogether)
      const probes = new Float32Array(part.length * ledgerDimension)
      for (const [i, { seed }] of part.entries()) {
        probes.set(makeEmbedding(seed, ledgerDimension), i * ledgerDimension)
      }
      const results = await gallery.search(collection, probes, { persons: 1 })
      found.push(...results.map(({ persons }) => persons[0]?.faceId))
    }
    return found
  }

  async function finds(gallery: Gallery, entry: Entry): Promise<boolean> {
    return (await findFirst(gallery, [entry]))[0] === entry.faceId
  }

  async function listStored(gallery: Gallery): Promise<ReadonlySet<string>> {
    const ids = new Set<string>()
    let cursor: string | undefined
    do {
      const page = await gallery.faces.list(collection.id, {
        limit: 1000,
        ...(cursor === undefined ? {} : { cursor }),
      })
      for (const { id } of page.items) ids.add(id)
      cursor = page.nextCursor
    } while (cursor !== undefined)
    return ids
  }

  async function audit(gallery: Gallery): Promise<Audit> {
    expect((await gallery.stats()).ready).toBe(true)
    await gallery.catchUp()
    const stored = await listStored(gallery)
    const found = await findFirst(gallery, entries)
    const isThere = ({ faceId }: Entry, i: number) => stored.has(faceId) && found[i] === faceId
    const isAnywhere = ({ faceId }: Entry, i: number) => stored.has(faceId) || found[i] === faceId
    const lost = entries.filter((it, i) => it.deletion === 'none' && !isThere(it, i)).length
    const resurrected = entries.filter(
      (it, i) => it.deletion === 'acknowledged' && isAnywhere(it, i),
    ).length
    const { missing, surplus, different } = await gallery.verifyIndex(collection)
    const differing = missing.length + surplus.length + different.length
    return { acknowledged: acknowledged(), lost, resurrected, differing }
  }

  return {
    acknowledged,
    enrol,
    remove,
    finds,
    waitForMore: (writes) => waitForMore(acknowledged, writes),

    writeOn(gallery, atOnce = 4) {
      const failures: Error[] = []
      let stopped = false
      async function write(): Promise<void> {
        while (!stopped) {
          try {
            const entry = await enrol(gallery)
            if (entry.seed % deletedEvery === 0) await remove(gallery, entry)
          } catch (error) {
            failures.push(error as Error)
            await sleep(20)
          }
        }
      }
      const writers = Promise.all(Array.from({ length: atOnce }, write))
      return async () => {
        stopped = true
        await writers
        return failures
      }
    },

    async measureRecovery(gallery, since) {
      await vi.waitFor(async () => expect(await finds(gallery, await enrol(gallery))).toBe(true), {
        timeout: 90_000,
        interval: 25,
      })
      return Math.round(performance.now() - since)
    },

    // A search may be answered with 503 for a moment, after a fault and on a busy machine.
    audit: (gallery) => vi.waitFor(() => audit(gallery), { timeout: 120_000, interval: 250 }),
  }
}

/** Resolves when `acknowledged` has grown by so many. */
export async function waitForMore(acknowledged: () => number, writes: number): Promise<void> {
  const target = acknowledged() + writes
  await vi.waitFor(() => expect(acknowledged()).toBeGreaterThanOrEqual(target), 60_000)
}
