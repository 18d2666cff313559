import { FaceError } from '../../core/errors.ts'
import { settleWithin } from '../../platform/workers/calls.ts'
import { type Outcome, readOutcome } from '../../platform/workers/outcome.ts'
import { createThreadPool, endThreadPool } from '../../platform/workers/thread-pool.ts'
import { workerUrl } from '../../platform/workers/url.ts'
import type { ClusterOperation, ClusterOperations, ClusterTask } from './cluster-table.ts'

/** The thread in which sightings are compared with strangers. */
export interface ClusterThread {
  /** @throws {FaceError} `workerFailed` also when the thread has lost the strangers of this key */
  call<O extends ClusterOperation>(
    operation: O,
    task: { readonly key: string } & ClusterOperations[O]['task'],
  ): Promise<ClusterOperations[O]['result']>
  close(): Promise<void>
}

/** A part of sightings, or of stored strangers, takes a second at most; this is for one that is stuck. */
const callTimeoutMs = 120_000

/** Creates the thread, which starts with the first call: most processes never need it. */
export function createClusterThread(): ClusterThread {
  let pool: ReturnType<typeof open> | undefined

  function open() {
    return createThreadPool<ClusterTask, Outcome<unknown>>({
      file: workerUrl(import.meta.url, './cluster-worker.js'),
      name: 'run',
      minThreads: 1,
      maxThreads: 1,
      // What it knows would be lost with it.
      idleTimeout: Number.POSITIVE_INFINITY,
      recordTiming: false,
    })
  }

  return {
    async call(operation, task) {
      pool ??= open()
      const late = () => new FaceError('workerFailed', { detail: 'It did not answer in time.' })
      const answer = pool
        .run({ operation, ...task } as unknown as ClusterTask)
        .catch((cause: unknown) => {
          throw new FaceError('workerFailed', { detail: 'The thread of strangers ended.', cause })
        })
      return readOutcome(await settleWithin(answer, callTimeoutMs, late)) as never
    },
    async close() {
      if (pool === undefined) return
      await endThreadPool(pool, () => new FaceError('workerFailed'))
    },
  }
}
