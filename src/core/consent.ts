import { FaceError } from './errors.ts'

/**
 * On which ground a person is enrolled, in the order and the words of GDPR Art. 6(1). Faces that identify
 * somebody are of the special categories of Art. 9(1), so `consent` means the explicit consent of
 * Art. 9(2)(a), and with another ground one of the other points of Art. 9(2) has to hold, too, which
 * {@link Consent.purpose} names.
 */
export const consentBases = [
  'consent',
  'contract',
  'legalObligation',
  'vitalInterests',
  'publicTask',
  'legitimateInterests',
] as const
/** One of {@link consentBases}. */
export type ConsentBasis = (typeof consentBases)[number]

export const maxPurposeLength = 500
export const maxTextVersionLength = 100

/** Why a person may be enrolled, for what, and until when. */
export interface Consent {
  readonly basis: ConsentBasis
  /** For what; 1 to 500 characters. */
  readonly purpose: string
  /** Which text the person was shown; 1 to 100 characters. */
  readonly textVersion?: string
  /** ISO 8601, UTC. */
  readonly givenAt: string
  /** From when it is not valid any more. */
  readonly expiresAt?: string
  /** From when it is not valid any more, because the person said so. */
  readonly withdrawnAt?: string
  /** Lower-case hex SHA-256 of what proves it, such as a signed form that is kept elsewhere. */
  readonly evidenceHash?: string
}

/** A consent as it is given: `givenAt` is now where it is absent. */
export type ConsentInput = Omit<Consent, 'givenAt'> & Partial<Pick<Consent, 'givenAt'>>

/** What tells until when a consent is valid. */
export type ConsentTerm = Pick<Consent, 'expiresAt' | 'withdrawnAt'>

/** How the consent of a person is; `missing`: there never was one. */
export const consentStates = ['valid', 'expired', 'withdrawn', 'missing'] as const
/** One of {@link consentStates}. */
export type ConsentState = (typeof consentStates)[number]

export const whenConsentEnds = ['stopMatching', 'keep'] as const

/** What a collection makes of consents. */
export interface ConsentRule {
  /** Nobody is enrolled without a valid one. */
  readonly required: boolean
  /**
   * `stopMatching`: who withdrew, or whose consent expired, is found by no search and verified by
   * none; where consent is required, so is who never gave any. `keep`: they are found all the same.
   */
  readonly whenItEnds: (typeof whenConsentEnds)[number]
}

/** Changes of a {@link ConsentRule}: what is absent stays; `null`: as a new collection's. */
export type ConsentRulePatch = Partial<ConsentRule> | null

/** Of a collection that says nothing. */
export const defaultConsentRule: ConsentRule = { required: false, whenItEnds: 'stopMatching' }

/** How a consent is at a time. @param now  ISO 8601, UTC */
export function consentStateOf(consent: ConsentTerm | undefined, now: string): ConsentState {
  if (consent === undefined) return 'missing'
  const { withdrawnAt, expiresAt } = consent
  if (withdrawnAt !== undefined && withdrawnAt <= now) return 'withdrawn'
  return expiresAt !== undefined && expiresAt <= now ? 'expired' : 'valid'
}

/** When a consent ended, or will; `undefined` where nothing ends it. */
export function consentEndOf({ withdrawnAt, expiresAt }: ConsentTerm): string | undefined {
  if (withdrawnAt === undefined || expiresAt === undefined) return withdrawnAt ?? expiresAt
  return withdrawnAt < expiresAt ? withdrawnAt : expiresAt
}

/** Whether searches of a collection may find a person. @param now  ISO 8601, UTC */
export function mayMatch(
  rule: ConsentRule | undefined,
  consent: ConsentTerm | undefined,
  now: string,
): boolean {
  const { required, whenItEnds } = rule ?? defaultConsentRule
  if (whenItEnds === 'keep') return true
  const state = consentStateOf(consent, now)
  return state === 'valid' || (state === 'missing' && !required)
}

/**
 * Checks that a person may be enrolled in a collection.
 *
 * @param now  ISO 8601, UTC
 * @throws {FaceError} `consentRequired` with the state
 */
export function assertMayEnroll(
  rule: ConsentRule | undefined,
  consent: ConsentTerm | undefined,
  now: string,
): void {
  if (!rule?.required) return
  const state = consentStateOf(consent, now)
  if (state !== 'valid') throw consentRequired(state)
}

/**
 * Checks that a person may be compared with an image.
 *
 * @param now  ISO 8601, UTC
 * @throws {FaceError} `consentRequired` with the state
 */
export function assertMayMatch(
  rule: ConsentRule | undefined,
  consent: ConsentTerm | undefined,
  now: string,
): void {
  if (!mayMatch(rule, consent, now)) throw consentRequired(consentStateOf(consent, now))
}

function consentRequired(state: ConsentState): FaceError {
  return new FaceError('consentRequired', { detail: `It is ${state}.`, info: { state } })
}

/** A collection's rule after a change; `null` where it is a new collection's. */
export function patchConsentRule(
  current: ConsentRule | undefined,
  patch: ConsentRulePatch,
): ConsentRule | null {
  if (patch === null) return null
  const base = current ?? defaultConsentRule
  const { required = base.required, whenItEnds = base.whenItEnds } = patch
  if (typeof required !== 'boolean' || !whenConsentEnds.includes(whenItEnds)) {
    throw new FaceError('invalidOption', {
      detail: `consent: expected required, true or false, and whenItEnds, ${whenConsentEnds.join(' or ')}.`,
    })
  }
  const isDefault =
    required === defaultConsentRule.required && whenItEnds === defaultConsentRule.whenItEnds
  return isDefault ? null : { required, whenItEnds }
}

/** Of several people who are one, the consent that was given or withdrawn last: the newest word counts. */
export function newestConsent(consents: readonly Consent[]): Consent | undefined {
  return consents.reduce<Consent | undefined>(
    (newest, one) => (newest === undefined || lastWordOf(one) > lastWordOf(newest) ? one : newest),
    undefined,
  )
}

function lastWordOf({ givenAt, withdrawnAt }: Consent): string {
  return withdrawnAt !== undefined && withdrawnAt > givenAt ? withdrawnAt : givenAt
}
