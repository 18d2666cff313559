import { type TUnsafe, Type } from 'typebox'
import { errorCatalogue } from '../../../core/errors.ts'
import type * as jobs from '../../../storage/ports/jobs.ts'
import { jobStates } from '../../../storage/ports/jobs.ts'
import { actorSchema } from '../actor.ts'
import { type Component, component, dateTime, ref } from '../component.ts'

const jsonObject = (description: string): TUnsafe<jobs.JsonObject> =>
  Type.Unsafe<jobs.JsonObject>({ type: 'object', additionalProperties: true, description })

export const JobProgress: Component<jobs.JobProgress> = component<jobs.JobProgress>(
  'JobProgress',
).of(
  Type.Object(
    {
      stage: Type.String({ description: 'The step under way.', examples: ['faces'] }),
      done: Type.Number({ minimum: 0 }),
      total: Type.Optional(
        Type.Number({ minimum: 0, description: 'Absent where it is not known beforehand.' }),
      ),
      perSecond: Type.Optional(Type.Number({ description: 'How many are done in a second.' })),
      remainingSeconds: Type.Optional(
        Type.Number({ description: 'What the rest of the stage will take at this rate.' }),
      ),
    },
    { description: 'How far a job is.' },
  ),
)

export const Job: Component<jobs.Job> = component<jobs.Job>('Job').of(
  Type.Object(
    {
      id: Type.String({ description: 'ULID.' }),
      kind: Type.String({ examples: ['indexRebuild'] }),
      collectionId: Type.Optional(
        Type.String({ description: 'The collection it works on, with which it is deleted.' }),
      ),
      input: jsonObject('As the kind of job says.'),
      state: Type.Enum([...jobStates], {
        type: 'string',
        description:
          '`queued`: it waits for a node. `paused`: until it is resumed. `done`, `failed` and `cancelled` are the ends.',
      }),
      wanted: Type.Optional(
        Type.Enum(['paused', 'cancelled'], {
          type: 'string',
          description: 'What a running job was asked to become; it does at its next safe place.',
        }),
      ),
      progress: Type.Optional(ref(JobProgress)),
      result: Type.Optional(jsonObject('Of a job that is done.')),
      failure: Type.Optional(
        Type.Object(
          {
            code: Type.String({ examples: Object.keys(errorCatalogue).slice(0, 1) }),
            message: Type.String({ description: 'A plain sentence.' }),
          },
          { description: 'Why it failed: an error of the catalogue.' },
        ),
      ),
      attempts: Type.Integer({ description: 'How often it was begun.' }),
      createdAt: dateTime,
      createdBy: actorSchema,
      startedAt: Type.Optional(
        Type.String({ format: 'date-time', description: 'When it was begun first.' }),
      ),
      endedAt: Type.Optional(Type.String({ format: 'date-time' })),
      revision: Type.Integer({ description: 'Grows with each change.' }),
    },
    { description: 'A long operation.' },
  ),
)

export const JobItem: Component<jobs.JobItem> = component<jobs.JobItem>('JobItem').of(
  Type.Object(
    {
      id: Type.String({ description: 'ULID.' }),
      rejected: Type.Boolean({ description: 'Not what was wanted.' }),
      personId: Type.Optional(Type.String({ description: 'The person whom it is about.' })),
      body: jsonObject('As the kind of job says.'),
    },
    { description: 'What became of one of the things that a job worked on.' },
  ),
)
