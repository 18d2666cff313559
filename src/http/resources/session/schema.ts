import { Type } from 'typebox'
import type { Grant } from '../../../access/principal.ts'
import type { Actor } from '../../../core/actor.ts'
import { actorSchema } from '../actor.ts'
import { type Component, component, dateTime } from '../component.ts'

/** Who asks, how long that holds, and how to sign in. */
export interface SessionInfoBody {
  readonly required: boolean
  readonly ways: readonly ('key' | 'oidc')[]
  readonly provider?: { readonly name: string; readonly path: string }
  readonly caller?: {
    readonly actor: Actor
    readonly scopes: readonly string[]
    readonly grants: readonly Grant[]
  }
  readonly session?: {
    readonly createdAt: string
    readonly idleEndsAt: string
    readonly endsAt: string
    readonly csrfToken: string
  }
}

const scopeList = Type.Array(Type.String(), { examples: [['identify', 'people:read']] })

export const SessionInfo: Component<SessionInfoBody> = component<SessionInfoBody>('SessionInfo').of(
  Type.Object(
    {
      required: Type.Boolean({
        description: 'Whether the server asks who calls; otherwise everybody may do everything.',
      }),
      ways: Type.Array(Type.Enum(['key', 'oidc'], { type: 'string' }), {
        description: 'How a person can sign in.',
      }),
      provider: Type.Optional(
        Type.Object(
          {
            name: Type.String(),
            path: Type.String({ description: 'Where a browser goes, below the page.' }),
          },
          { description: 'The OpenID Connect provider.' },
        ),
      ),
      caller: Type.Optional(
        Type.Object(
          {
            actor: actorSchema,
            scopes: scopeList,
            grants: Type.Array(
              Type.Object({
                scopes: scopeList,
                collectionIds: Type.Optional(
                  Type.Array(Type.String(), { description: 'The only collections; absent: all.' }),
                ),
              }),
              { description: 'What each key or role allows, and where.' },
            ),
          },
          { description: 'Who asks; absent when nobody is known.' },
        ),
      ),
      session: Type.Optional(
        Type.Object(
          {
            createdAt: dateTime,
            idleEndsAt: Type.String({
              format: 'date-time',
              description: 'When it ends unless it is used before.',
            }),
            endsAt: Type.String({
              format: 'date-time',
              description: 'When it ends at the latest.',
            }),
            csrfToken: Type.String({
              description: 'To be sent as `X-CSRF-Token` with what changes something.',
            }),
          },
          { description: 'Of a caller who has signed in.' },
        ),
      ),
    },
    { description: 'Who asks, and how to sign in.' },
  ),
)

export interface SignedOutBody {
  readonly ended: number
  readonly providerUrl?: string
}

export const SignedOut: Component<SignedOutBody> = component<SignedOutBody>('SignedOut').of(
  Type.Object(
    {
      ended: Type.Integer({ minimum: 0, description: 'How many sessions have ended.' }),
      providerUrl: Type.Optional(
        Type.String({ description: 'Where the provider ends its own session; it is optional.' }),
      ),
    },
    { description: 'What has ended.' },
  ),
)
