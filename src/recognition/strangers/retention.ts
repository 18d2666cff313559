import type { KeepUnknown } from '../../core/keep-unknown.ts'
import type { StrangerStore } from '../../storage/ports/strangers.ts'

/** Sightings that are erased together. */
const expiredAtOnce = 200
const hourMs = 3_600_000
/** Later than every sighting. */
const never = '9999-12-31T23:59:59.999Z'

/**
 * Erases what a collection does not keep any more; everything where it keeps nothing.
 *
 * @param options  `isEnding`: asked between two parts
 * @returns how many sightings were erased
 */
export async function expireSightings(
  store: Pick<StrangerStore, 'expire'>,
  collectionId: string,
  options: {
    readonly keepUnknown: KeepUnknown | undefined
    readonly now: number
    readonly isEnding: () => boolean
  },
): Promise<number> {
  const { keepUnknown, now, isEnding } = options
  const before = (hours: number) => new Date(now - hours * hourMs).toISOString()
  const range = {
    seenBefore: keepUnknown ? before(keepUnknown.hours) : never,
    ignoredSince: keepUnknown ? before(keepUnknown.ignoredHours) : never,
    maxSightings: keepUnknown?.maxSightings ?? 0,
    limit: expiredAtOnce,
  }
  let erased = 0
  let last = expiredAtOnce
  while (last === expiredAtOnce && !isEnding()) {
    last = await store.expire(collectionId, range)
    erased += last
  }
  return erased
}
