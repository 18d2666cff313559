import { FaceError } from '../core/errors.ts'

// [Note: Throttling]
// NIST SP 800-63B section 5.2.2 asks that failed attempts in a row become slow. The first failures
// cost nothing, as people mistype; then each failure doubles the time until the next attempt is looked
// at. What is counted is a subject: an address, the beginning of a key, a person. A success ends the
// count. Failures are counted when they are known, so that those who are right and ask for much at
// once do not wait for themselves; attempts that run at the same time count each.

export interface ThrottleOptions {
  /** Failures in a row that cost no time, default 5. */
  readonly freeFailures?: number
  /** The wait after one more, milliseconds, default 1000; it doubles with each further one. */
  readonly firstDelayMs?: number
  /** Default 15 minutes. */
  readonly maxDelayMs?: number
  /** A subject without a failure for so long, after its wait, begins at none; default one hour. */
  readonly forgottenAfterMs?: number
  /** Most subjects that are counted, default 10,000: about 2 MB. */
  readonly maxSubjects?: number
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number
}

/** Counts failed attempts by subject, and says how long to wait. */
export interface Throttle {
  /** Milliseconds until the next attempt is looked at; 0: now. */
  waitMs(subject: string): number
  /** Whether failures of it are counted. */
  hasFailed(subject: string): boolean
  /** @throws {FaceError} `tooManyAttempts`, with the time to wait */
  assertReady(subject: string): void
  /** @returns the wait from now on, milliseconds */
  failed(subject: string): number
  /** Ends the count. */
  succeeded(subject: string): void
}

interface Count {
  failures: number
  /** Milliseconds since 1970. */
  readyAt: number
}

/** Of so many that failed longest ago, the one with the fewest failures makes room. */
const roomAmong = 16

/** Creates a throttle, whose memory is bounded; see [Note: Throttling]. */
export function createThrottle(options: ThrottleOptions = {}): Throttle {
  const { freeFailures = 5, firstDelayMs = 1000, maxDelayMs = 15 * 60_000 } = options
  const { forgottenAfterMs = 3_600_000, maxSubjects = 10_000, now = Date.now } = options
  /** In the order of the last failure. */
  const counts = new Map<string, Count>()

  function find(subject: string): Count | undefined {
    const count = counts.get(subject)
    if (count === undefined || now() - count.readyAt < forgottenAfterMs) return count
    counts.delete(subject)
    return undefined
  }

  function makeRoom(): void {
    let weakest: { readonly subject: string; readonly failures: number } | undefined
    let looked = 0
    for (const [subject, { failures }] of counts) {
      if (weakest === undefined || failures < weakest.failures) weakest = { subject, failures }
      if (++looked === roomAmong) break
    }
    if (weakest !== undefined) counts.delete(weakest.subject)
  }

  function waitMs(subject: string): number {
    const count = find(subject)
    // A clock that was set back makes nobody wait for longer than the longest delay.
    return count === undefined ? 0 : Math.min(maxDelayMs, Math.max(0, count.readyAt - now()))
  }

  return {
    waitMs,
    hasFailed: (subject) => find(subject) !== undefined,

    assertReady(subject) {
      const wait = waitMs(subject)
      if (wait > 0) throw tooManyAttempts(wait)
    },

    failed(subject) {
      const failures = (find(subject)?.failures ?? 0) + 1
      const beyond = failures - freeFailures
      const delay = beyond < 0 ? 0 : Math.min(maxDelayMs, firstDelayMs * 2 ** beyond)
      if (!counts.delete(subject) && counts.size >= maxSubjects) makeRoom()
      counts.set(subject, { failures, readyAt: now() + delay })
      return delay
    },

    succeeded(subject) {
      counts.delete(subject)
    },
  }
}

/** The refusal of an attempt that has to wait. @param waitMs  more than 0 */
export function tooManyAttempts(waitMs: number): FaceError {
  const seconds = Math.ceil(waitMs / 1000)
  return new FaceError('tooManyAttempts', {
    detail: `Wait ${seconds} seconds.`,
    info: { retryAfterSeconds: seconds },
  })
}

/**
 * An address as a subject: one customer has a whole /64 of IPv6 addresses, so these count as one.
 *
 * @param address  IPv4 or IPv6, as Node writes it
 */
export function toAddressSubject(address: string): string {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [plain = ''] = address.split('%', 1)
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.toLowerCase().split('::', 2)
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = new Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0')
  const groups = tail === undefined ? first : [...first, ...zeros, ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
