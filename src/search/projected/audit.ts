import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { wilsonInterval } from '../../core/fmr-statistics.ts'

/** Share of searches whose best face must be that of an exact search. */
export const minAgreement = 0.999
/** Searches that are repeated in one exact pass: four cost as much as one, which is the reading of the rows. */
const livePass = 4
/** The same for a verification, which has many probes. */
const verifyPass = 16
/** Rows times probes that an exact pass compares before it lets others in: some milliseconds. */
const sliceProducts = 16_384
/**
 * Share of the thread's time that repeated searches may take. Where images keep all cores busy, it is
 * taken from them.
 */
const liveShare = 0.01
/** A repeated search waits so long for three more. */
const gatherMs = 1000
/** A gallery that changes is looked at again when it has not changed for so long. */
const quietMs = 1000
/** Both similarities are of the same vectors, one of them in float32. */
const tolerance = 1e-5
/** Old results count half when there are so many, so that a change shows. */
const remembered = 8192
/** Least misses after which searches are widened: one may be chance. */
const leastMissed = 2

/** A probe whose best face is looked for. */
export interface AuditProbe {
  /** [dimension] */
  readonly probe: Float32Array
  /** The row that the probe is, which does not count. */
  readonly own?: number | undefined
}

interface CheckedProbe {
  readonly probe: AuditProbe
  /** The best similarity of an exact search. */
  readonly exact: number
}

/** The table whose searches are repeated. */
export interface AuditedTable {
  readonly count: number
  /**
   * Raises each `best` to the highest similarity of its probe with rows `from` to `to`, but not
   * with its own.
   */
  raiseBest(
    probes: readonly AuditProbe[],
    options: { readonly from: number; readonly to: number; readonly best: number[] },
  ): void
  /** The highest similarity that a search by codes finds, its own row left out. */
  findBest(probe: AuditProbe): number
  /** Makes searches look at more rows. @returns false where they are exact from now on */
  widen(): boolean
  /** Probes for {@link Audit.verify}: faces, other photographs of faces, and strangers. */
  createProbes(): readonly AuditProbe[]
}

/** How searches by codes agree with exact ones. */
export interface AuditStatus {
  /** Searches that were repeated exactly. */
  readonly audited: number
  /** Share of them that found the best face, 0 to 1, and what it may be (Wilson, 95 %). */
  readonly agreement: number
  readonly agreementAtLeast: number
  readonly agreementAtMost: number
}

/** Searches that were repeated, and those of them that had missed the best face; halved at times. */
export interface AuditCounts {
  readonly tried: number
  readonly missed: number
}

/** Goes on measuring, while a table serves, whether its searches by codes find the best face. */
export interface Audit {
  /**
   * Compares searches with exact ones for some hundred probes, and makes the lists longer until all
   * agree but one in a thousand. Searches go on meanwhile. When rows change it gives up, and begins
   * again when they have stopped changing.
   */
  verify(): Promise<void>
  /** A search was answered: now and then it is repeated exactly. @param found the best similarity */
  offer(probe: Float32Array, found: number): void
  /** Rows have changed. */
  changed(): void
  /** Other codes are in use, of the same rows. */
  codesChanged(): void
  /** `undefined` before the first result. */
  status(): AuditStatus | undefined
  /** The counts, for a snapshot. */
  readonly counts: AuditCounts
  /** Goes on with what a snapshot kept. */
  resume(counts: AuditCounts): void
  dispose(): void
}

/**
 * [Note: Audit]
 * The self-check that chooses a projection sees a sample, and made-up probes. Whether searches in the
 * whole gallery agree with exact ones is therefore measured there: after each learning with faces of
 * the gallery, with faces as another photograph could show them and with strangers, and then with a
 * small share of the real searches, for as long as the table serves. Of 1,536 probes one may be
 * missed; were the share of misses 0.003, that would happen in 6 of 100 trials. An exact search is made of slices of a few milliseconds, so that other
 * searches wait no longer than that; one during which a row changed is thrown away.
 */
