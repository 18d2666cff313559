import { Type } from 'typebox'
import type * as core from '../../core/types.ts'
import { rejectionReasons } from '../../core/types.ts'
import type * as bodies from '../../recognition/bodies.ts'
import type * as useCases from '../../recognition/face-watcher.ts'
import type * as collections from '../../storage/ports/collections.ts'
import type * as faces from '../../storage/ports/faces.ts'
import type * as persons from '../../storage/ports/persons.ts'
import { Box, DecisionThresholds, Landmarks, Quality } from './analysis/schema.ts'
import { type Component, component, dateTime, number, ref } from './component.ts'
import { entryOfEnrolment } from './history/entry-header.ts'
import { favouriteSchema, hiddenSchema, metadataSchema } from './persons/fields.ts'
import { gatesInput } from './quality-gates.ts'
import { KeepUnknown } from './strangers/keep-unknown.ts'

export const DecisionPolicy: Component<core.DecisionPolicy> = component<core.DecisionPolicy>(
  'DecisionPolicy',
).of(
  Type.Object(
    {
      maxFpir: number('Target false positive identification rate of `match`.'),
      possibleFpir: number('Target false positive identification rate of `possible`.'),
      threshold: Type.Optional(number('Similarity of a match, set by hand.')),
      possibleThreshold: Type.Optional(number('Similarity of a possible match, set by hand.')),
      probeShift: Type.Optional(
        Type.Enum(['off', 'standard', 'strict'], {
          type: 'string',
          description:
            'Whether thresholds rise where strangers are more alike than the model expects; default `standard`.',
        }),
      ),
      galleryShift: Type.Optional(
        Type.Boolean({
          description:
            'Whether thresholds rise by `difficulty.shift` of the collection; default false. For verification, and for searches whose pictures come from the camera of the collection.',
        }),
      ),
    },
    { description: 'How the collection decides.' },
  ),
)

const collectionModel = {
  modelId: Type.String({ examples: ['mobilefacenet'] }),
  dimension: Type.Integer({ examples: [512] }),
  policy: ref(DecisionPolicy),
  indexId: Type.String({ description: 'Name of its index.' }),
}

const collection = {
  id: Type.String({ description: 'ULID.' }),
  name: Type.String({ examples: ['default'] }),
  ...collectionModel,
  second: Type.Optional(
    Type.Object(collectionModel, {
      description:
        'A second model beside the one that answers: it is being filled, or it answered before.',
    }),
  ),
  storeCrops: Type.Boolean({ description: 'Whether a crop of each enrolled face is kept.' }),
  qualityGates: Type.Optional(gatesInput),
  keepUnknown: Type.Optional(KeepUnknown),
  templateSecretId: Type.Optional(
    Type.String({
      description:
        'Tells the secret of `store.templateSecrets` that its embeddings are protected with; absent: they are not protected.',
    }),
  ),
  createdAt: dateTime,
}

export const Collection: Component<collections.Collection> = component<collections.Collection>(
  'Collection',
).of(Type.Object(collection, { description: 'A named gallery.' }))

export const CollectionDifficulty: Component<useCases.CollectionDifficulty> =
  component<useCases.CollectionDifficulty>('CollectionDifficulty').of(
    Type.Object(
      {
        faces: Type.Integer({ description: 'Faces that the collection had when it was measured.' }),
        persons: Type.Integer({ description: 'People compared, one face each, at most 1,000.' }),
        pairs: Type.Integer({ description: 'Pairs of different people.' }),
        rate: Type.Optional(number('False match rate at which they are compared, 0.001 to 0.01.')),
        falseMatches: Type.Optional(
          Type.Integer({ description: 'Pairs at or above the similarity that has this rate.' }),
        ),
        times: Type.Optional(
          number('How many times more often than the model expects; 1 is as expected.'),
        ),
        shift: Type.Optional(
          number(
            'By how much a threshold is too low for it, a difference of similarities, from 0.',
          ),
        ),
        expectedFpir: Type.Optional(
          number(
            'Share of searches by strangers from the same camera that reach `thresholds.match`, which is not shifted; an estimate on the strict side.',
          ),
        ),
      },
      {
        description:
          'How alike the people of a collection are, against the photographs its model was measured on. `rate` and what follows are absent below 3,000 pairs (78 people), which say nothing.',
      },
    ),
  )

