import { Binary } from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import type {
  ClaimedJob,
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

/** Jobs, as {@link JobStore} says. */
export function createJobOperations(
  context: MongoContext,
  cleaner: DeletedCollectionCleaner,
): JobStore {
  const { jobs, jobItems, jobParts, purges } = context.tables

  async function find(id: string, transaction?: Transaction): Promise<JobDocument> {
    const session = transaction && { session: transaction.session }
    const document = isUlid(id) ? await jobs.findOne({ _id: id }, session) : null
    if (!document) throw new FaceError('jobNotFound')
    return document
  }

  async function findLeased(
    { id, attempt }: JobLease,
    { session }: Transaction,
  ): Promise<JobDocument | null> {
    return jobs.findOne({ _id: id, state: 'running', attempts: attempt }, { session })
  }

  /** Writes fields and the next revision. */
  async function change(
    id: string,
    { set, unset = [], leaseMs }: Change,
    { session }: Transaction,
  ): Promise<Job> {
    const fields = Object.fromEntries(
      Object.entries(set).map(([name, value]) => [name, { $literal: value }]),
    )
    const lease = leaseMs === undefined ? {} : { leaseUntil: { $add: ['$$NOW', leaseMs] } }
    const update: object[] = [
      { $set: { ...fields, ...lease, revision: { $add: ['$revision', 1] } } },
      ...(unset.length === 0 ? [] : [{ $unset: [...unset] }]),
    ]
    const changed = await jobs.findOneAndUpdate({ _id: id }, update, {
      session,
      returnDocument: 'after',
    })
    if (!changed) throw new FaceError('jobNotFound')
    return toJob(changed)
  }

  async function addItems(
    { _id: jobId, collectionId }: JobDocument,
    items: readonly NewJobItem[] = [],
    { session }: Transaction,
  ): Promise<void> {
    if (items.length === 0) return
    const documents = items.map(
      ({ rejected, personId, body }): JobItemDocument => ({
        ...{ _id: context.newId(), jobId, rejected, body: JSON.stringify(body) },
        ...(collectionId === undefined ? {} : { collectionId }),
        ...(personId === undefined ? {} : { personId }),
      }),
    )
    await jobItems.insertMany(documents, { session })
  }

  /** Writes that a job comes out of being run, or of waiting. */
  async function leave(
    id: string,
    state: JobState,
    { set = {}, unset = [] }: Partial<Pick<Change, 'set' | 'unset'>>,
    transaction: Transaction,
  ): Promise<Job> {
    const ends = hasEnded({ state })
    const isOver = state === 'done' || state === 'cancelled'
    if (isOver) await jobParts.deleteMany({ jobId: id }, { session: transaction.session })
    return change(
      id,
      {
        set: { state, ...(ends ? { endedAt: context.now() } : {}), ...set },
        unset: [
          ...(['wanted', 'leaseUntil'] as const),
          ...(ends ? [] : (['endedAt'] as const)),
          // Nobody goes on from it; it may be large.
          ...(isOver ? (['checkpoint'] as const) : []),
          ...unset,
        ],
      },
      transaction,
    )
  }

  function toDueFilter(kinds: readonly string[], only?: string): object {
    const lapsed = { state: 'running', $expr: { $lt: ['$leaseUntil', '$$NOW'] } }
    const due = { kind: { $in: [...kinds] }, $or: [{ state: 'queued' }, lapsed] }
    return only === undefined ? due : { ...due, _id: only }
  }

  /** The next job; `again` when it was one to give up, and there may be another. */
  async function claimNext(
    kinds: readonly string[],
    { leaseMs, only }: { readonly leaseMs: number; readonly only?: string },
    transaction: Transaction,
  ): Promise<ClaimedJob | 'again' | undefined> {
    const { session } = transaction
    const found = await jobs.findOne(toDueFilter(kinds, only), { session, sort: { _id: 1 } })
    if (!found) return undefined
    const id = found._id
    const lapses = found.lapses + (found.state === 'running' ? 1 : 0)
    if (lapses > maxLapses) {
      await leave(id, 'failed', { set: { failure: toLapsedFailure() } }, transaction)
      return 'again'
    }
    const attempts = found.attempts + 1
    const startedAt = found.startedAt ?? context.now()
    const set = { state: 'running', attempts, lapses, startedAt } as const
    const job = await change(id, { set, leaseMs }, transaction)
    const lease = { id, attempt: attempts }
    if (found.checkpoint === undefined) return { job, lease }
    return { job, lease, checkpoint: readJson(found.checkpoint) }
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
        const set = { state: 'running', attempts: 1, startedAt: document.createdAt } as const
        return change(document._id, { set, leaseMs }, transaction)
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

    async claim(kinds, options) {
      for (;;) {
        const claimed = await context.transact((transaction) =>
          claimNext(kinds, options, transaction),
        )
        if (claimed !== 'again') return claimed
      }
    },

    save: (lease, { progress, checkpoint, items, leaseMs }) =>
      context.transact(async (transaction) => {
        const found = await findLeased(lease, transaction)
        if (!found) return undefined
        await addItems(found, items, transaction)
        const set = {
          ...(progress === undefined ? {} : { progress: toPlain(progress) }),
          ...(checkpoint === undefined
            ? {}
            : { checkpoint: JSON.stringify(checkpoint), lapses: 0 }),
        }
        return change(found._id, { set, leaseMs }, transaction)
      }),

    putPart(lease, part, bytes) {
      assertPart(part, bytes)
      return context.transact(async (transaction) => {
        const { session } = transaction
        const found = await findLeased(lease, transaction)
        if (!found) return false
        const { _id: jobId, collectionId } = found
        const document = {
          ...{ jobId, bytes: new Binary(bytes) },
          ...(collectionId === undefined ? {} : { collectionId }),
        }
        const options = { session, upsert: true }
        await jobParts.replaceOne({ _id: toPartId(jobId, part) }, document, options)
        return true
      })
    },

    async getPart(id, part) {
      const document = await jobParts.findOne({ _id: toPartId(String(id), part) })
      // A copy, as the bytes are a view into the reply.
      return document ? Uint8Array.from(document.bytes.value()) : undefined
    },

    end: (lease, { items, ...end }) =>
      context.transact(async (transaction) => {
        const found = await findLeased(lease, transaction)
        if (!found) return undefined
        await addItems(found, items, transaction)
        const set = {
          ...(end.state === 'done' ? { result: JSON.stringify(end.result) } : {}),
          ...(end.state === 'failed' ? { failure: toPlain(end.failure) } : {}),
        }
        return leave(found._id, toEndState(toJob(found), end), { set }, transaction)
      }),

    ask: (id, asked) =>
      context.transact(async (transaction) => {
        const job = toJob(await find(id, transaction))
        const asks = toAskedChange(job, asked)
        if (asks === undefined) return job
        if (asks.state === undefined) {
          const { wanted } = asks
          return change(
            id,
            wanted ? { set: { wanted } } : { set: {}, unset: ['wanted'] },
            transaction,
          )
        }
        const fresh = { set: { lapses: 0 }, unset: ['failure'] } as const
        return leave(id, asks.state, asked === 'queued' ? fresh : {}, transaction)
      }),

    async items(id, options = {}) {
      const { after, limit } = parsePageOptions('jobItems', options)
      await find(id)
      const { rejected } = options
      const found = await jobItems
        .find({
          ...{ jobId: id, _id: { $gt: after } },
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
