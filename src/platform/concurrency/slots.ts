/** Numbers that each have one holder at a time; when none is free a caller waits, first come first served. */
export interface Slots {
  /** Takes a random number of those that are free, so that processes seldom hold the same. */
  take(): Promise<number>
  give(slot: number): void
}

/** @param count  how many; the slots are 0 to count - 1 */
export function createSlots(count: number): Slots {
  const free = Array.from({ length: count }, (_, slot) => slot)
  const waiting: ((slot: number) => void)[] = []
  return {
    async take() {
      const [slot] = free.splice(Math.floor(Math.random() * free.length), 1)
      return slot ?? new Promise<number>((resolve) => waiting.push(resolve))
    },
    give(slot) {
      const next = waiting.shift()
      if (next) next(slot)
      else free.push(slot)
    },
  }
}
