import { FaceError } from '../../core/errors.ts'
import type { AnswerStore } from '../ports/answers.ts'
import {
  assertIdempotencyKey,
  idempotencyClaimedMs,
  idempotencyKeptMs,
} from '../rules/input-checks.ts'
import {
  findSubjects,
  type RetoldPerson,
  retellOwners,
  retellPerson,
} from '../rules/kept-answers.ts'
import type { MongoContext } from './context.ts'
import { toPerson } from './documents.ts'
import { isDuplicateKey } from './errors.ts'
import type { Transaction } from './transactions.ts'

type Answers = Pick<MongoContext, 'tables'>

// [Note: Answers during a deletion]
// An answer may be kept while a person of it is being deleted. The request that keeps it looks for
// the person after it has written the answer; the deletion removes answers in its transaction and
// once more after it. The later of the two sees the other. A rename does the same.

// An old claim is removed and the key tried again; it may also be freed just before the look at it.
const attempts = 3

/** Removes the answers that name these persons or faces; part of the transaction that removes them. */
export async function forgetAnswers(
  { tables }: Answers,
  subjects: readonly string[],
  { session }: Pick<Transaction, 'session'>,
): Promise<void> {
  await tables.idempotency.deleteMany({ subjects: { $in: subjects } }, { session })
}

/** Removes the answers that were kept while that transaction ran; see [Note: Answers during a deletion]. */
export async function forgetLateAnswers(
  { tables }: Answers,
  subjects: readonly string[],
): Promise<void> {
  // The deletion is done and must not be answered with a failure; such an answer goes after a day.
  await tables.idempotency.deleteMany({ subjects: { $in: subjects } }).catch(() => {})
}

/** Writes a person's present name and metadata into the answers that name the person. */
export async function retellAnswers({ tables }: Answers, person: RetoldPerson): Promise<void> {
  const answers = await tables.idempotency.find({ subjects: person.id }).toArray()
  for (const { _id, response } of answers) {
    if (!response) continue
    const body = retellPerson(response.body, person)
    if (body === response.body) continue
    const unchanged = { _id, 'response.body': response.body }
    await tables.idempotency.updateOne(unchanged, { $set: { 'response.body': body } })
  }
}

/** A face or a person, and whose, or who, it is now. */
interface Moved {
  readonly id: string
  readonly personId: string
}

/**
 * Makes the answers follow faces and persons that come to other persons; see {@link retellOwners}.
 *
 * @param transaction  that moves them. Once more after it, without one, for answers that were kept while
 *   it ran (see [Note: Answers during a deletion]): then names are brought up to date, too.
 */
export async function moveAnswers(
  { tables }: Answers,
  { faces, persons }: { readonly faces: readonly Moved[]; readonly persons: readonly Moved[] },
  transaction?: Pick<Transaction, 'session'>,
): Promise<void> {
  const moved = [...faces, ...persons]
  if (moved.length === 0) return
  const session = transaction && { session: transaction.session }
  const toMap = (list: readonly Moved[]) => new Map(list.map(({ id, personId }) => [id, personId]))
  const owners = { faces: toMap(faces), persons: toMap(persons) }
  const move = async () => {
    const those = { subjects: { $in: moved.map(({ id }) => id) } }
    for (const { _id, response } of await tables.idempotency.find(those, session).toArray()) {
      if (!response) continue
      const body = retellOwners(response.body, owners)
      const fields = { 'response.body': body, subjects: findSubjects(body) }
      const unchanged = { _id, 'response.body': response.body }
      await tables.idempotency.updateOne(unchanged, { $set: fields }, session)
    }
    if (transaction !== undefined) return
    const ids = [...new Set(moved.map(({ personId }) => personId))]
    for (const person of await tables.persons.find({ _id: { $in: ids } }).toArray()) {
      await retellAnswers({ tables }, toPerson(person, { hasCover: false, shownFaceId: undefined }))
    }
  }
  // What is done must not be answered with a failure; the answers go after a day.
  await (transaction === undefined ? move().catch(() => {}) : move())
}

/** Kept answers, as {@link AnswerStore} says. The server removes old ones, about once a minute. */
export function createAnswerOperations(context: MongoContext): AnswerStore {
  const { idempotency, persons, faces } = context.tables

  /**
   * Claims a key, at the time of the server's clock: those of the nodes may differ, or jump.
   * @returns whether nobody had it
   */
  async function claim(key: string, requestHash: string): Promise<boolean> {
    const fields = {
      requestHash: { $ifNull: ['$requestHash', { $literal: requestHash }] },
      claimedAt: { $ifNull: ['$claimedAt', '$$NOW'] },
    }
    try {
      const { upsertedCount } = await idempotency.updateOne({ _id: key }, [{ $set: fields }], {
        upsert: true,
      })
      return upsertedCount === 1
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }

  return {
    async claim(key, requestHash) {
      assertIdempotencyKey(key)
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (await claim(key, requestHash)) return undefined
        const olderThan = (ms: number) => ({ $lt: ['$claimedAt', { $subtract: ['$$NOW', ms] }] })
        const { deletedCount } = await idempotency.deleteOne({
          _id: key,
          $or: [
            { $expr: olderThan(idempotencyKeptMs) },
            { response: { $exists: false }, $expr: olderThan(idempotencyClaimedMs) },
          ],
        })
        const known = deletedCount === 1 ? null : await idempotency.findOne({ _id: key })
        if (!known) continue
        const { response } = known
        return {
          requestHash: known.requestHash,
          ...(response === undefined ? {} : { response }),
        }
      }
      throw new FaceError('storeBusy')
    },

    async complete(key, response) {
      assertIdempotencyKey(key)
      if (response) {
        const { status, body } = response
        const subjects = findSubjects(body)
        await idempotency.updateOne(
          { _id: key },
          { $set: { response: { status, body }, subjects } },
        )
        if (subjects.length === 0) return
        // Only now, as [Note: Answers during a deletion] says.
        const those = { _id: { $in: subjects } }
        const found = await persons.find(those).toArray()
        const foundFaces = await faces.countDocuments(those)
        if (found.length + foundFaces < subjects.length) await idempotency.deleteOne({ _id: key })
        else
          for (const person of found)
            await retellAnswers(
              context,
              toPerson(person, { hasCover: false, shownFaceId: undefined }),
            )
      } else {
        await idempotency.deleteOne({ _id: key })
      }
    },
  }
}
