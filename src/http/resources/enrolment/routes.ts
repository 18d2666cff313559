import { type Static, type TBoolean, type TEnum, type TObject, type TOptional, Type } from 'typebox'
import { type ErrorCode, FaceError } from '../../../core/errors.ts'
import type { RejectionReason } from '../../../core/types.ts'
import type { EnrollOptions, EnrollResult } from '../../../recognition/face-watcher.ts'
import { waysIfExists, waysOnAmbiguous } from '../../../storage/ports/persons.ts'
import { type DetectorProperties, detectorProperties, toDetector } from '../analysis/detector.ts'

/** Query of the routes that enrol. */
export const enrollQuery: TObject<
  {
    faces: TOptional<TEnum<['one', 'largest']>>
    duplicates: TOptional<TEnum<['warn', 'reject', 'ignore']>>
    skipQualityGates: TOptional<TBoolean>
  } & DetectorProperties
> = Type.Object(
  {
    faces: Type.Optional(
      Type.Enum(['one', 'largest'], {
        type: 'string',
        description:
          '`one` (default): an image must have exactly one face. `largest`: takes the largest.',
      }),
    ),
    duplicates: Type.Optional(
      Type.Enum(['warn', 'reject', 'ignore'], {
        type: 'string',
        description: 'What happens when a face matches another person; default `warn`.',
      }),
    ),
    skipQualityGates: Type.Optional(
      Type.Boolean({ description: 'Enrols faces of any quality. Default false.' }),
    ),
    ...detectorProperties,
  },
  { additionalProperties: false },
)

/** Query of the route that makes a person. */
export const newPersonQuery: TObject<
  (typeof enrollQuery)['properties'] & {
    ifExists: TOptional<TEnum<[...typeof waysIfExists]>>
    onAmbiguous: TOptional<TEnum<[...typeof waysOnAmbiguous]>>
  }
> = Type.Object(
  {
    ...enrollQuery.properties,
    ifExists: Type.Optional(
      Type.Enum([...waysIfExists], {
        type: 'string',
        description:
          'What happens when the collection has the person already: the one of `externalId`, else one of exactly this name without another external id. `create` (default): another is made. `reuse`: the images are added to that person, whose fields stay as they are. `refuse`: `personExists`. Requests at once, at any node, make one.',
      }),
    ),
    onAmbiguous: Type.Optional(
      Type.Enum([...waysOnAmbiguous], {
        type: 'string',
        description:
          'With `ifExists=reuse`, when several have the name. `reject` (default): `invalidOption`. `first`: the one who was made first is taken. `new`: another is made.',
      }),
    ),
  },
  { additionalProperties: false },
)

export function toEnrollOptions(
  query: Static<typeof enrollQuery>,
  signal: AbortSignal,
): EnrollOptions {
  const { faces, duplicates, skipQualityGates } = query
  return {
    ...{ signal, ...toDetector(query) },
    ...(faces === undefined ? {} : { faces }),
    ...(duplicates === undefined ? {} : { duplicates }),
    ...(skipQualityGates === undefined ? {} : { skipQualityGates }),
  }
}

/** Reasons that are errors of their own; of the others the answer is `qualityTooLow`. */
const codeOfReason: Partial<Readonly<Record<RejectionReason, ErrorCode>>> = {
  unsupportedImage: 'unsupportedImage',
  corruptImage: 'corruptImage',
  imageTooLarge: 'imageTooLarge',
  emptyImage: 'emptyImage',
  noFace: 'noFace',
  multipleFaces: 'multipleFaces',
  fault: 'workerFailed',
}

/** The error of an enrolment of which nothing is left, where a partial success has no place. */
export function toRejectionError({ rejected }: EnrollResult): FaceError {
  const [first] = rejected
  const code = codeOfReason[first?.reasons[0] ?? 'fault'] ?? 'qualityTooLow'
  return new FaceError(code, {
    ...(first === undefined ? {} : { detail: first.message }),
    info: { rejected },
  })
}
