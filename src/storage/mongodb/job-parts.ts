import { Binary } from 'mongodb'
import type { JobStore } from '../ports/jobs.ts'
import { assertPart } from '../rules/jobs.ts'
import type { MongoContext } from './context.ts'
import type { JobRecords } from './job-records.ts'

/** The parts of a job's file, as {@link JobStore} says. */
export function createJobParts(
  { tables: { jobParts } }: MongoContext,
  { findLeased }: JobRecords,
): Pick<JobStore, 'putPart' | 'getPart'> {
  return {
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
  }
}

function toPartId(jobId: string, part: number): string {
  return `${jobId}:${part}`
}
