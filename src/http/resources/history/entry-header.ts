import type { FastifyReply } from 'fastify'
import { type TOptional, type TString, type TUnsafe, Type } from 'typebox'
import type { Recorded } from '../../../storage/ports/history.ts'

const name = 'x-history-entry'

/** An empty answer, 204, whose header names the entry of the history. */
export const noContentWithEntry: TUnsafe<void> = Type.Unsafe<void>({
  type: 'null',
  description: 'Done; no content.',
  headers: {
    [name]: {
      type: 'string',
      description:
        'Id of the history entry of this change, for its undo. Absent where only what was deleted before is erased.',
    },
  },
})

/** Of an answer of an enrolment. */
export const entryOfEnrolment: TOptional<TString> = Type.Optional(
  Type.String({
    description:
      'Id of the history entry of the enrolment, for its undo. Absent when nothing changed.',
  }),
)

/** Names the entry of the history in the answer. */
export function nameEntry(reply: FastifyReply, { entryId }: Recorded): void {
  if (entryId !== undefined) reply.header(name, entryId)
}