export function createAudit(table: AuditedTable): Audit {
  /** Number that grows with each change of the rows or the codes; `rowGeneration` with the rows alone. */
  let generation = 0
  let rowGeneration = 0
  /** The probes of the last verification, which hold until a row changes. */
  let checked: readonly CheckedProbe[] | undefined
  let verified: AuditCounts = { tried: 0, missed: 0 }
  /** Counts since the verification. */
  let repeated: AuditCounts = { tried: 0, missed: 0 }
  let disposed = false
  let verifying: Promise<boolean> | undefined
  /** A verification begins when the rows do not change any more. */
  let isWaiting = false
  let gathered: { readonly probe: Float32Array; readonly found: number }[] = []
  let gatheredIn = 0
  let repeating = false

  /** The best similarity of each probe, or `undefined` when a row changed meanwhile. */
  async function searchExactly(
    probes: readonly AuditProbe[],
    share: number,
  ): Promise<readonly number[] | undefined> {
    const begun = rowGeneration
    const best = probes.map(() => Number.NEGATIVE_INFINITY)
    const sliceRows = Math.floor(sliceProducts / probes.length)
    for (let from = 0; from < table.count; from += sliceRows) {
      const started = performance.now()
      table.raiseBest(probes, { from, to: Math.min(from + sliceRows, table.count), best })
      const tookMs = performance.now() - started
      if (share < 1) await sleep(tookMs * (1 / share - 1), undefined, { ref: false })
      else await setImmediate()
      if (disposed || rowGeneration !== begun) return undefined
    }
    return best
  }

  function count(isMissed: boolean): void {
    const tried = repeated.tried + 1
    const missed = repeated.missed + (isMissed ? 1 : 0)
    const share = tried > remembered ? 0.5 : 1
    repeated = { tried: tried * share, missed: missed * share }
  }

  /** Each search that was repeated takes the place of a made-up probe: it is what is asked here. */
  function toCounts(): AuditCounts {
    const kept = Math.max(0, 1 - repeated.tried / Math.max(1, verified.tried))
    return {
      tried: repeated.tried + kept * verified.tried,
      missed: repeated.missed + kept * verified.missed,
    }
  }

  async function checkProbes(): Promise<readonly CheckedProbe[] | undefined> {
    const done: CheckedProbe[] = []
    const probes = table.createProbes()
    for (let at = 0; at < probes.length; at += verifyPass) {
      const some = probes.slice(at, at + verifyPass)
      const best = await searchExactly(some, 1)
      if (best === undefined) return undefined
      for (const [i, probe] of some.entries()) done.push({ probe, exact: best[i]! })
    }
    return done
  }

  async function verifyOnce(): Promise<boolean> {
    checked ??= await checkProbes()
    if (checked === undefined) return false
    const begun = generation
    for (;;) {
      let misses = 0
      for (const { probe, exact } of checked) {
        if (exact - table.findBest(probe) > tolerance) misses++
        await setImmediate()
        if (disposed || generation !== begun) return false
      }
      const isEnough = misses <= checked.length * (1 - minAgreement)
      if (!isEnough && table.widen()) continue
      verified = { tried: checked.length, missed: isEnough ? misses : 0 }
      repeated = { tried: 0, missed: 0 }
      return true
    }
  }

  async function verify(): Promise<void> {
    // The first may be one that began before a change that is over.
    const isDone = (await attempt()) || (await attempt())
    if (!isDone) verifyWhenQuiet()
  }

  /** One at a time. @returns whether it came to its end */
  function attempt(): Promise<boolean> {
    verifying ??= verifyOnce().finally(() => {
      verifying = undefined
    })
    return verifying
  }

  function verifyWhenQuiet(): void {
    if (isWaiting || disposed) return
    isWaiting = true
    const whenQuiet = async (): Promise<void> => {
      do {
        let seen: number
        do {
          seen = generation
          await sleep(quietMs, undefined, { ref: false })
        } while (!disposed && generation !== seen)
      } while (!disposed && !(await attempt()))
    }
    whenQuiet()
      // It only measures; the next verification or repeated searches tell.
      .catch(() => undefined)
      .finally(() => {
        isWaiting = false
      })
  }

  async function repeatGathered(): Promise<void> {
    if (gatheredIn !== generation) gathered = []
    const some = gathered.splice(0, livePass)
    const best = some.length === 0 ? undefined : await searchExactly(some, liveShare)
    if (best === undefined) return
    for (const [i, { found }] of some.entries()) count(best[i]! - found > tolerance)
    const { tried, missed } = repeated
    const { lower } = wilsonInterval(missed, tried)
    if (missed < leastMissed || lower <= 1 - minAgreement) return
    table.widen()
    await verify()
  }

  return {
    verify,

    offer(probe, found) {
      if (disposed || isWaiting || verifying !== undefined || gathered.length >= livePass) return
      if (gatheredIn !== generation) gathered = []
      gatheredIn = generation
      gathered.push({ probe: probe.slice(), found })
      if (repeating) return
      repeating = true
      sleep(gatherMs, undefined, { ref: false })
        .then(repeatGathered)
        // It only measures: what fails is tried again with the next searches.
        .catch(() => undefined)
        .finally(() => {
          repeating = false
        })
    },

    changed() {
      generation++
      rowGeneration++
      checked = undefined
    },

    codesChanged() {
      generation++
    },

    status() {
      const { tried, missed } = toCounts()
      if (tried === 0) return undefined
      const { lower, upper } = wilsonInterval(tried - missed, tried)
      return {
        audited: Math.round(tried),
        agreement: (tried - missed) / tried,
        agreementAtLeast: round(lower),
        agreementAtMost: round(upper),
      }
    },

    get counts() {
      return toCounts()
    },

    resume(counts) {
      verified = counts
      repeated = { tried: 0, missed: 0 }
    },

    dispose() {
      disposed = true
    },
  }
}

function round(share: number): number {
  return Math.round(share * 1e6) / 1e6
}
