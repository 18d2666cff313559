import { Type } from 'typebox'
import type { CreatedKey as Created, KeyDetails } from '../../../access/keys.ts'
import { actorSchema } from '../actor.ts'
import { type Component, component, dateTime } from '../component.ts'

const fields = {
  id: Type.String(),
  name: Type.String({ examples: ['front door'] }),
  prefix: Type.String({
    description: 'The first characters of the key, by which its owner recognises it.',
    examples: ['fw_k3J0x9Q'],
  }),
  scopes: Type.Array(Type.String(), { description: 'What it may do.', examples: [['identify']] }),
  collections: Type.Optional(
    Type.Array(
      Type.Object({
        id: Type.String(),
        name: Type.Optional(Type.String({ description: 'Absent when the collection is gone.' })),
      }),
      { description: 'The only collections it works on; absent: all.' },
    ),
  ),
  createdAt: dateTime,
  createdBy: actorSchema,
  expiresAt: Type.Optional(
    Type.String({ format: 'date-time', description: 'From then on it is no longer valid.' }),
  ),
  lastUsedAt: Type.Optional(
    Type.String({ format: 'date-time', description: 'Written at most once a minute.' }),
  ),
  endsSoon: Type.Optional(
    Type.Literal(true, {
      description: 'It is valid, ends within 14 days, and no other key follows it.',
    }),
  ),
  replacedBy: Type.Optional(
    Type.String({ description: 'Id of the key that follows it, since it was rotated.' }),
  ),
  ratePerMinute: Type.Optional(
    Type.Integer({ description: 'Requests a minute; absent: no limit of its own.' }),
  ),
  quotaPerDay: Type.Optional(
    Type.Integer({ description: 'Requests a day, UTC; absent: no quota.' }),
  ),
  revokedAt: Type.Optional(
    Type.String({ format: 'date-time', description: 'Since then it is not valid.' }),
  ),
}

export const ApiKey: Component<KeyDetails> = component<KeyDetails>('ApiKey').of(
  Type.Object(fields, { description: 'An API key, without the key.' }),
)

export const CreatedApiKey: Component<Created> = component<Created>('CreatedApiKey').of(
  Type.Object(
    {
      ...fields,
      key: Type.String({ description: 'What clients send. It is shown only this once.' }),
    },
    { description: 'An API key that was made just now.' },
  ),
)
