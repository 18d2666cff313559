import { Type } from 'typebox'
import type * as api from '../../../recognition/strangers/strangers-api.ts'
import type * as ports from '../../../storage/ports/strangers.ts'
import { Box, Landmarks, Quality } from '../analysis/schema.ts'
import { type Component, component, dateTime, number, ref } from '../component.ts'
import { Face, Person } from '../gallery-schemas.ts'
import { entryOfEnrolment } from '../history/entry-header.ts'

export const Stranger: Component<ports.Stranger> = component<ports.Stranger>('Stranger').of(
  Type.Object(
    {
      id: Type.String({
        description:
          'ULID. It stays while the stranger is seen again; where two strangers turn out to be one, the older id stays and the other one leads to it.',
      }),
      modelId: Type.String({ examples: ['mobilefacenet'] }),
      status: Type.Enum(['shown', 'ignored', 'assigned'], {
        type: 'string',
        description:
          '`ignored`: somebody said that it is of no interest, or it is very like one of whom that was said. `assigned`: it is a person by now.',
      }),
      count: Type.Integer({ description: 'Sightings that are kept.' }),
      firstSeenAt: dateTime,
      lastSeenAt: dateTime,
      coverId: Type.String({ description: 'The sighting that shows the face best.' }),
      personId: Type.Optional(Type.String({ description: 'Of one that is `assigned`.' })),
      likeId: Type.Optional(
        Type.String({ description: 'The ignored stranger because of whom it is `ignored`.' }),
      ),
    },
    { description: 'A person who was seen and is not enrolled.' },
  ),
)

const sighting = {
  id: Type.String({ description: 'ULID.' }),
  modelId: Type.String(),
  seenAt: dateTime,
  source: Type.Optional(Type.String({ description: 'Where, in the words of who looked.' })),
  strangerId: Type.Optional(
    Type.String({ description: 'Absent for a moment, until it has been compared.' }),
  ),
  personId: Type.Optional(
    Type.String({ description: 'The person whom the stranger turned out to be.' }),
  ),
  quality: Type.Optional(ref(Quality)),
  box: Type.Optional(ref(Box)),
  landmarks: Type.Optional(ref(Landmarks)),
  hasCrop: Type.Boolean(),
}

export const Sighting: Component<ports.Sighting> = component<ports.Sighting>('Sighting').of(
  Type.Object(sighting, {
    description:
      'A face that nobody enrolled had, when it was seen. `quality`, `box` and `landmarks` are absent when an embedding was looked up.',
  }),
)

export const ResemblingSighting: Component<api.ResemblingSighting> =
  component<api.ResemblingSighting>('ResemblingSighting').of(
    Type.Object(
      {
        ...sighting,
        similarity: Type.Number(),
        fmr: number('Rate of false matches of one comparison at this similarity.'),
        fmrExtrapolated: Type.Boolean({ description: '`fmr` is a bound: the true one is lower.' }),
      },
      { description: 'A sighting that resembles a face.' },
    ),
  )

export const StrangerSuggestions: Component<{
  readonly items: readonly api.StrangerSuggestion[]
}> = component<{ readonly items: readonly api.StrangerSuggestion[] }>('StrangerSuggestions').of(
  Type.Object(
    {
      items: Type.Array(
        Type.Object({
          personId: Type.String(),
          personName: Type.String(),
          faceId: Type.String({ description: "The person's face nearest to the stranger." }),
          similarity: Type.Number(),
          rate: number(
            'How often somebody who is not enrolled resembles anybody of the collection as much: 0.0005 is once in 2,000 strangers.',
          ),
          rateExtrapolated: Type.Boolean({
            description: '`rate` is a bound: the true one is lower.',
          }),
        }),
      ),
    },
    { description: 'Enrolled persons whom a stranger resembles, most similar first.' },
  ),
)

export const AssignedStranger: Component<api.AssignedStranger> = component<api.AssignedStranger>(
  'AssignedStranger',
).of(
  Type.Object(
    {
      stranger: ref(Stranger),
      person: ref(Person),
      newPerson: Type.Boolean({ description: 'This made the person.' }),
      faces: Type.Array(ref(Face), { description: 'Enrolled from its sightings.' }),
      entryId: entryOfEnrolment,
    },
    { description: 'A stranger that is a person from now on.' },
  ),
)

export const StrangerChanges: Component<{ readonly items: readonly api.StrangerChange[] }> =
  component<{ readonly items: readonly api.StrangerChange[] }>('StrangerChanges').of(
    Type.Object(
      {
        items: Type.Array(
          Type.Object({
            id: Type.String(),
            outcome: Type.Enum(['done', 'notFound', 'assigned'], {
              type: 'string',
              description: '`assigned`: it is a person, and neither ignored nor shown.',
            }),
          }),
        ),
      },
      { description: 'What became of each stranger, in the order of the ids.' },
    ),
  )

export const ErasedStrangers: Component<api.ErasedStrangers> = component<api.ErasedStrangers>(
  'ErasedStrangers',
).of(
  Type.Object(
    {
      dryRun: Type.Boolean({ description: 'Nothing was erased.' }),
      threshold: number('From this similarity on a sighting resembles the face.'),
      compared: Type.Integer({ description: 'Sightings that were compared.' }),
      resembling: Type.Integer({ description: 'Sightings that resemble the face.' }),
      erased: Type.Integer({
        description:
          'Sightings that were erased, or would be: with a stranger of whom half resemble the face all go.',
      }),
      strangers: Type.Array(
        Type.Object({
          id: Type.String(),
          count: Type.Integer({ description: 'Its sightings before.' }),
          resembling: Type.Integer(),
          whole: Type.Boolean({ description: 'All of its sightings go.' }),
        }),
      ),
      persons: Type.Optional(
        Type.Array(
          Type.Object({
            personId: Type.String(),
            personName: Type.String(),
            faceId: Type.String(),
            similarity: Type.Number(),
          }),
          {
            description:
              'Enrolled persons who resemble the face, most similar first; they are not erased.',
          },
        ),
      ),
    },
    { description: 'What resembles a face, and was erased.' },
  ),
)
