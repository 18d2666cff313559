import { Type } from 'typebox'
import { defaultPolicy } from '../../core/policy.ts'
import { defaultQualityGates } from '../../core/quality.ts'
import { qualityGateRanges } from '../../core/quality-gates.ts'
import { section } from './section.ts'

/** A number or the word `off`, which switches the limit off. */
const numberOrOff = (options: {
  minimum: number
  maximum?: number
  default: number | 'off'
  description: string
}) => {
  const { default: standard, description, ...range } = options
  return Type.Union([Type.Number(range), Type.Literal('off')], { default: standard, description })
}

const rate = (standard: number, description: string) =>
  Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, default: standard, description })

/** What a face needs to be enrolled. */
export const quality = Type.Object(
  {
    minSizePx: numberOrOff({
      ...qualityGateRanges.minSizePx,
      default: defaultQualityGates.minSizePx ?? 'off',
    }),
    minSharpness: numberOrOff({
      ...qualityGateRanges.minSharpness,
      default: defaultQualityGates.minSharpness ?? 'off',
    }),
    minBrightness: numberOrOff({
      ...qualityGateRanges.minBrightness,
      default: defaultQualityGates.minBrightness ?? 'off',
    }),
    maxBrightness: numberOrOff({
      ...qualityGateRanges.maxBrightness,
      default: defaultQualityGates.maxBrightness ?? 'off',
    }),
    maxYawDegrees: numberOrOff({
      ...qualityGateRanges.maxYawDegrees,
      default: defaultQualityGates.maxYawDegrees ?? 'off',
    }),
    maxPitchDegrees: numberOrOff({
      ...qualityGateRanges.maxPitchDegrees,
      default: defaultQualityGates.maxPitchDegrees ?? 'off',
    }),
    minConfidence: numberOrOff({
      ...qualityGateRanges.minConfidence,
      default: defaultQualityGates.minConfidence ?? 'off',
    }),
  },
  section,
)

/** How new collections decide. */
export const policy = Type.Object(
  {
    maxFpir: rate(
      defaultPolicy.maxFpir,
      'Share of searches for strangers that may answer `match`, for new collections. The similarity threshold follows from it, the model and the size of the gallery.',
    ),
    possibleFpir: rate(
      defaultPolicy.possibleFpir,
      'Share of searches for strangers that may answer `possible` or `match`, for new collections; at least `policy.maxFpir`.',
    ),
    probeShift: Type.Union(
      [Type.Literal('off'), Type.Literal('standard'), Type.Literal('strict')],
      {
        default: defaultPolicy.probeShift ?? 'standard',
        description:
          'Whether the threshold of a search rises where strangers are more alike than the model expects (one studio, one group of people), for new collections; `strict` raises it by a quarter more.',
      },
    ),
    galleryShift: Type.Boolean({
      default: defaultPolicy.galleryShift ?? false,
      description:
        'Whether thresholds rise by what the people of a collection are more alike than the model expects, for new collections: for verification, and for searches whose pictures come from the camera that the collection was photographed with.',
    }),
  },
  section,
)
