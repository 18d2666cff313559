import { FaceError } from '../../core/errors.ts'
import type { HistoryStore } from '../ports/history.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import { type MongoContext, readInCollection } from './context.ts'
import { toDetails, toEntry } from './history-documents.ts'
import { eraseTrash } from './trash.ts'
import { undoEntry } from './undo.ts'

/** The history, as {@link HistoryStore} says. */
export function createHistoryOperations(context: MongoContext): HistoryStore {
  const { history, trash } = context.tables
  return {
    async list(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('history', options)
      const { personId } = options
      const read = () =>
        history
          .find(
            {
              collectionId,
              ...(after === '' ? {} : { _id: { $lt: after } }),
              ...(personId === undefined ? {} : { personIds: String(personId) }),
            },
            { projection: { transitions: 0 } },
          )
          .sort({ _id: -1 })
          .limit(limit + 1)
          .toArray()
      const found = await readInCollection(context, collectionId, { read, none: [] })
      return toPage('history', found.map(toEntry), limit)
    },

    async get(collectionId, entryId) {
      const document = isUlid(entryId)
        ? await readInCollection(context, collectionId, {
            read: () => history.findOne({ _id: entryId, collectionId }),
            none: null,
          })
        : null
      if (!document) throw new FaceError('historyEntryNotFound')
      return toDetails(document)
    },

    undo: (collectionId, entryId, options = {}) =>
      undoEntry(context, { collectionId, entryId }, options),

    eraseTrash: (removedBefore, limit) => eraseTrash(context, removedBefore, limit),

    expire: (before, limit) =>
      context.transact(async ({ session }) => {
        const old = await history
          .find({ at: { $lt: before } }, { session, projection: { _id: 1 } })
          .sort({ at: 1 })
          .limit(limit)
          .toArray()
        const ids = old.map(({ _id }) => _id)
        const needed = new Set(
          await trash.distinct('entryId', { entryId: { $in: ids } }, { session }),
        )
        const expired = ids.filter((id) => !needed.has(id))
        await history.deleteMany({ _id: { $in: expired } }, { session })
        return expired.length
      }),
  }
}
