import { Type } from 'typebox'
import type { MergeResult, ReportResult } from '../../../jobs/kinds/examination-kinds.ts'
import type * as useCases from '../../../recognition/examination/person-quality.ts'
import { personWeaknesses } from '../../../recognition/examination/weakness.ts'
import { DecisionThresholds } from '../analysis/schema.ts'
import { type Component, component, dateTime, number, ref } from '../component.ts'

const faceId = Type.String({ description: 'ULID.' })
const pair = Type.Array(faceId, { minItems: 2, maxItems: 2 })

export const PersonQuality: Component<useCases.PersonQuality> = component<useCases.PersonQuality>(
  'PersonQuality',
).of(
  Type.Object(
    {
      personId: Type.String(),
      modelId: Type.String(),
      faces: Type.Array(
        Type.Object({
          faceId,
          similarity: Type.Optional(number('Cosine to the mean of the others.')),
          nearest: Type.Optional(
            Type.Object(
              { faceId, similarity: Type.Number() },
              { description: 'The other face of the person that is nearest.' },
            ),
          ),
          outlier: Type.Boolean({
            description:
              'Neither the nearest of the others nor their mean is as similar as `outlierBelow`: perhaps it is somebody else.',
          }),
          found: Type.Optional(
            Type.Boolean({ description: 'A search for it finds the person by the others.' }),
          ),
          facing: Type.Boolean({
            description: 'It looks at the camera (yaw below 30 degrees), as far as is known.',
          }),
        }),
        { description: 'Least similar to the others first; at most 200.' },
      ),
      missingEmbedding: Type.Array(faceId, {
        description: 'Faces without an embedding of the model, which no search finds.',
      }),
      outlierBelow: number(
        "What one stranger in a thousand reaches by the model's FMR curve; 0.30 without a curve.",
      ),
      nearDuplicates: Type.Array(
        Type.Object({
          faceIds: Type.Unsafe<readonly [string, string]>(pair),
          similarity: Type.Number(),
        }),
        { description: 'Photographs that are nearly one (cosine from 0.95), most alike first.' },
      ),
      redundant: Type.Array(faceId, {
        description: 'Beyond the cap: what the person can best do without, most redundant first.',
      }),
      weaknesses: Type.Array(Type.Enum([...personWeaknesses], { type: 'string' }), {
        description:
          '`onePhotograph`; `onlyTurned`: no face looks at the camera; `notFound`: no face is found by the others.',
      }),
      advice: Type.Optional(
        Type.String({ description: 'Which photograph would help most, a plain sentence.' }),
      ),
    },
    { description: 'How well the faces of a person serve to find the person.' },
  ),
)

/** A finished job of a collection, with what it tells. */
export interface Finished<Result> {
  readonly jobId: string
  readonly endedAt: string
  readonly result: Result
}

const finished = {
  jobId: Type.String({ description: 'Its items, `/v1/jobs/{jobId}/items`, are what it lists.' }),
  endedAt: dateTime,
}

const count = (description: string) => Type.Integer({ minimum: 0, description })

export const GalleryReport: Component<Finished<ReportResult>> = component<Finished<ReportResult>>(
  'GalleryReport',
).of(
  Type.Object(
    {
      ...finished,
      result: Type.Unsafe<ReportResult>(
        Type.Object({
          collection: Type.String(),
          modelId: Type.String(),
          persons: count('Persons with a face.'),
          faces: count('Faces with an embedding of the model, or without.'),
          thresholds: ref(DecisionThresholds),
          leftOut: Type.Object(
            {
              faces: count('Faces of persons who have another one.'),
              found: count('With their person.'),
              missed: count('Nobody was near enough.'),
              misnamed: count('Another person was nearer, and near enough.'),
            },
            { description: 'Each face was searched for in the gallery without it.' },
          ),
          alikePairs: count(
            'Pairs of different persons as similar as a match: the same person twice, a face with the wrong person, or look-alikes. Pairs with a rejection are left out.',
          ),
          weakPersons: count('Persons with a weakness.'),
          difficulty: Type.Optional(
            Type.Object(
              {
                pairs: Type.Integer(),
                rate: Type.Number(),
                falseMatches: Type.Integer(),
                times: Type.Number(),
                shift: Type.Number(),
              },
              { description: 'As `difficulty` of the collection.' },
            ),
          ),
          expectedFpir: Type.Optional(
            number(
              'Share of searches by strangers from the same camera that reach the threshold without a shift.',
            ),
          ),
        }),
      ),
    },
    {
      description:
        "A collection's examination with its own faces. Items of its job are `missedFace`, `alikePair` and `weakPerson`, at most 1,000 of each.",
    },
  ),
)

export const MergeSuggestions: Component<Finished<MergeResult>> = component<Finished<MergeResult>>(
  'MergeSuggestions',
).of(
  Type.Object(
    {
      ...finished,
      result: Type.Unsafe<MergeResult>(
        Type.Object({
          collection: Type.String(),
          persons: count('Persons with a face.'),
          faces: count('Their faces.'),
          found: count('Pairs that may be one person; at most 1,000 are items.'),
          rejected: count('Pairs left out, because somebody said that they are different.'),
        }),
      ),
    },
    {
      description:
        'Persons who may be there twice. Items of the job are the pairs, with their nearest faces, similarity, `rate` and `expected`, the surest first.',
    },
  ),
)
