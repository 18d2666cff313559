import {
  blockRows,
  type CodeLayout,
  type CodeTable,
  toProbeOffset,
  toStateOffset,
} from './codes.ts'
import type { ScanThreads } from './scan-threads.ts'

/** Fewer rows are scanned before another thread has woken up. */
const rowsToShare = 16 * blockRows

/** Rows whose scores tell where a shared scan's bound will be. */
const estimateRows = 4096

/** A thread that does not answer for so long has died. */
const scanTimeoutMs = 10_000

/** Longer lists take longer to rank than is gained. */
export const maxShortlist = 4096

/** More survivors than this do not fit in a state's list. */
export const maxCandidates = 16_384

/** The first words of the memory: the scan that is under way. */
const words = { job: 0, next: 1, active: 2, rows: 3, probes: 4 } as const

/** The words of a state, see [Note: Code layout] in kernels/scan-i8.ts. */
const state = {
  bound: 0,
  found: 1,
  bin: 3,
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
  scanTwo(
    codes: number,
    first: number,
    count: number,
    width: number,
    probeA: number,
    stateA: number,
    probeB: number,
    stateB: number,
  ): void
}

interface LeaderKernel {
  estimate(
    codes: number,
    rows: number,
    step: number,
    width: number,
    head: number,
    probe: number,
    state: number,
    enough: number,
  ): void
  refine(state: number, codes: number, width: number, head: number, probe: number): void
}

/**
 * Makes a thread's part of every scan of one table.
 *
 * [Note: Shared scan]
 * Threads take blocks of rows from a common counter until none is left, so a thread that comes late
 * or is interrupted only takes fewer; a block's heads stay in the L2 cache for several probes. A
 * thread counts itself as active before it looks whether the job that it was called for is still
 * open; the leader closes the job when the blocks have run out and waits until nobody is active. So
 * nobody scans after the leader went on, whenever it wakes up.
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
  const { scan, scanTwo } = exports as unknown as ScanKernel
  const shared = new Int32Array(memory.buffer, 0, 16)
  const { width, head } = layout
  const probeOf = (probe: number): number => toProbeOffset(layout, probe)
  const stateOf = (probe: number): number => toStateOffset(layout, thread, probe)

  function scanBlock(first: number, count: number, probes: number): void {
    const codes = layout.codes + first * width
    for (let a = 0; a < probes; a += 2) {
      const b = a + 1
      if (b === probes) scan(codes, first, count, head, probeOf(a), stateOf(a))
      else scanTwo(codes, first, count, head, probeOf(a), stateOf(a), probeOf(b), stateOf(b))
    }
  }

  return (job) => {
    Atomics.add(shared, words.active, 1)
    if (Atomics.load(shared, words.job) === job) {
      const rows = shared[words.rows]!
      for (;;) {
        const first = Atomics.add(shared, words.next, blockRows)
        if (first >= rows) break
        scanBlock(first, Math.min(blockRows, rows - first), shared[words.probes]!)
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
   * @param candidates  rows with the best heads whose whole codes are compared, `wanted` to
   *   {@link maxCandidates}; not used for codes without tails
   * @param wanted  1 to {@link maxShortlist}
   * @returns for each probe the best rows, some more than `wanted` and in no order; undefined when
   *   too many rows are equally good
   */
  run(options: {
    readonly count: number
    readonly rows: number
    readonly candidates: number
    readonly wanted: number
  }): readonly (readonly number[] | undefined)[]
  dispose(): void
}

