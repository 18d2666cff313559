import { statedFmr } from '../../core/fmr.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import { parsePageOptions, toPage } from '../../storage/rules/pages.ts'
import type { RecognitionDependencies } from '../dependencies.ts'
import type { StrangerKeeper } from './keeper.ts'
import {
  curveOf,
  eachResembling,
  type Resembling,
  readSought,
  toResemblance,
} from './resemblance.ts'
import type { ErasedStrangers, ResemblingSighting, Strangers } from './strangers-api.ts'

/** Sightings that are looked up, or erased, together. */
const erasedAtOnce = 200
/** Enrolled persons who resemble the face that are named. */
const maxPersons = 10

/** Creates the use case that finds sightings of a face, back in time. */
export function createSearch(deps: RecognitionDependencies): Strangers['search'] {
  const { strangers, collections } = deps.gallery
  return async (name, face, options = {}) => {
    const { cursor, limit: wanted, ...rest } = options
    const { after, limit } = parsePageOptions('sightings', {
      ...(cursor === undefined ? {} : { cursor }),
      ...(wanted === undefined ? {} : { limit: wanted }),
    })
    const collection = await collections.get(name)
    const curve = curveOf(deps, collection)
    const threshold = toResemblance(curve, rest)
    const embedding = await readSought(deps, collection, { face, options: rest })
    const found: Resembling[] = []
    const before = after === '' ? undefined : after
    for await (const part of eachResembling(strangers, collection, {
      embedding,
      threshold,
      before,
    })) {
      found.push(...part.found)
      if (found.length > limit) break
    }
    const page = found.slice(0, limit + 1)
    const seen = await strangers.embedded(
      collection.id,
      page.map(({ id }) => id),
    )
    const sightings = new Map(seen.map((sighting) => [sighting.id, sighting]))
    const items = page.flatMap(({ id, similarity }): readonly ResemblingSighting[] => {
      const sighting = sightings.get(id)
      if (sighting === undefined) return []
      const { embedding: _, ...plain } = sighting
      const { value: fmr, extrapolated: fmrExtrapolated } = statedFmr(curve, similarity)
      return [{ ...plain, similarity, fmr, fmrExtrapolated }]
    })
    return toPage('sightings', items, limit)
  }
}

/** Creates the use case that erases what resembles a face. */
export function createErase(
  deps: RecognitionDependencies,
  keeper: Pick<StrangerKeeper, 'settle'>,
): Strangers['erase'] {
  const { strangers, collections } = deps.gallery

  /** All sightings of a stranger. */
  async function idsOf(collection: Collection, strangerId: string): Promise<readonly string[]> {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const more = cursor === undefined ? {} : { cursor }
      const page = await strangers.sightings(collection.id, { strangerId, limit: 1000, ...more })
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    return ids
  }

  async function plan(
    collection: Collection,
    found: readonly Resembling[],
  ): Promise<{
    readonly ids: ReadonlySet<string>
    readonly strangers: ErasedStrangers['strangers']
  }> {
    const ids = new Set(found.map(({ id }) => id))
    const resembling = new Map<string, number>()
    for (let i = 0; i < found.length; i += erasedAtOnce) {
      const part = found.slice(i, i + erasedAtOnce).map(({ id }) => id)
      for (const { strangerId } of await strangers.embedded(collection.id, part)) {
        if (strangerId === undefined) continue
        resembling.set(strangerId, (resembling.get(strangerId) ?? 0) + 1)
      }
    }
    const touched: ErasedStrangers['strangers'][number][] = []
    for (const [id, count] of resembling) {
      const all = await idsOf(collection, id)
      const whole = 2 * count >= all.length
      if (whole) for (const sightingId of all) ids.add(sightingId)
      touched.push({ id, count: all.length, resembling: count, whole })
    }
    return { ids, strangers: touched }
  }

  async function findPersons(collection: Collection, embedding: Float32Array, threshold: number) {
    const [result] = await deps.gallery.search(collection, embedding, {
      persons: maxPersons,
      withoutConsent: true,
    })
    return (result?.persons ?? [])
      .filter(({ similarity }) => similarity >= threshold)
      .map(({ personId, name: personName, faceId, similarity }) => ({
        ...{ personId, personName, faceId, similarity },
      }))
  }

  return async (name, face, options = {}) => {
    const { dryRun = true, persons = false, ...rest } = options
    const collection = await collections.get(name)
    const threshold = toResemblance(curveOf(deps, collection), rest)
    const embedding = await readSought(deps, collection, { face, options: rest })
    // What was seen a moment ago is erased, too.
    await keeper.settle(collection)
    const found: Resembling[] = []
    let compared = 0
    for await (const part of eachResembling(strangers, collection, { embedding, threshold })) {
      found.push(...part.found)
      compared += part.compared
    }
    const planned = await plan(collection, found)
    const ids = [...planned.ids]
    let erased = dryRun ? ids.length : 0
    for (let i = 0; i < ids.length && !dryRun; i += erasedAtOnce) {
      erased += await strangers.forget(collection.id, ids.slice(i, i + erasedAtOnce))
    }
    return {
      ...{ dryRun, threshold, compared, resembling: found.length, erased },
      strangers: planned.strangers,
      ...(persons ? { persons: await findPersons(collection, embedding, threshold) } : {}),
    }
  }
}
