import type { JobItem, JobStore, NewJobItem } from '../ports/jobs.ts'
import { parsePageOptions, toPage } from '../rules/pages.ts'
import type { MongoContext } from './context.ts'
import { type JobFields, type JobRecords, readJson } from './job-records.ts'
import type { JobDocument, JobItemDocument } from './tables.ts'

/** What jobs did to each of what they work on; see [Note: Jobs without transactions] in job-records.ts. */
export interface JobItems extends Pick<JobStore, 'items'> {
  /** Writes items, which count when the job says so. @returns what it has to say */
  add(job: JobDocument, items?: readonly NewJobItem[]): Promise<Pick<JobFields, 'rounds'>>
}

export function createJobItems(context: MongoContext, { find }: JobRecords): JobItems {
  const { jobItems, persons } = context.tables

  return {
    async add(
      { _id: jobId, collectionId, attempts, rounds = {} }: JobDocument,
      items: readonly NewJobItem[] = [],
    ) {
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
            ...{
              _id: context.newId(),
              jobId,
              attempt,
              round,
              rejected,
              body: JSON.stringify(body),
            },
            ...(collectionId === undefined ? {} : { collectionId }),
            ...(personId === undefined ? {} : { personId }),
          }),
        )
      if (documents.length > 0) await jobItems.insertMany(documents)
      return { rounds: { ...rounds, [attempt]: round } }
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
  }
}

function toItem({ _id: id, rejected, personId, body }: JobItemDocument): JobItem {
  return { id, rejected, ...(personId === undefined ? {} : { personId }), body: readJson(body) }
}

function toRoundKey(attempt: number): string {
  return `a${attempt}`
}
