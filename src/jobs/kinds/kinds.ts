import type { JobKind, JobKinds } from '../job-kind.ts'
import { type BulkEnrollOptions, createBulkEnroll } from './bulk-enroll.ts'
import { indexRebuild, indexVerify } from './index-kinds.ts'

/** All kinds of jobs. */
export function createJobKinds(options: BulkEnrollOptions): JobKinds {
  const kinds: readonly JobKind[] = [
    indexRebuild,
    indexVerify,
    createBulkEnroll(options) as unknown as JobKind,
  ]
  return new Map(kinds.map((kind) => [kind.name, kind]))
}
