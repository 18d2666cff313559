import { FaceError } from '../../core/errors.ts'
import type { Job, JobLease, JsonObject } from '../ports/jobs.ts'
import { hasEnded } from '../rules/jobs.ts'
import { isUlid } from '../rules/pages.ts'
import type { MongoContext } from './context.ts'
import type { JobDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

// [Note: Jobs without transactions]
// A process that is killed within a transaction keeps what it wrote locked until the server ends the
// transaction, after a minute. A job would wait as long for another node, so its document is changed
// alone, from one revision to the next. Items are written before, with the attempt and a number of their
// own; they count when the job's `rounds` say so, in the same change as the checkpoint.

export type JobFields = Partial<Omit<JobDocument, '_id' | 'revision' | 'leaseUntil'>>

/** What a write changes; `unset` names fields that go. A lease is given by the server's clock. */
export interface JobChange {
  readonly set: JobFields
  readonly unset?: readonly (keyof JobDocument)[]
  readonly leaseMs?: number
}

/** Reads and changes the documents of jobs; see [Note: Jobs without transactions]. */
export interface JobRecords {
  /** @throws {FaceError} `jobNotFound` */
  find(id: string, transaction?: Transaction): Promise<JobDocument>
  /** `null` when the lease is over. */
  findLeased(lease: JobLease): Promise<JobDocument | null>
  /** Writes fields and the next revision; `null` when the job has changed since it was read. */
  change(
    job: JobDocument,
    change: JobChange,
    transaction?: Transaction,
  ): Promise<JobDocument | null>
  /** Changes a job, which is read again while others are faster; it stays as it is without a change. */
  rewrite(
    first: JobDocument,
    read: () => Promise<JobDocument | null>,
    toChange: (found: JobDocument) => JobChange | undefined,
  ): Promise<Job | undefined>
}

export function createJobRecords(context: MongoContext): JobRecords {
  const { jobs, jobParts } = context.tables

  async function find(id: string, transaction?: Transaction): Promise<JobDocument> {
    const session = transaction && { session: transaction.session }
    const document = isUlid(id) ? await jobs.findOne({ _id: id }, session) : null
    if (!document) throw new FaceError('jobNotFound')
    return document
  }

  const findLeased = ({ id, attempt }: JobLease): Promise<JobDocument | null> =>
    jobs.findOne({ _id: id, state: 'running', attempts: attempt })

  async function change(
    { _id, revision }: JobDocument,
    { set, unset = [], leaseMs }: JobChange,
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
      await jobParts.deleteMany({ jobId: _id }, transaction && { session: transaction.session })
    }
    return changed
  }

  async function rewrite(
    first: JobDocument,
    read: () => Promise<JobDocument | null>,
    toChange: (found: JobDocument) => JobChange | undefined,
  ): Promise<Job | undefined> {
    for (let found: JobDocument | null = first; found; found = await read()) {
      const wanted = toChange(found)
      if (wanted === undefined) return toJob(found)
      const changed = await change(found, wanted)
      if (changed) return toJob(changed)
    }
    return undefined
  }

  return { find, findLeased, change, rewrite }
}

export function toJob({
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

/** @throws {FaceError} `storeCorrupt` */
export function readJson(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject
  } catch (cause) {
    throw new FaceError('storeCorrupt', { detail: 'A job is not JSON.', cause })
  }
}
