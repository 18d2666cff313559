import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  type Consent,
  type ConsentBasis,
  type ConsentInput,
  type ConsentRulePatch,
  consentBases,
  whenConsentEnds,
} from '../core/consent.ts'
import { type RetentionPatch, retentionRules } from '../core/retention.ts'
import type { Collection } from '../storage/ports/collections.ts'
import { UsageError } from './failures.ts'
import { toPrintable } from './output.ts'

/** Flags of a consent. */
export interface ConsentOptions {
  readonly consentBasis?: ConsentBasis
  readonly consentPurpose?: string
  readonly consentText?: string
  readonly consentGivenAt?: string
  readonly consentExpiresAt?: string
  readonly consentEvidence?: string
}

/** @param command  that makes or changes a person */
export function addConsentOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--consent-basis <basis>', 'on which ground the person is enrolled').choices(
        consentBases,
      ),
    )
    .option('--consent-purpose <text>', 'for what the face is used')
    .option('--consent-text <version>', 'which text the person was shown')
    .option('--consent-given-at <time>', 'ISO 8601; default: now')
    .option('--consent-expires-at <time>', 'ISO 8601')
    .option('--consent-evidence <sha256>', 'SHA-256 of what proves it, such as a signed form')
}

/**
 * The consent that the flags give. What they leave out is as in the former one, but for when it was given
 * and withdrawn.
 *
 * @throws {UsageError} without a basis or a purpose
 */
export function toConsentInput(
  options: ConsentOptions,
  former?: Consent,
): { readonly consent?: ConsentInput } {
  const { consentBasis, consentPurpose, consentText, consentGivenAt } = options
  const { consentExpiresAt, consentEvidence } = options
  const given = [consentBasis, consentPurpose, consentText, consentGivenAt]
  if ([...given, consentExpiresAt, consentEvidence].every((option) => option === undefined)) {
    return {}
  }
  const basis = consentBasis ?? former?.basis
  const purpose = consentPurpose ?? former?.purpose
  if (basis === undefined || purpose === undefined) {
    throw new UsageError('A consent has --consent-basis and --consent-purpose.')
  }
  const textVersion = consentText ?? former?.textVersion
  const evidenceHash = consentEvidence ?? former?.evidenceHash
  return {
    consent: {
      ...{ basis, purpose },
      ...(textVersion === undefined ? {} : { textVersion }),
      ...(consentGivenAt === undefined ? {} : { givenAt: consentGivenAt }),
      ...(consentExpiresAt === undefined ? {} : { expiresAt: consentExpiresAt }),
      ...(evidenceHash === undefined ? {} : { evidenceHash }),
    },
  }
}

/** A line of what is known of a person's consent. */
export function describeConsent(consent: Consent): string {
  const { basis, purpose, textVersion, givenAt, expiresAt, withdrawnAt } = consent
  return [
    `${basis} for ${toPrintable(purpose)}`,
    ...(textVersion === undefined ? [] : [`text ${toPrintable(textVersion)}`]),
    `given ${givenAt}`,
    ...(expiresAt === undefined ? [] : [`expires ${expiresAt}`]),
    ...(withdrawnAt === undefined ? [] : [`withdrawn ${withdrawnAt}`]),
  ].join(', ')
}

/** Flags of what a collection makes of consents, and when it erases people. */
export interface RuleOptions {
  readonly requireConsent?: 'yes' | 'no'
  readonly whenConsentEnds?: (typeof whenConsentEnds)[number]
  /** `false`: nobody is erased any more. */
  readonly retention?: NonNullable<RetentionPatch> | false
}

/** @param command  that makes or changes a collection */
export function addRuleOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--require-consent <yes|no>', 'enrol nobody without a valid consent').choices([
        'yes',
        'no',
      ]),
    )
    .addOption(
      new Option(
        '--when-consent-ends <what>',
        'whether persons are still found when their consent ends',
      ).choices(whenConsentEnds),
    )
    .option(
      '--retention <rule=days>',
      'erase persons by "retention run": createdDays=730, unseenDays=365, consentEndedDays=30, or =off; can be given several times',
      addRetentionRule,
    )
}

function addRetentionRule(
  text: string,
  previous: NonNullable<RetentionPatch> | false = {},
): NonNullable<RetentionPatch> {
  const [rule = '', days = ''] = text.split('=', 2)
  if (!retentionRules.some((known) => known === rule) || days.trim() === '') {
    throw new InvalidArgumentError(`Expected RULE=DAYS with one of ${retentionRules.join(', ')}.`)
  }
  return { ...(previous || {}), [rule]: days === 'off' ? null : Number(days) }
}

/** What the flags change. */
export function toRules({ requireConsent, whenConsentEnds, retention }: RuleOptions): {
  readonly consent?: ConsentRulePatch
  readonly retention?: RetentionPatch
} {
  const consent = {
    ...(requireConsent === undefined ? {} : { required: requireConsent === 'yes' }),
    ...(whenConsentEnds === undefined ? {} : { whenItEnds: whenConsentEnds }),
  }
  return {
    ...(Object.keys(consent).length === 0 ? {} : { consent }),
    ...(retention === undefined ? {} : { retention: retention === false ? null : retention }),
  }
}

/** A line of what a collection makes of consents. */
export function describeConsentRule({ consent }: Pick<Collection, 'consent'>): string {
  const required = consent?.required ? 'required' : 'not required'
  return `${required}; who withdrew, or whose consent expired, ${consent?.whenItEnds === 'keep' ? 'is found all the same' : 'is not found'}`
}

/** A line of when a collection erases people. */
export function describeRetention({ retention = {} }: Pick<Collection, 'retention'>): string {
  const rules = Object.entries(retention).map(([rule, days]) => `${rule} ${days}`)
  return rules.length === 0 ? 'nobody is erased' : `persons are erased by ${rules.join(', ')}`
}
