import {
  type Consent,
  type ConsentInput,
  type ConsentTerm,
  consentBases,
  maxPurposeLength,
  maxTextVersionLength,
} from '../../core/consent.ts'
import { FaceError } from '../../core/errors.ts'
import { isSha256 } from './input-checks.ts'

const forbidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/

/**
 * The stored form of a consent: only what belongs to it, times in UTC.
 *
 * @param now  ISO 8601, UTC; when it is given where it does not say
 * @throws {FaceError} `invalidOption`
 */
export function toStoredConsent(given: ConsentInput, now: string): Consent {
  if (typeof given !== 'object' || given === null)
    throw new FaceError('invalidOption', { detail: 'consent: expected an object.' })
  const { basis, purpose, textVersion, evidenceHash } = given
  if (!consentBases.includes(basis)) {
    throw invalid(`basis: expected one of ${consentBases.join(', ')}`)
  }
  if (evidenceHash !== undefined && !isSha256(evidenceHash)) {
    throw invalid('evidenceHash: expected a lower-case hex SHA-256')
  }
  const givenAt = toTime('givenAt', given.givenAt ?? now)
  const expiresAt = given.expiresAt === undefined ? undefined : toTime('expiresAt', given.expiresAt)
  const withdrawnAt =
    given.withdrawnAt === undefined ? undefined : toTime('withdrawnAt', given.withdrawnAt)
  if (expiresAt !== undefined && expiresAt <= givenAt) {
    throw invalid('expiresAt: expected a time after givenAt')
  }
  if (withdrawnAt !== undefined && withdrawnAt < givenAt) {
    throw invalid('withdrawnAt: expected a time not before givenAt')
  }
  return {
    basis,
    purpose: toLine('purpose', purpose, maxPurposeLength),
    ...(textVersion === undefined
      ? {}
      : { textVersion: toLine('textVersion', textVersion, maxTextVersionLength) }),
    givenAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(withdrawnAt === undefined ? {} : { withdrawnAt }),
    ...(evidenceHash === undefined ? {} : { evidenceHash }),
  }
}

/** What a search needs of a stored consent. */
export function toTerm({ expiresAt, withdrawnAt }: ConsentTerm): ConsentTerm {
  return {
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(withdrawnAt === undefined ? {} : { withdrawnAt }),
  }
}

/**
 * Checks that a consent was given already; five minutes are left to clocks that go wrong.
 *
 * @param now  ISO 8601, UTC
 * @throws {FaceError} `invalidOption`
 */
export function assertGiven(given: ConsentInput | null | undefined, now: string): void {
  const givenMs = Date.parse(given?.givenAt ?? now)
  if (givenMs > Date.parse(now) + 300_000) throw invalid('givenAt: expected a time that has come')
}

/**
 * Checks that a change does not make one who withdrew somebody of whom nothing is known.
 *
 * @throws {FaceError} `invalidOption`
 */
export function assertWithdrawalStays(
  { consent }: { readonly consent?: Consent | undefined },
  patch: { readonly consent?: ConsentInput | null | undefined },
): void {
  if (patch.consent !== null || consent?.withdrawnAt === undefined) return
  throw new FaceError('invalidOption', {
    detail: 'consent: it was withdrawn, so it is not taken away; a new one may take its place.',
  })
}

function toLine(field: string, text: unknown, maxLength: number): string {
  const line =
    typeof text === 'string'
      ? text
          .slice(0, 4 * maxLength)
          .trim()
          .normalize('NFC')
      : ''
  if (line !== '' && line.length <= maxLength && !forbidden.test(line)) return line
  throw invalid(`${field}: expected 1 to ${maxLength} characters without control characters`)
}

function toTime(field: string, text: unknown): string {
  const ms = typeof text === 'string' && isoTime.test(text) ? Date.parse(text) : Number.NaN
  // Later years have another form, which text does not order.
  if (ms >= 0 && ms < Date.UTC(10_000, 0)) return new Date(ms).toISOString()
  throw invalid(`${field}: expected an ISO 8601 time`)
}

function invalid(what: string): FaceError {
  return new FaceError('invalidOption', { detail: `consent.${what}.` })
}
