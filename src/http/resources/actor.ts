import { type TUnsafe, Type } from 'typebox'
import { type Actor, actorKinds } from '../../core/actor.ts'

/** Who asked for something. */
export const actorSchema: TUnsafe<Actor> = Type.Unsafe<Actor>(
  Type.Object(
    {
      kind: Type.Enum([...actorKinds], { type: 'string' }),
      id: Type.String(),
      name: Type.String(),
    },
    { description: 'Who made it.' },
  ),
)