export const CollectionDetails: Component<bodies.CollectionDetailsBody> =
  component<bodies.CollectionDetailsBody>('CollectionDetails').of(
    Type.Object({
      ...collection,
      persons: Type.Integer(),
      faces: Type.Integer(),
      thresholds: ref(DecisionThresholds),
      difficulty: Type.Optional(ref(CollectionDifficulty)),
    }),
  )

export const ThresholdsForRates: Component<useCases.ThresholdsForRates> =
  component<useCases.ThresholdsForRates>('ThresholdsForRates').of(
    Type.Object(
      {
        modelId: Type.String({ examples: ['mobilefacenet'] }),
        gallerySize: Type.Integer({ description: 'Enrolled faces.' }),
        items: Type.Array(
          Type.Object({
            maxFpir: number('The rate that was asked for.'),
            threshold: number('Similarity of a match, before it is raised for a probe.'),
            fmr: number('FMR of one comparison at `threshold`.'),
            extrapolated: Type.Boolean({
              description: "The rate lies beyond what the curve's counts support.",
            }),
            fnmr: number(
              "Share of searches for a person with one enrolled face that miss it, by the curve's photographs.",
            ),
          }),
          { description: 'In the order in which the rates were given.' },
        ),
      },
      { description: 'What rates would mean for a collection as large as it is now.' },
    ),
  )

const person = {
  id: Type.String({ description: 'ULID.' }),
  name: Type.String({ examples: ['Ann'] }),
  aliases: Type.Array(Type.String(), { description: 'Other names.' }),
  externalId: Type.Optional(
    Type.String({ description: 'What another system calls the person; unique in the collection.' }),
  ),
  notes: Type.Optional(Type.String()),
  metadata: metadataSchema,
  coverFaceId: Type.Optional(
    Type.String({ description: 'The face that shows the person, while it is one of the person.' }),
  ),
  shownFaceId: Type.Optional(
    Type.String({
      description:
        'The face whose crop shows the person: the cover, else the one that shows the face best. Absent where no crop is stored.',
    }),
  ),
  hidden: hiddenSchema,
  favourite: favouriteSchema,
  faceCount: Type.Integer(),
  revision: Type.Integer({
    description: "Grows with each change of the person's own fields; the ETag.",
    examples: [1],
  }),
  lastSeenAt: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'When a search last decided `match` for the person; up to a minute late.',
    }),
  ),
  createdAt: dateTime,
  updatedAt: dateTime,
}

export const Person: Component<persons.Person> = component<persons.Person>('Person').of(
  Type.Object(person, { description: 'An enrolled individual.' }),
)

export const Face: Component<faces.Face> = component<faces.Face>('Face').of(
  Type.Object(
    {
      id: Type.String({ description: 'ULID.' }),
      personId: Type.String(),
      modelId: Type.String({ description: 'The model of the collection that answers.' }),
      missingEmbedding: Type.Optional(
        Type.Literal(true, {
          description: 'No search finds the face: it has no embedding of this model.',
        }),
      ),
      quality: Type.Optional(ref(Quality)),
      box: Type.Optional(ref(Box)),
      landmarks: Type.Optional(ref(Landmarks)),
      imageHash: Type.String({
        description:
          'SHA-256 of the image file, lower-case hex; without an image that of the embedding.',
      }),
      hasCrop: Type.Boolean(),
      createdAt: dateTime,
      setAsideAt: Type.Optional(
        Type.String({
          format: 'date-time',
          description: 'When it was set aside, so that no search finds it.',
        }),
      ),
    },
    {
      description:
        'A stored enrolment of a person. `quality`, `box` and `landmarks` are absent when it was enrolled from an embedding.',
    },
  ),
)

