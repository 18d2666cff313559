import { FaceError } from '../../core/errors.ts'
import type { ApiKey, KeyStore, NewApiKey } from '../ports/keys.ts'
import { assertKey } from '../rules/input-checks.ts'
import { toRotation } from '../rules/keys.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import { toStoredName } from '../rules/person-fields.ts'
import type { MongoContext } from './context.ts'
import type { KeyDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

/** API keys, as {@link KeyStore} says. */
export function createKeyOperations(context: MongoContext): KeyStore {
  const { keys } = context.tables

  async function find(id: string, { session }: Transaction): Promise<KeyDocument> {
    const document = isUlid(id) ? await keys.findOne({ _id: id }, { session }) : null
    if (!document) throw new FaceError('keyNotFound')
    return document
  }

  function toDocument(key: NewApiKey): KeyDocument {
    const { hash, prefix, scopes, collectionIds, expiresAt, ratePerMinute, quotaPerDay } = key
    return {
      _id: context.newId(),
      name: toStoredName(key.name),
      hash,
      prefix,
      scopes,
      ...(collectionIds === undefined ? {} : { collectionIds }),
      createdAt: context.now(),
      createdBy: context.caller.actor,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(ratePerMinute === undefined ? {} : { ratePerMinute }),
      ...(quotaPerDay === undefined ? {} : { quotaPerDay }),
    }
  }

  return {
    async create(key) {
      assertKey(key)
      const document = toDocument(key)
      return context.transact(async ({ session }) => {
        await keys.insertOne(document, { session })
        return toKey(document)
      })
    },

    async list(options) {
      const { after, limit } = parsePageOptions('keys', options)
      const documents = await keys
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray()
      return toPage('keys', documents.map(toKey), limit)
    },

    async findByHash(hash) {
      const document = await keys.findOne({ hash: { $eq: hash } })
      return document ? toKey(document) : undefined
    },

    async touch(id, usedAt) {
      // $max also sets a field that is not there; times of this form are in the order of their text.
      await keys.updateOne({ _id: id }, { $max: { lastUsedAt: usedAt } })
    },

    revoke: (id) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const key = await find(id, transaction)
        if (key.revokedAt !== undefined) return toKey(key)
        const revokedAt = context.now()
        await keys.updateOne({ _id: id }, { $set: { revokedAt } }, { session })
        return toKey({ ...key, revokedAt })
      }),

    rotate: (id, next) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const former = toKey(await find(id, transaction))
        const { created, formerEndsAt } = toRotation(former, next, context.now())
        const document = toDocument(created)
        await keys.insertOne(document, { session })
        const ended = { expiresAt: formerEndsAt, replacedBy: document._id }
        await keys.updateOne({ _id: id }, { $set: ended }, { session })
        return toKey(document)
      }),

    remove: (id) =>
      context.transact(async (transaction) => {
        const { revokedAt } = await find(id, transaction)
        if (revokedAt === undefined) throw new FaceError('keyInUse')
        await keys.deleteOne({ _id: id }, { session: transaction.session })
      }),
  }
}

function toKey({ _id: id, hash: _, ...rest }: KeyDocument): ApiKey {
  return { id, ...rest }
}
