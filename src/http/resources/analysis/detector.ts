import {
  type Static,
  type TArray,
  type TBoolean,
  type TInteger,
  type TNumber,
  type TObject,
  type TOptional,
  Type,
} from 'typebox'
import type { DetectorOptions } from '../../../vision/analyzer/analyzer-types.ts'

// A type and no interface: an interface is no record of schemas.
export type DetectorProperties = {
  minFaceSize: TOptional<TInteger>
  maxFaces: TOptional<TInteger>
  thresholds: TOptional<TArray<TNumber>>
  readTurned: TOptional<TBoolean>
}

/** Query members of every route that finds faces in an image. */
export const detectorProperties: DetectorProperties = {
  minFaceSize: Type.Optional(
    Type.Integer({
      minimum: 12,
      maximum: 10_000,
      description: 'Smaller faces (shorter side, pixels) are not looked for.',
    }),
  ),
  maxFaces: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, description: 'The largest faces are kept.' }),
  ),
  thresholds: Type.Optional(
    Type.Array(Type.Number({ minimum: 0, maximum: 1 }), {
      minItems: 3,
      maxItems: 3,
      description:
        "The detector's thresholds of its three stages: `thresholds=0.6&thresholds=0.7&thresholds=0.7`.",
    }),
  ),
  readTurned: Type.Optional(
    Type.Boolean({
      description:
        'Whether an image without a sure face is also read on its sides and its head; default `detector.readTurned` of the configuration, true.',
    }),
  ),
}

/** What a query leaves open comes from the configuration. */
export function toDetector(query: Static<TObject<DetectorProperties>>): {
  detector?: DetectorOptions
} {
  const { minFaceSize, maxFaces, thresholds, readTurned } = query
  const [first, second, third] = thresholds ?? []
  const detector: DetectorOptions = {
    ...(minFaceSize === undefined ? {} : { minFaceSize }),
    ...(maxFaces === undefined ? {} : { maxFaces }),
    ...(first === undefined || second === undefined || third === undefined
      ? {}
      : { thresholds: [first, second, third] as const }),
    ...(readTurned === undefined ? {} : { readTurned }),
  }
  return Object.keys(detector).length === 0 ? {} : { detector }
}
