import type { Collection } from '../../src/storage/ports/collections.ts'
import type { NewSighting, StrangerStore } from '../../src/storage/ports/strangers.ts'

/** Records sightings of one person and puts them to a stranger, as clustering does. @returns their ids */
export async function placeStranger(
  strangers: StrangerStore,
  collection: Collection,
  { id, sightings }: { readonly id: string; readonly sightings: readonly NewSighting[] },
): Promise<readonly string[]> {
  const ids = await strangers.record(collection.id, sightings)
  const sum = new Float32Array(collection.dimension)
  for (const { embedding } of sightings) {
    for (const [i, value] of embedding.entries()) sum[i] = (sum[i] ?? 0) + value
  }
  const holder = 'a-test'
  const revision = await strangers.claim(collection.id, { holder, leaseMs: 60_000 })
  const placed = ids.map((sightingId) => ({ sightingId, strangerId: id }))
  const state = { id, count: ids.length, sum, memberIds: ids.slice(-5) }
  const placement = { set: collection, placed, joined: [], strangers: [state] }
  const next = await strangers.place({ holder, revision: revision as number }, placement)
  if (next === undefined) throw new Error('Somebody else changed the strangers.')
  return ids
}
