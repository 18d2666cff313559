/** Tells images that come alone from those that come while others are worked on. */
export interface CrowdWatch {
  /**
   * Called for each image as it comes.
   *
   * @param running  images that are being worked on, or wait
   * @returns whether it comes alone, and has for a while
   */
  comesAlone(running: number): boolean
}

/**
 * Where two images were worked on at once, the next pair is likely: for so long no image gets all
 * cores, because two that share them take longer than one after the other on a core each.
 */
export const crowdedForMs = 250

/** @param now  milliseconds of a clock that never jumps */
export function createCrowdWatch(now: () => number = () => performance.now()): CrowdWatch {
  let crowdedAt = Number.NEGATIVE_INFINITY
  return {
    comesAlone(running) {
      const arrivedAt = now()
      if (running > 0) crowdedAt = arrivedAt
      return arrivedAt - crowdedAt > crowdedForMs
    },
  }
}
