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
 * Milliseconds for which no image gets all cores after two were worked on at once: the next pair is
 * likely then, and two images that share all cores take longer than on one core each.
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
