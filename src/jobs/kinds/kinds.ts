import type { JobKind, JobKinds } from '../job-kind.ts'
import { indexRebuild, indexVerify } from './index-kinds.ts'

/** All kinds of jobs. */
export function createJobKinds(): JobKinds {
  const kinds: readonly JobKind[] = [indexRebuild, indexVerify]
  return new Map(kinds.map((kind) => [kind.name, kind]))
}
