import {
  type TEnum,
  type TNull,
  type TNumber,
  type TObject,
  type TOptional,
  type TSchema,
  type TUnion,
  Type,
} from 'typebox'
import { qualityGateRanges } from '../../core/quality-gates.ts'
import type { QualityGates } from '../../core/types.ts'

type Limit = TUnion<[TNumber, TEnum<['off']>]>
type Gates<S extends TSchema> = TObject<{ [K in keyof Required<QualityGates>]: TOptional<S> }>

const limit = (gate: keyof QualityGates): Limit =>
  Type.Union([Type.Number(qualityGateRanges[gate]), Type.Enum(['off'], { type: 'string' })])

function makeGates<S extends TSchema>(
  toSchema: (gate: keyof QualityGates) => S,
  description: string,
): Gates<S> {
  const gate = (name: keyof QualityGates) => Type.Optional(toSchema(name)) as TOptional<S>
  return Type.Object(
    {
      minSizePx: gate('minSizePx'),
      minSharpness: gate('minSharpness'),
      minBrightness: gate('minBrightness'),
      maxBrightness: gate('maxBrightness'),
      maxYawDegrees: gate('maxYawDegrees'),
      maxPitchDegrees: gate('maxPitchDegrees'),
      minConfidence: gate('minConfidence'),
    },
    { additionalProperties: false, description },
  )
}

const inForce =
  'What a face has to keep to be enrolled in this collection; `off`: not asked. What is absent is as `quality` of the configuration says.'

/** Quality gates of a collection, as it answers them and as it is made with. */
export const gatesInput: Gates<Limit> = makeGates(limit, inForce)

/** Changes of the quality gates of a collection. */
export const gatesPatch: Gates<TUnion<[Limit, TNull]>> = makeGates(
  (gate) => Type.Union([limit(gate), Type.Null()]),
  `${inForce} In a change what is absent stays, and \`null\` takes a value back.`,
)
