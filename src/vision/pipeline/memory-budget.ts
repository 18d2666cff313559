import { setTimeout as sleep } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'

// [Note: budget in shared memory]
// Workers reserve memory for images in a table that all of them see: one row a thread, with what it
// has and since when it waits. A row is changed under a lock, whose value is the thread that has it.
// When a thread ends, its row and its lock are cleared by the main thread, so that nothing is lost
// with a worker that dies. Threads that wait are served in the order in which they came, so that a
// large image gets its turn among small ones.

/** Memory for images, shared by the workers of a process. */
export interface MemoryBudget {
  readonly limitBytes: number
  /**
   * Waits until so much is free and reserves it for this thread, which has one reservation at a time.
   *
   * @param bytes   at most `limitBytes`
   * @param waitMs  longest wait
   * @returns false when the memory did not become free in that time
   */
  reserve(bytes: number, waitMs: number): Promise<boolean>
  /** Gives this thread's reservation back; nothing happens where it has none. */
  release(): void
}

/** The side of the thread that starts and ends the workers. */
export interface MemoryBudgetKeeper {
  /** Memory to give to {@link joinMemoryBudget} on other threads; it is shared, not copied. */
  readonly shared: SharedArrayBuffer
  /** Clears what a thread had that has ended. */
  releaseThread(threadId: number): void
  reservedBytes(): number
}

// Words of the table. Amounts are in KiB, so that they fit a word.
const lockAt = 0
const limitAt = 1
/** Counts the threads that came to wait. */
const turnAt = 2
const firstRowAt = 3
/** Words of a row: thread (0: the row is free), what it has, what it waits for (0: nothing), its turn. */
const rowWords = 4
const [rowThread, rowHas, rowWants, rowTurn] = [0, 1, 2, 3] as const
const unit = 1024
const maxThreads = 1024
const pollMs = 10
/**
 * Milliseconds between two looks at the lock. It is held for a microsecond; when a thread dies with
 * it, the main thread frees it.
 */
const lockPollMs = 1
/** The thread of a free row or lock. Ids count from 0 (the main thread), so they are stored plus one. */
const nobody = 0

export function createMemoryBudgetKeeper(limitBytes: number): MemoryBudgetKeeper {
  const words = firstRowAt + maxThreads * rowWords
  const shared = new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT)
  const table = new Int32Array(shared)
  table[limitAt] = Math.min(toUnits(limitBytes), 2 ** 31 - 1)
  return {
    shared,
    releaseThread(id) {
      for (const row of rowsOf(table)) {
        if (Atomics.load(table, row + rowThread) === id + 1) clearRow(table, row)
      }
      Atomics.compareExchange(table, lockAt, id + 1, nobody)
    },
    reservedBytes: () => sumReserved(table) * unit,
  }
}

/** The budget of a {@link MemoryBudgetKeeper}, for a thread that analyses images. */
export function joinMemoryBudget(shared: SharedArrayBuffer, id: number = threadId): MemoryBudget {
  const table = new Int32Array(shared)
  const limit = table[limitAt]!
  let own: number | undefined

  return {
    limitBytes: limit * unit,
    async reserve(bytes, waitMs) {
      const wanted = Math.max(1, Math.min(toUnits(bytes), limit))
      own ??= await locked(() => claimRow(table, id))
      const row = own
      const deadline = performance.now() + waitMs
      await locked(() => {
        Atomics.store(table, row + rowTurn, Atomics.add(table, turnAt, 1))
        Atomics.store(table, row + rowWants, wanted)
      })
      while (!(await locked(() => take(table, row)))) {
        if (performance.now() >= deadline) {
          Atomics.store(table, row + rowWants, 0)
          return false
        }
        await sleep(pollMs)
      }
      return true
    },
    release() {
      if (own !== undefined) Atomics.store(table, own + rowHas, 0)
    },
  }

  async function locked<T>(change: () => T): Promise<T> {
    while (Atomics.compareExchange(table, lockAt, nobody, id + 1) !== nobody) {
      await sleep(lockPollMs)
    }
    try {
      return change()
    } finally {
      Atomics.compareExchange(table, lockAt, id + 1, nobody)
    }
  }
}

/** Reserves what the row wants, where no other row has waited longer and it fits. */
function take(table: Int32Array, row: number): boolean {
  const turn = table[row + rowTurn]!
  const wanted = table[row + rowWants]!
  for (const other of rowsOf(table)) {
    // The difference is right when the count has begun again.
    const isEarlier = ((table[other + rowTurn]! - turn) | 0) < 0
    if (Atomics.load(table, other + rowWants) > 0 && isEarlier) return false
  }
  if (sumReserved(table) + wanted > table[limitAt]!) return false
  Atomics.store(table, row + rowHas, wanted)
  Atomics.store(table, row + rowWants, 0)
  return true
}

function claimRow(table: Int32Array, id: number): number {
  for (const row of rowsOf(table)) {
    if (table[row + rowThread] !== nobody) continue
    Atomics.store(table, row + rowThread, id + 1)
    return row
  }
  throw new Error(`More than ${maxThreads} threads analyse images.`)
}

function clearRow(table: Int32Array, row: number): void {
  // Its thread last, so that nobody claims a row that still has something.
  for (const word of [rowHas, rowWants, rowTurn, rowThread]) Atomics.store(table, row + word, 0)
}

function sumReserved(table: Int32Array): number {
  let sum = 0
  for (const row of rowsOf(table)) sum += Atomics.load(table, row + rowHas)
  return sum
}

function* rowsOf(table: Int32Array): Generator<number> {
  for (let row = firstRowAt; row < table.length; row += rowWords) yield row
}

function toUnits(bytes: number): number {
  return Math.ceil(bytes / unit)
}