/** Makes the leader's side of the scans of one table. @param scanThreads the threads that help */
export function createShortlistScan(
  kernel: WebAssembly.Module,
  table: CodeTable,
  scanThreads: ScanThreads,
): ShortlistScan {
  const { memory, layout } = table
  const shared = new Int32Array(memory.buffer, 0, layout.codes / 4)
  // Bin 1024 + 1024 ends at a cosine of 1 or above: a score is the cosine times scale * 2^14.
  const shift = Math.max(0, Math.ceil(Math.log2(table.projection.scale * 2 ** 14)) - 10)
  const lead = createScanner(kernel, table, 0)
  const { exports } = new WebAssembly.Instance(kernel, { env: { memory } })
  const { estimate, refine } = exports as unknown as LeaderKernel
  const hasTails = layout.head < layout.width
  const helpers = scanThreads.attach(table)
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
    if (shared[words.rows]! >= rowsToShare) helpers.wake(job)
    lead(job)
    Atomics.store(shared, words.job, 0)
    for (;;) {
      const active = Atomics.load(shared, words.active)
      if (active === 0) return
      if (Atomics.wait(shared, words.active, active, scanTimeoutMs) === 'timed-out') {
        // Ends this thread; the index is loaded again as after any other end of its worker.
        process.exit(1)
      }
    }
  }

  /** The highest bin from which on the states have so many survivors. */
  function findScoreBound(states: readonly number[], wanted: number): number {
    let bound = bins
    for (let above = 0; bound > 0 && above < wanted; ) {
      bound--
      for (const at of states) above += shared[at + state.bins + bound]!
    }
    return bound
  }

  function collect(
    probe: number,
    { candidates, wanted }: { readonly candidates: number; readonly wanted: number },
  ): readonly number[] | undefined {
    const states = Array.from({ length: layout.threads }, (_, thread) => stateOf(thread, probe))
    if (states.some((at) => shared[at + state.crowded] !== 0)) return undefined
    if (hasTails) {
      // From each thread's own bound on its bins are complete, and this one is no lower.
      const bound = findScoreBound(states, candidates)
      const probeAt = toProbeOffset(layout, probe)
      for (const at of states) {
        shared[at + state.bin] = bound
        refine(4 * at, layout.codes, layout.width, layout.head, probeAt)
      }
    }
    const bound = findScoreBound(states, wanted)
    const rows: number[] = []
    for (const at of states) {
      const end = at + state.list + 2 * shared[at + state.found]!
      for (let i = at + state.list; i < end; i += 2) {
        if (toBin(shared[i + 1]!) >= bound) rows.push(shared[i]!)
      }
    }
    return rows
  }

  function reset(count: number, wanted: number): void {
    for (let thread = 0; thread < layout.threads; thread++) {
      for (let probe = 0; probe < count; probe++) {
        const at = stateOf(thread, probe)
        shared.fill(0, at, at + state.list)
        shared[at + state.bound] = -(2 ** 31)
        shared[at + state.wanted] = wanted
        shared[at + state.shift] = shift
      }
    }
  }

  /**
   * [Note: First bound]
   * Without a bound a thread keeps the best of its first rows, then the best of more, and so on: of
   * a million some 40,000 for a list of 8,000. A sample tells the bound beforehand. It is set where
   * twice as many rows as wanted are expected, and a little lower for short lists; should fewer than
   * wanted be found all the same, the scan is repeated without.
   */
  function raiseBounds(count: number, rows: number, wanted: number): void {
    const step = Math.floor(rows / estimateRows)
    const enough = Math.ceil((2 * wanted) / step) + 8
    const { codes, width, head } = layout
    for (let probe = 0; probe < count; probe++) {
      const first = stateOf(0, probe)
      const probeAt = toProbeOffset(layout, probe)
      estimate(codes, rows, step, width, head, probeAt, 4 * first, enough)
      for (let thread = 1; thread < layout.threads; thread++) {
        shared.copyWithin(stateOf(thread, probe), first, first + state.bins)
      }
    }
  }

  function hasFound(count: number, wanted: number): boolean {
    for (let probe = 0; probe < count; probe++) {
      let found = 0
      for (let thread = 0; thread < layout.threads; thread++) {
        const at = stateOf(thread, probe)
        found += shared[at + state.crowded] === 0 ? shared[at + state.found]! : wanted
      }
      if (found < wanted) return false
    }
    return true
  }

  return {
    run({ count, rows, candidates, wanted }) {
      const first = Math.min(rows, hasTails ? candidates : wanted)
      shared[words.rows] = rows
      shared[words.probes] = count
      reset(count, first)
      if (rows >= rowsToShare) raiseBounds(count, rows, first)
      scanAll()
      if (!hasFound(count, first)) {
        reset(count, first)
        scanAll()
      }
      return Array.from({ length: count }, (_, probe) => collect(probe, { candidates, wanted }))
    },
    dispose: () => helpers.detach(),
  }
}
