import type { JobKind } from '../jobs/job-kind.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Database } from '../storage/database.ts'
import { commandLineActor } from './actor.ts'

/**
 * The jobs of a database for a command that runs one kind itself, while `use` runs. They need neither
 * models nor an index.
 */
export async function withOwnJobs<T>(
  store: Database,
  // biome-ignore lint/suspicious/noExplicitAny: the input is the command's to give
  kind: JobKind<any>,
  use: (jobs: Jobs) => Promise<T>,
): Promise<T> {
  const [{ composeOwnJobs }, { toJobKinds }] = await Promise.all([
    import('../compose/jobs.ts'),
    import('../jobs/kinds/kinds.ts'),
  ])
  const service = composeOwnJobs(store, toJobKinds(kind))
  try {
    return await use(service.jobs.as({ actor: commandLineActor() }))
  } finally {
    await service.close()
  }
}

/** Closes a database that was opened for a command. */
export async function withStore<T>(
  opening: Promise<Database>,
  use: (store: Database) => Promise<T>,
): Promise<T> {
  const store = await opening
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}
