import { FaceError } from '../../core/errors.ts'
import type { Job, JobState, JobStore } from '../ports/jobs.ts'
import {
  assertNewJob,
  hasEnded,
  isOver,
  maxLapses,
  toAskedChange,
  toEndState,
  toLapsedFailure,
} from '../rules/jobs.ts'
import { parsePageOptions, toMeasuredPage } from '../rules/pages.ts'
import { findCollection, type MongoContext } from './context.ts'
import type { DeletedCollectionCleaner } from './deleted-collections.ts'
import { toPlain } from './documents.ts'
import { createJobItems } from './job-items.ts'
import { createJobParts } from './job-parts.ts'
import { createJobRecords, type JobChange, readJson, toJob } from './job-records.ts'
import type { JobDocument } from './tables.ts'

/** Jobs, as {@link JobStore} says; see [Note: Jobs without transactions] in job-records.ts. */
export function createJobOperations(
  context: MongoContext,
  cleaner: DeletedCollectionCleaner,
): JobStore {
  const { jobs, purges } = context.tables
  const records = createJobRecords(context)
  const { find, findLeased, change, rewrite } = records
  const { add: addItems, items } = createJobItems(context, records)

  /** How a job comes out of being run, or of waiting. */
  function toLeft(
    state: JobState,
    { set = {}, unset = [] }: Partial<Pick<JobChange, 'set' | 'unset'>> = {},
  ): JobChange {
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

    items,
    ...createJobParts(context, records),

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
      const toChange = (found: JobDocument): JobChange | undefined => {
        const asks = toAskedChange(toJob(found), asked)
        if (asks === undefined) return undefined
        if (asks.state === undefined) {
          const { wanted } = asks
          return wanted ? { set: { wanted } } : { set: {}, unset: ['wanted'] }
        }
        const fresh = { set: { lapses: 0 }, unset: ['failure'] } as const
        return toLeft(asks.state, asked === 'queued' ? fresh : {})
      }
      // In a transaction, unlike what a job writes on its way, for the entry in the audit log.
      return context.transact(async (transaction) => {
        const found = await find(id, transaction)
        const wanted = toChange(found)
        const changed = wanted && (await change(found, wanted, transaction))
        return toJob(changed ?? found)
      })
    },

    async remove(id) {
      await context.transact(async (transaction) => {
        const { session } = transaction
        const { state } = await find(id, transaction)
        if (!hasEnded({ state })) throw new FaceError('jobConflict', { detail: `It is ${state}.` })
        await jobs.deleteOne({ _id: id }, { session })
        await purges.insertOne({ _id: id, rounds: 0 }, { session })
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
          ids.map((_id) => ({ _id, rounds: 0 })),
          { session },
        )
        return ids.length
      })
      if (count > 0) cleaner.wake()
      return count
    },
  }
}
