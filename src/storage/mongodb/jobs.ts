import { Binary } from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import type {
  Job,
  JobItem,
  JobLease,
  JobState,
  JobStore,
  JsonObject,
  NewJobItem,
} from '../ports/jobs.ts'
import {
  assertNewJob,
  assertPart,
  hasEnded,
  isOver,
  maxLapses,
  toAskedChange,
  toEndState,
  toLapsedFailure,
} from '../rules/jobs.ts'
import { isUlid, parsePageOptions, toMeasuredPage, toPage } from '../rules/pages.ts'
import { findCollection, type MongoContext } from './context.ts'
import type { DeletedCollectionCleaner } from './deleted-collections.ts'
import { toPlain } from './documents.ts'
import type { JobDocument, JobItemDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

type Fields = Partial<Omit<JobDocument, '_id' | 'revision' | 'leaseUntil'>>

/** What a write changes; `unset` names fields that go. A lease is given by the server's clock. */
interface Change {
  readonly set: Fields
  readonly unset?: readonly (keyof JobDocument)[]
  readonly leaseMs?: number
}

/**
 * Jobs, as {@link JobStore} says.
 *
 * [Note: Jobs without transactions]
 * A process that is killed within a transaction keeps what it wrote locked until the server ends the
 * transaction, after a minute. A job would wait as long for another node, so its document is changed
 * alone, from one revision to the next. Items are written before, with the attempt and a number of their
 * own; they count when the job's `rounds` say so, in the same change as the checkpoint.
 */
export function createJobOperations(
  context: MongoContext,
  cleaner: DeletedCollectionCleaner,
): JobStore {
  const { jobs, jobItems, jobParts, persons, purges } = context.tables

  async function find(id: string, transaction?: Transaction): Promise<JobDocument> {
    const session = transaction && { session: transaction.session }
    const document = isUlid(id) ? await jobs.findOne({ _id: id }, session) : null
    if (!document) throw new FaceError('jobNotFound')
    return document
  }

  const findLeased = ({ id, attempt }: JobLease): Promise<JobDocument | null> =>
    jobs.findOne({ _id: id, state: 'running', attempts: attempt })

  /** Writes fields and the next revision; `null` when the job has changed since it was read. */
  async function change(
    { _id, revision }: JobDocument,
    { set, unset = [], leaseMs }: Change,
    transaction?: Transaction,
  ): Promise<JobDocument | null> {
    const fields = Object.fromEntries(
      Object.entries(set).map(([name, value]) => [name, { $literal: value }]),
    )
    const lease = leaseMs === undefined ? {} : { leaseUntil: { $add: ['$$NOW', leaseMs] } }
    const update: object[] = [
      { $set: { ...fields, ...lease, revision: revision + 1 } },
      ...(unset.length === 0 ? [] : [{ $unset: [...unset] }]),
    ]
    const changed = await jobs.findOneAndUpdate({ _id, revision }, update, {
      ...(transaction && { session: transaction.session }),
      returnDocument: 'after',
    })
    // When it is over, or can no longer go on.
    if (changed && hasEnded(changed) && changed.checkpoint === undefined) {
      await jobParts.deleteMany({ jobId: _id })
    }
    return changed
  }

  /** Changes a job, which is read again while others are faster; it stays as it is without a change. */
  async function rewrite(
    first: JobDocument,
    read: () => Promise<JobDocument | null>,
    toChange: (found: JobDocument) => Change | undefined,
  ): Promise<Job | undefined> {
    for (let found: JobDocument | null = first; found; found = await read()) {
      const wanted = toChange(found)
      if (wanted === undefined) return toJob(found)
      const changed = await change(found, wanted)
      if (changed) return toJob(changed)
    }
    return undefined
  }

  /** Writes items, which count when the job says so. @returns what it has to say */
  async function addItems(
    { _id: jobId, collectionId, attempts, rounds = {} }: JobDocument,
    items: readonly NewJobItem[] = [],
  ): Promise<Pick<Fields, 'rounds'>> {
    if (items.length === 0) return {}
    const attempt = toRoundKey(attempts)
    const round = (rounds[attempt] ?? 0) + 1
    const about = new Set(items.flatMap(({ personId }) => personId ?? []))
    const there = await persons
      .find({ _id: { $in: [...about] } }, { projection: { _id: 1 } })
      .toArray()
    const known = new Set(there.map(({ _id }) => _id))
    const documents = items
      .filter(({ personId }) => personId === undefined || known.has(personId))
      .map(
        ({ rejected, personId, body }): JobItemDocument => ({
          ...{ _id: context.newId(), jobId, attempt, round, rejected, body: JSON.stringify(body) },
          ...(collectionId === undefined ? {} : { collectionId }),
          ...(personId === undefined ? {} : { personId }),
        }),
      )
    if (documents.length > 0) await jobItems.insertMany(documents)
    return { rounds: { ...rounds, [attempt]: round } }
  }

  /** How a job comes out of being run, or of waiting. */
  function toLeft(
    state: JobState,
    { set = {}, unset = [] }: Partial<Pick<Change, 'set' | 'unset'>> = {},
  ): Change {
    const ends = hasEnded({ state })
    return {
      set: { state, ...(ends ? { endedAt: context.now() } : {}), ...set },
      unset: [
        ...(['wanted', 'leaseUntil'] as const),
        ...(ends ? [] : (['endedAt'] as const)),
        // Nobody goes on from it; it may be large.
        ...(isOver(state) ? (['checkpoint'] as const) : []),
        ...unset,
      ],
    }
  }

  function toDueFilter(kinds: readonly string[]): object {
    const lapsed = { state: 'running', $expr: { $lt: ['$leaseUntil', '$$NOW'] } }
    return { kind: { $in: [...kinds] }, $or: [{ state: 'queued' }, lapsed] }
  }

  return {
    async create(given, { leaseMs } = {}) {
      assertNewJob(given)
      const { kind, collectionId, input } = given
      const document: JobDocument = {
        ...{ _id: context.newId(), kind, input: JSON.stringify(input), state: 'queued' },
        ...(collectionId === undefined ? {} : { collectionId }),
        ...{ attempts: 0, lapses: 0, createdAt: context.now(), createdBy: context.caller.actor },
        revision: 1,
      }
      return context.transact(async (transaction) => {
        if (collectionId !== undefined) await findCollection(context, collectionId, transaction)
        await jobs.insertOne(document, { session: transaction.session })
        if (leaseMs === undefined) return toJob(document)
        // In the transaction, so that no runner ever sees it waiting.
        const set = { state: 'running', attempts: 1, startedAt: document.createdAt } as const
        const started = await change(document, { set, leaseMs }, transaction)
        return toJob(started ?? document)
      })
    },

    get: async (id) => toJob(await find(id)),

    async list(options = {}) {
      const { after, limit } = parsePageOptions('jobs', options)
      const { state, kind, collectionIds } = options
      const found = await jobs
        .find({
          ...(after === '' ? {} : { _id: { $lt: after } }),
          ...(state === undefined ? {} : { state }),
          ...(kind === undefined ? {} : { kind }),
          ...(collectionIds === undefined ? {} : { collectionId: { $in: [...collectionIds] } }),
        })
        .sort({ _id: -1 })
        .limit(limit + 1)
        .toArray()
      const lengthOf = (job: Job) => JSON.stringify(job).length
      return toMeasuredPage('jobs', found.map(toJob), { limit, lengthOf })
    },

    async isDue(kinds) {
      return (await jobs.findOne(toDueFilter(kinds), { projection: { _id: 1 } })) !== null
    },

    async claim(kinds, { leaseMs }) {
      for (;;) {
        const found = await jobs.findOne(toDueFilter(kinds), { sort: { _id: 1 } })
        if (!found) return undefined
        const lapses = found.lapses + (found.state === 'running' ? 1 : 0)
        if (lapses > maxLapses) {
          await change(found, toLeft('failed', { set: { failure: toLapsedFailure() } }))
          continue
        }
        const attempts = found.attempts + 1
        const startedAt = found.startedAt ?? context.now()
        const set = { state: 'running', attempts, lapses, startedAt } as const
        const claimed = await change(found, { set, leaseMs })
        // Another node was faster; there may be more.
        if (!claimed) continue
        const lease = { id: found._id, attempt: attempts }
        const { checkpoint } = found
        const rest = checkpoint === undefined ? {} : { checkpoint: readJson(checkpoint) }
        return { job: toJob(claimed), lease, ...rest }
      }
    },

    async save(lease, { progress, checkpoint, items, leaseMs }) {
      const first = await findLeased(lease)
      if (!first) return undefined
      const set = {
        ...(await addItems(first, items)),
        ...(progress === undefined ? {} : { progress: toPlain(progress) }),
        ...(checkpoint === undefined ? {} : { checkpoint: JSON.stringify(checkpoint), lapses: 0 }),
      }
      return rewrite(
        first,
        () => findLeased(lease),
        () => ({ set, leaseMs }),
      )
    },

    async putPart(lease, part, bytes) {
      assertPart(part, bytes)
      const found = await findLeased(lease)
      if (!found) return false
      const { _id: jobId, collectionId } = found
      const document = {
        ...{ jobId, bytes: new Binary(bytes) },
        ...(collectionId === undefined ? {} : { collectionId }),
      }
      await jobParts.replaceOne({ _id: toPartId(jobId, part) }, document, { upsert: true })
      return true
    },

    async getPart(id, part) {
      const document = await jobParts.findOne({ _id: toPartId(String(id), part) })
      // A copy, as the bytes are a view into the reply.
      return document ? Uint8Array.from(document.bytes.value()) : undefined
    },

    async end(lease, { items, ...end }) {
      const first = await findLeased(lease)
      if (!first) return undefined
      const set = {
        ...(await addItems(first, items)),
        ...(end.state === 'done' ? { result: JSON.stringify(end.result) } : {}),
        ...(end.state === 'failed' ? { failure: toPlain(end.failure) } : {}),
      }
      return rewrite(
        first,
        () => findLeased(lease),
        (found) => toLeft(toEndState(toJob(found), end), { set }),
      )
    },

    async ask(id, asked) {
      const job = await rewrite(
        await find(id),
        () => find(id),
        (found) => {
          const asks = toAskedChange(toJob(found), asked)
          if (asks === undefined) return undefined
          if (asks.state === undefined) {
            const { wanted } = asks
            return wanted ? { set: { wanted } } : { set: {}, unset: ['wanted'] }
          }
          const fresh = { set: { lapses: 0 }, unset: ['failure'] } as const
          return toLeft(asks.state, asked === 'queued' ? fresh : {})
        },
      )
      if (job === undefined) throw new FaceError('jobNotFound')
      return job
    },

    async items(id, options = {}) {
      const { after, limit } = parsePageOptions('jobItems', options)
      const { rounds = {} } = await find(id)
      const counted = Object.entries(rounds).map(([attempt, round]) => ({
        ...{ attempt, round: { $lte: round } },
      }))
      if (counted.length === 0) return { items: [] }
      const { rejected } = options
      const found = await jobItems
        .find({
          ...{ jobId: id, _id: { $gt: after }, $or: counted },
          ...(rejected === undefined ? {} : { rejected }),
        })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray()
      return toPage('jobItems', found.map(toItem), limit)
    },

    async remove(id) {
      await context.transact(async (transaction) => {
        const { session } = transaction
        const { state } = await find(id, transaction)
        if (!hasEnded({ state })) throw new FaceError('jobConflict', { detail: `It is ${state}.` })
        await jobs.deleteOne({ _id: id }, { session })
        await purges.insertOne({ _id: id, batches: 0 }, { session })
      })
      cleaner.wake()
    },

    async expire(endedBefore, limit) {
      const count = await context.transact(async ({ session }) => {
        const found = await jobs
          .find({ endedAt: { $lt: endedBefore } }, { session, projection: { _id: 1 } })
          .sort({ endedAt: 1 })
          .limit(limit)
          .toArray()
        const ids = found.map(({ _id }) => _id)
        if (ids.length === 0) return 0
        await jobs.deleteMany({ _id: { $in: ids } }, { session })
        await purges.insertMany(
          ids.map((_id) => ({ _id, batches: 0 })),
          { session },
        )
        return ids.length
      })
      if (count > 0) cleaner.wake()
      return count
    },
  }
}

function toJob({
  _id: id,
  input,
  result,
  checkpoint,
  lapses,
  leaseUntil,
  rounds,
  ...rest
}: JobDocument): Job {
  return {
    id,
    ...rest,
    input: readJson(input),
    ...(result === undefined ? {} : { result: readJson(result) }),
  }
}

function toItem({ _id: id, rejected, personId, body }: JobItemDocument): JobItem {
  return { id, rejected, ...(personId === undefined ? {} : { personId }), body: readJson(body) }
}

function toRoundKey(attempt: number): string {
  return `a${attempt}`
}

function toPartId(jobId: string, part: number): string {
  return `${jobId}:${part}`
}

/** @throws {FaceError} `storeCorrupt` */
function readJson(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject
  } catch (cause) {
    throw new FaceError('storeCorrupt', { detail: 'A job is not JSON.', cause })
  }
}
