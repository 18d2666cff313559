import { type Outcome, toOutcome } from '../../platform/workers/outcome.ts'
import { type ClusterTask, createClusterTables } from './cluster-table.ts'

const tables = createClusterTables()

/** Runs one task; the state is this thread's strangers. */
export const run = (task: ClusterTask): Outcome<unknown> => toOutcome(() => tables(task))
