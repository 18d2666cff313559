import type { Session, SessionStore } from '../ports/sessions.ts'
import { assertSession } from '../rules/input-checks.ts'
import type { MongoContext } from './context.ts'
import type { SessionDocument } from './tables.ts'

/** Sessions, as {@link SessionStore} says. */
export function createSessionOperations(context: MongoContext): SessionStore {
  const { sessions } = context.tables

  return {
    async create(session) {
      assertSession(session)
      const document: SessionDocument = { _id: context.newId(), ...session }
      await context.transact((transaction) =>
        sessions.insertOne(document, { session: transaction.session }),
      )
      return toSession(document)
    },

    async findByHash(hash) {
      const document = await sessions.findOne({ hash: { $eq: hash } })
      return document ? toSession(document) : undefined
    },

    async touch(id, idleEndsAt) {
      // Times of this form are in the order of their text.
      await sessions.updateOne({ _id: { $eq: id } }, { $max: { idleEndsAt } })
    },

    async end(id) {
      await sessions.deleteOne({ _id: { $eq: id } })
    },

    async endAll(subject) {
      return (await sessions.deleteMany({ subject: { $eq: subject } })).deletedCount
    },

    async expire(now) {
      const isOver = { $or: [{ endsAt: { $lte: now } }, { idleEndsAt: { $lte: now } }] }
      return (await sessions.deleteMany(isOver)).deletedCount
    },
  }
}

function toSession({ _id: id, hash: _, ...rest }: SessionDocument): Session {
  return { id, ...rest }
}
