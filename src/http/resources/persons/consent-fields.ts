import { Type } from 'typebox'
import {
  consentBases,
  consentStates,
  maxPurposeLength,
  maxTextVersionLength,
  whenConsentEnds,
} from '../../../core/consent.ts'
import { retentionRange } from '../../../core/retention.ts'

const closed = { additionalProperties: false } as const
const time = (description: string) => Type.String({ format: 'date-time', description })

const basis = Type.Enum([...consentBases], {
  type: 'string',
  description: 'The ground, in the words of GDPR Art. 6(1).',
})
const line = (maxLength: number, description: string, example: string) =>
  Type.String({ minLength: 1, maxLength, description, examples: [example] })

const members = {
  basis,
  purpose: line(maxPurposeLength, 'For what the face is used.', 'Entrance to the building'),
  textVersion: Type.Optional(
    line(maxTextVersionLength, 'Which text the person was shown.', '2026-03'),
  ),
  expiresAt: Type.Optional(time('From when it is not valid any more.')),
  withdrawnAt: Type.Optional(
    time('From when it is not valid any more, because the person said so.'),
  ),
  evidenceHash: Type.Optional(
    Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'Lower-case hex SHA-256 of what proves it, such as a signed form.',
    }),
  ),
}

/** The consent of a person, as it is answered. */
export const Consent = Type.Object(
  { ...members, givenAt: time('When it was given.') },
  { ...closed, description: 'Why the person may be enrolled; absent where nothing is known.' },
)

/** A consent as it is given. */
export const consentInput = Type.Object(
  { ...members, givenAt: Type.Optional(time('When it was given; default: now.')) },
  { ...closed, description: 'Takes the place of the whole former one.' },
)

/** Of lists of persons. */
export const consentFilter = Type.Enum([...consentStates], {
  type: 'string',
  description: 'Only persons whose consent is so now.',
})

const required = Type.Boolean({ description: 'Nobody is enrolled without a valid consent.' })
const whenItEnds = Type.Enum([...whenConsentEnds], {
  type: 'string',
  description:
    '`stopMatching`: who withdrew, or whose consent expired, is found by no search and verified by none; where consent is required, so is who never gave any. `keep`: they are found all the same.',
})

/** What a collection makes of consents. */
export const ConsentRule = Type.Object(
  { required, whenItEnds },
  {
    ...closed,
    description:
      'What the collection makes of consents. Absent: none is required, and who withdrew, or whose consent expired, is not found any more.',
  },
)

/** Of a collection that is made. */
export const consentRuleInput = Type.Object(
  { required: Type.Optional(required), whenItEnds: Type.Optional(whenItEnds) },
  { ...closed, description: 'What the collection makes of consents.' },
)

/** Changes of it. */
export const consentRulePatch = Type.Union([consentRuleInput, Type.Null()], {
  description: 'What is absent stays. `null`: as a new collection.',
})

const days = (minimum: number, description: string) =>
  Type.Number({ minimum, maximum: retentionRange.maximum, description })
const rules = {
  createdDays: days(1, 'Days after a person was enrolled.'),
  unseenDays: days(1, 'Days after a person was seen last; after being enrolled, where never seen.'),
  consentEndedDays: days(0, 'Days after the consent of a person ended; 0: at once.'),
}

/** When people of a collection are erased. */
export const RetentionRules = Type.Object(
  {
    createdDays: Type.Optional(rules.createdDays),
    unseenDays: Type.Optional(rules.unseenDays),
    consentEndedDays: Type.Optional(rules.consentEndedDays),
  },
  { ...closed, description: 'When its people are erased. Absent: never.' },
)

const orNull = (rule: (typeof rules)[keyof typeof rules]) =>
  Type.Optional(Type.Union([rule, Type.Null()]))

/** Changes of it. */
export const retentionPatch = Type.Union(
  [
    Type.Object(
      {
        createdDays: orNull(rules.createdDays),
        unseenDays: orNull(rules.unseenDays),
        consentEndedDays: orNull(rules.consentEndedDays),
      },
      closed,
    ),
    Type.Null(),
  ],
  { description: 'What is absent stays, `null` takes a rule away, or all of them.' },
)