export const FaceEmbedding: Component<bodies.FaceEmbeddingBody> =
  component<bodies.FaceEmbeddingBody>('FaceEmbedding').of(
    Type.Object(
      {
        faceId: Type.String({ description: 'ULID.' }),
        modelId: Type.String({ examples: ['mobilefacenet'] }),
        dimension: Type.Integer({ examples: [512] }),
        embedding: Type.Array(Type.Number(), { description: 'L2-normalised.' }),
      },
      { description: 'The stored embedding of a face.' },
    ),
  )

export const EnrolledFace: Component<useCases.EnrollResult['faces'][number]> = component<
  useCases.EnrollResult['faces'][number]
>('EnrolledFace').of(
  Type.Object(
    {
      fileName: Type.String(),
      face: ref(Face),
      alreadyEnrolled: Type.Boolean({
        description: 'The same image was enrolled for this person before; nothing new was stored.',
      }),
      turned: Type.Optional(
        Type.Enum([0, 90, 180, 270], {
          type: 'integer',
          description:
            'Degrees clockwise by which the image was turned to be read, because it lay on its side or head. Absent when no image was read: it was enrolled before, or there was an embedding.',
        }),
      ),
      warnings: Type.Array(
        Type.Union([
          Type.Object(
            {
              reason: Type.Enum(['duplicateOfOtherPerson'], { type: 'string' }),
              personId: Type.String(),
              personName: Type.String(),
              similarity: Type.Number(),
            },
            { title: 'DuplicateWarning', description: 'The face matches another person.' },
          ),
          Type.Object(
            {
              reason: Type.Enum(['weakPhotograph'], { type: 'string' }),
              message: Type.String({ description: 'A plain sentence.' }),
            },
            {
              title: 'WeakPhotographWarning',
              description:
                'The face can be compared, but so weak a photograph is missed more often.',
            },
          ),
        ]),
      ),
    },
    { description: 'A face that was enrolled.' },
  ),
)

export const RejectedImage: Component<useCases.EnrollResult['rejected'][number]> = component<
  useCases.EnrollResult['rejected'][number]
>('RejectedImage').of(
  Type.Object(
    {
      fileName: Type.String(),
      reasons: Type.Array(Type.Enum([...rejectionReasons], { type: 'string' })),
      message: Type.String({ description: 'A plain sentence.' }),
    },
    { description: 'An image that was not enrolled.' },
  ),
)

export const EnrollHint: Component<useCases.EnrollHint> = component<useCases.EnrollHint>(
  'EnrollHint',
).of(
  Type.Object(
    {
      reason: Type.Enum(['onePhotograph'], {
        type: 'string',
        description:
          'The person has one photograph; a second one about halves how often the person is missed.',
      }),
      message: Type.String({ description: 'A plain sentence.' }),
    },
    { description: 'What would help to find a person, as it is after the enrolment.' },
  ),
)

export const EnrollResult: Component<bodies.EnrollBody> = component<bodies.EnrollBody>(
  'EnrollResult',
).of(
  Type.Object(
    {
      person: ref(Person),
      faces: Type.Array(ref(EnrolledFace)),
      rejected: Type.Array(ref(RejectedImage)),
      hints: Type.Array(ref(EnrollHint)),
      entryId: entryOfEnrolment,
    },
    { description: 'What became of each image.' },
  ),
)

export const CreatedPerson: Component<bodies.CreatedPersonBody> =
  component<bodies.CreatedPersonBody>('CreatedPerson').of(
    Type.Object(
      {
        ...person,
        faces: Type.Array(ref(EnrolledFace), { description: 'Empty when no image was sent.' }),
        rejected: Type.Array(ref(RejectedImage)),
        hints: Type.Array(ref(EnrollHint)),
        entryId: entryOfEnrolment,
      },
      { description: 'The person, and what became of the images sent along.' },
    ),
  )
