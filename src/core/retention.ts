import { type Consent, consentEndOf } from './consent.ts'
import { FaceError } from './errors.ts'

/** When people of a collection are erased, in days; what is absent erases nobody. */
export interface RetentionRules {
  /** After they were enrolled. */
  readonly createdDays?: number
  /** After they were seen last; who was never seen, after they were enrolled. */
  readonly unseenDays?: number
  /** After their consent ended; 0: at once. */
  readonly consentEndedDays?: number
}

/** Changes of {@link RetentionRules}: what is absent stays, `null` takes a rule away. */
export type RetentionPatch =
  | { readonly [K in keyof RetentionRules]?: RetentionRules[K] | null | undefined }
  | null

/** The rules, in the order in which a report names them. */
export const retentionRules = ['consentEndedDays', 'createdDays', 'unseenDays'] as const
/** One of {@link retentionRules}. */
export type RetentionRule = (typeof retentionRules)[number]

/** Days that are allowed: a hundred years. */
export const retentionRange = { minimum: 0, maximum: 36_500 } as const

/** What of a person the rules look at. */
export interface RetainedPerson {
  readonly createdAt: string
  readonly lastSeenAt?: string
  readonly consent?: Pick<Consent, 'expiresAt' | 'withdrawnAt'>
}

/** Why a person is to be erased, and since when. */
export interface DuePerson {
  readonly rule: RetentionRule
  /** ISO 8601, UTC. */
  readonly dueSince: string
}

const dayMs = 86_400_000

/**
 * Whether a person is to be erased: by the rule that has been so for longest.
 *
 * @param now  ISO 8601, UTC
 */
export function findDue(
  rules: RetentionRules,
  person: RetainedPerson,
  now: string,
): DuePerson | undefined {
  const from: Readonly<Record<RetentionRule, string | undefined>> = {
    consentEndedDays: person.consent && consentEndOf(person.consent),
    createdDays: person.createdAt,
    unseenDays: person.lastSeenAt ?? person.createdAt,
  }
  let found: DuePerson | undefined
  for (const rule of retentionRules) {
    const days = rules[rule]
    const start = from[rule]
    if (days === undefined || start === undefined) continue
    const dueMs = Date.parse(start) + days * dayMs
    // Beyond the times that a date can be, nobody is due.
    if (!(dueMs <= Date.parse(now))) continue
    const dueSince = new Date(dueMs).toISOString()
    if (found === undefined || dueSince < found.dueSince) found = { rule, dueSince }
  }
  return found
}

/**
 * A collection's rules after a change.
 *
 * @returns `null` when there is none
 * @throws {FaceError} `invalidOption`
 */
export function patchRetention(
  current: RetentionRules | undefined,
  patch: RetentionPatch,
): RetentionRules | null {
  const rules: { -readonly [K in keyof RetentionRules]: RetentionRules[K] } = { ...current }
  for (const rule of retentionRules) {
    const days = patch === null ? null : patch[rule]
    if (days === undefined) continue
    if (days === null) delete rules[rule]
    else rules[rule] = assertDays(rule, days)
  }
  return Object.keys(rules).length === 0 ? null : rules
}

function assertDays(rule: RetentionRule, days: unknown): number {
  // With 0 days, people would go as soon as they came; a consent may end at once.
  const minimum = rule === 'consentEndedDays' ? 0 : 1
  if (typeof days === 'number' && days >= minimum && days <= retentionRange.maximum) return days
  throw new FaceError('invalidOption', {
    detail: `retention.${rule} must be a number from ${minimum} to ${retentionRange.maximum}.`,
  })
}
