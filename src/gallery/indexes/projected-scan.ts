import { type CodeLayout, type CodeTable, toStateOffset } from './projected-codes.ts'
import type { ScanCrew } from './projected-crew.ts'

/** Rows that a thread takes at a time: small beside a scan, and in the L2 cache for several probes. */
const chunkRows = 4096

/** Fewer rows are scanned before another thread has woken up. */
const rowsToShare = 16 * chunkRows

/** A thread that does not answer for so long has died. */
const scanTimeoutMs = 10_000

/** More survivors than this do not fit in a state's list. */
export const maxShortlist = 4096

/** The first words of the memory: the scan that is under way. */
const words = { job: 0, next: 1, active: 2, rows: 3, probes: 4 } as const

/** The words of a state, see [Note: Code layout] in the kernel. */
const state = {
  bound: 0,
  found: 1,
  wanted: 4,
  shift: 5,
  crowded: 6,
  bins: 8,
  list: 8 + 2048,
} as const
const bins = 2048

interface ScanKernel {
  scan(
    codes: number,
    first: number,
    count: number,
    width: number,
    probe: number,
    state: number,
  ): void
}

/**
 * Makes a thread's part of every scan of one table.
 *
 * [Note: Shared scan]
 * Threads take chunks of rows from a common counter until none is left, so a thread that comes late
 * or is interrupted only takes fewer. A thread counts itself as active before it looks whether the
 * job that it was called for is still open; the leader closes the job when the chunks have run out
 * and waits until nobody is active. So nobody scans after the leader went on, whenever it wakes up.
 *
 * @param thread  0 for the leader; each thread writes states of its own
 * @returns takes part in the job of that number
 */
export function createScanner(
  kernel: WebAssembly.Module,
  { memory, layout }: { readonly memory: WebAssembly.Memory; readonly layout: CodeLayout },
  thread: number,
): (job: number) => void {
  const { exports } = new WebAssembly.Instance(kernel, { env: { memory } })
  const { scan } = exports as unknown as ScanKernel
  const shared = new Int32Array(memory.buffer, 0, 16)
  const { width } = layout

  return (job) => {
    Atomics.add(shared, words.active, 1)
    if (Atomics.load(shared, words.job) === job) {
      const rows = shared[words.rows]!
      for (;;) {
        const first = Atomics.add(shared, words.next, chunkRows)
        if (first >= rows) break
        const codes = layout.codes + first * width
        const count = Math.min(chunkRows, rows - first)
        for (let probe = 0; probe < shared[words.probes]!; probe++) {
          const probeAt = layout.probes + probe * width * 2
          scan(codes, first, count, width, probeAt, toStateOffset(layout, thread, probe))
        }
      }
    }
    Atomics.sub(shared, words.active, 1)
    Atomics.notify(shared, words.active)
  }
}

/** Finds the rows with the highest scores. */
export interface ShortlistScan {
  /**
   * @param count   probes that `setProbes` stored
   * @param rows    rows to look at, from the first
   * @param wanted  1 to {@link maxShortlist}
   * @returns for each probe the best rows, some more than `wanted` and in no order; undefined when
   *   too many rows are equally good
   */
  run(options: {
    readonly count: number
    readonly rows: number
    readonly wanted: number
  }): readonly (readonly number[] | undefined)[]
  dispose(): void
}

/** Makes the leader's side of the scans of one table. @param crew the threads that help */
export function createShortlistScan(
  kernel: WebAssembly.Module,
  table: CodeTable,
  crew: ScanCrew,
): ShortlistScan {
  const { memory, layout } = table
  const shared = new Int32Array(memory.buffer, 0, layout.codes / 4)
  // Bin 1024 + 1024 ends at a cosine of 1 or above: a score is the cosine times scale * 2^14.
  const shift = Math.max(0, Math.ceil(Math.log2(table.projection.scale * 2 ** 14)) - 10)
  const lead = createScanner(kernel, table, 0)
  const team = crew.join(table)
  let job = 0

  function stateOf(thread: number, probe: number): number {
    return toStateOffset(layout, thread, probe) / 4
  }

  function toBin(score: number): number {
    return Math.max(0, Math.min((score >> shift) + bins / 2, bins - 1))
  }

  function scanAll(): void {
    job++
    Atomics.store(shared, words.next, 0)
    Atomics.store(shared, words.job, job)
    if (shared[words.rows]! >= rowsToShare) team.call(job)
    lead(job)
    Atomics.store(shared, words.job, 0)
    for (;;) {
      const active = Atomics.load(shared, words.active)
      if (active === 0) return
      if (Atomics.wait(shared, words.active, active, scanTimeoutMs) === 'timed-out') {
        // Ends this thread, and the index is loaded anew as after any other death of it.
        process.exit(1)
      }
    }
  }

  function collect(probe: number, wanted: number): readonly number[] | undefined {
    const states = Array.from({ length: layout.threads }, (_, thread) => stateOf(thread, probe))
    if (states.some((at) => shared[at + state.crowded] !== 0)) return undefined
    // From each thread's own bound on its bins are complete, and this one is no lower.
    let bound = bins
    for (let above = 0; bound > 0 && above < wanted; ) {
      bound--
      for (const at of states) above += shared[at + state.bins + bound]!
    }
    const rows: number[] = []
    for (const at of states) {
      const end = at + state.list + 2 * shared[at + state.found]!
      for (let i = at + state.list; i < end; i += 2) {
        if (toBin(shared[i + 1]!) >= bound) rows.push(shared[i]!)
      }
    }
    return rows
  }

  return {
    run({ count, rows, wanted }) {
      shared[words.rows] = rows
      shared[words.probes] = count
      for (let thread = 0; thread < layout.threads; thread++) {
        for (let probe = 0; probe < count; probe++) {
          const at = stateOf(thread, probe)
          shared.fill(0, at, at + state.list)
          shared[at + state.bound] = -(2 ** 31)
          shared[at + state.wanted] = wanted
          shared[at + state.shift] = shift
        }
      }
      scanAll()
      return Array.from({ length: count }, (_, probe) => collect(probe, wanted))
    },
    dispose: () => team.leave(),
  }
}
