import { type TNumber, type TSchema, Type } from 'typebox'

/** A rate of a policy. */
export const rate = (description: string): TNumber =>
  Type.Number({ exclusiveMinimum: 0, maximum: 1, description })
const threshold = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

const policyFields = {
  maxFpir: rate(
    'Target false positive identification rate of `match`; default: `policy.maxFpir` of the configuration, 0.01 unless set.',
  ),
  possibleFpir: rate(
    'Target false positive identification rate of `possible`; default: `policy.possibleFpir` of the configuration.',
  ),
  threshold: threshold('Similarity of a match, set by hand.'),
  possibleThreshold: threshold('Similarity of a possible match, set by hand.'),
  probeShift: Type.Enum(['off', 'standard', 'strict'], {
    type: 'string',
    description: 'Whether thresholds rise where strangers are more alike than the model expects.',
  }),
  galleryShift: Type.Boolean({
    description:
      'Whether thresholds rise by `difficulty.shift` of the collection: for verification, and for searches whose pictures come from the camera of the collection.',
  }),
}

const orNull = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]))

/** A policy to begin with; what is absent is as the configuration says. */
export const policyInput = Type.Object(
  {
    maxFpir: Type.Optional(policyFields.maxFpir),
    possibleFpir: Type.Optional(policyFields.possibleFpir),
    threshold: Type.Optional(policyFields.threshold),
    possibleThreshold: Type.Optional(policyFields.possibleThreshold),
    probeShift: Type.Optional(policyFields.probeShift),
    galleryShift: Type.Optional(policyFields.galleryShift),
  },
  { additionalProperties: false },
)

/** Changes of a policy. */
export const policyPatch = Type.Object(
  {
    maxFpir: orNull(policyFields.maxFpir),
    possibleFpir: orNull(policyFields.possibleFpir),
    threshold: orNull(policyFields.threshold),
    possibleThreshold: orNull(policyFields.possibleThreshold),
    probeShift: orNull(policyFields.probeShift),
    galleryShift: orNull(policyFields.galleryShift),
  },
  {
    additionalProperties: false,
    description:
      'What is absent stays. `null` takes a value back: the collection has what a new one would get, and without thresholds the rates decide again.',
  },
)
