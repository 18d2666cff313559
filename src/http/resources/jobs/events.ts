import type { Job } from '../../../storage/ports/jobs.ts'

/** How long a browser waits before it connects again, milliseconds. */
const reconnectMs = 2000
/** A proxy takes a connection on which nothing comes for dead. */
const heartbeatMs = 15_000

/**
 * Server-sent events of a job: one a change, whose id is the job's revision.
 *
 * @source WHATWG HTML, section 9.2, "Server-sent events"
 */
export async function* toJobEvents(jobs: AsyncGenerator<Job, void>): AsyncGenerator<string, void> {
  yield `retry: ${reconnectMs}\n\n`
  let next = jobs.next()
  for (;;) {
    const result = await orSilence(next)
    if (result === undefined) {
      yield ': nothing new\n\n'
      continue
    }
    if (result.done) return
    const { revision } = result.value
    yield `id: ${revision}\nevent: job\ndata: ${JSON.stringify(result.value)}\n\n`
    next = jobs.next()
  }
}

/** @returns `undefined` when nothing came for a while */
async function orSilence<T>(promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), heartbeatMs)
  })
  return Promise.race([promise, silence]).finally(() => clearTimeout(timer))
}
