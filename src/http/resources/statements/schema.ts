import { Type } from 'typebox'
import type * as useCases from '../../../recognition/face-watcher.ts'
import type { Statement as StoredStatement } from '../../../storage/ports/statements.ts'
import { actorSchema } from '../actor.ts'
import { type Component, component, dateTime, ref } from '../component.ts'
import { EnrolledFace, EnrollHint, RejectedImage } from '../gallery-schemas.ts'
import { entryOfEnrolment } from '../history/entry-header.ts'

export const Statement: Component<StoredStatement> = component<StoredStatement>('Statement').of(
  Type.Object(
    {
      id: Type.String({ description: 'ULID.' }),
      kind: Type.Enum(['rejection', 'confirmation'], { type: 'string' }),
      personId: Type.String(),
      faceId: Type.Optional(
        Type.String({ description: 'The stored face; absent for an image or an embedding.' }),
      ),
      facePersonId: Type.Optional(
        Type.String({ description: 'Whose face that is now; there when `faceId` is.' }),
      ),
      hasCrop: Type.Boolean({
        description: 'A crop of the stored face is kept: that of a face of `facePersonId`.',
      }),
      imageHash: Type.String({
        description:
          'SHA-256 of the image file, lower-case hex; without one that of the embedding.',
      }),
      inForce: Type.Boolean({
        description:
          'False while the collection answers with a model that has no embedding of this face.',
      }),
      createdAt: dateTime,
      createdBy: actorSchema,
    },
    { description: 'What somebody said of a face and a person.' },
  ),
)

const stated = {
  statement: ref(Statement),
  alreadyStated: Type.Boolean({ description: 'The same was said before.' }),
  revoked: Type.Optional(ref(Statement)),
}

export const Stated: Component<useCases.Stated> = component<useCases.Stated>('Stated').of(
  Type.Object(stated, {
    description:
      'What is kept. `revoked` is the opposite, said before of the same face of the same image: the newer word counts.',
  }),
)

/** A confirmation as JSON. */
export interface ConfirmedBody extends useCases.Stated {
  readonly enrolled?: Pick<
    NonNullable<useCases.Confirmed['enrolled']>,
    'faces' | 'rejected' | 'hints' | 'entryId'
  >
}

export const Confirmed: Component<ConfirmedBody> = component<ConfirmedBody>('Confirmed').of(
  Type.Object(
    {
      ...stated,
      enrolled: Type.Optional(
        Type.Object(
          {
            faces: Type.Array(ref(EnrolledFace)),
            rejected: Type.Array(ref(RejectedImage)),
            hints: Type.Array(ref(EnrollHint)),
            entryId: entryOfEnrolment,
          },
          { description: 'With `enroll`: what became of the image. The confirmation stands.' },
        ),
      ),
    },
    { description: 'What is kept, as of a rejection.' },
  ),
)
