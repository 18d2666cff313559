import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { FaceError } from '../../core/errors.ts'
import { disableRuntimeTelemetry } from '../../platform/telemetry.ts'
import { createRunGateKeeper } from '../../platform/workers/run-gate.ts'
import { workerUrl } from '../../platform/workers/url.ts'
import type { PairWorkerData, PairWorkerMessage, PairWorkerTask } from './worker.ts'

/** Vectors whose pairs are looked for, and whose they are. */
export interface OwnedVectors {
  /** n x dimension, row-major, unit rows; handed over */
  readonly vectors: Float32Array<ArrayBuffer>
  /** n numbers, handed over; below 0 for vectors that do not count */
  readonly owners: Int32Array<ArrayBuffer>
}

export interface NearPairsOptions {
  readonly dimension: number
  /** Cosine from which a pair is near. */
  readonly least: number
  /** Candidates after which the search gives up: hardly anything tells these vectors apart. */
  readonly maxCandidates: number
  /** Of all pairs the share that was compared. */
  readonly onProgress?: ((share: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** For a run of a network to end before its thread is ended. */
const runTimeoutMs = 10_000

/**
 * Looks for pairs of near vectors of different owners among very many: in a thread of its own, on half
 * of the cores, with rows of its own, so that no search of an index waits for it. Each pair is looked
 * at once, by bounds; see [Note: Bounds of similarities] in bounds.ts.
 *
 * @returns numbers of rows in the order in which they came, two a pair: all near ones, and some that
 *   nearly are; `undefined` when there were too many
 * @throws {FaceError} `workerFailed` when the thread dies; the signal's reason
 */
export async function findNearPairs(
  batches: AsyncIterable<OwnedVectors>,
  { dimension, least, maxCandidates, onProgress, signal }: NearPairsOptions,
): Promise<Uint32Array | undefined> {
  disableRuntimeTelemetry()
  const gate = createRunGateKeeper()
  const onExit = () => gate.closeSync(runTimeoutMs)
  process.on('exit', onExit)
  const threads = Math.max(1, Math.floor(availableParallelism() / 2))
  const workerData: PairWorkerData = { dimension, least, threads, gate: gate.shared }
  const worker = new Worker(workerUrl(import.meta.url, './worker.js'), { workerData })
  const thread = createThread(worker, signal)
  try {
    for await (const { vectors, owners } of batches) {
      const taken = thread.next('taken')
      thread.send({ vectors, owners }, [vectors.buffer, owners.buffer])
      await taken
    }
    const found: Uint32Array[] = []
    let candidates = 0
    const done = thread.next('done', (message) => {
      if (message.kind === 'progress') onProgress?.(message.share)
      if (message.kind !== 'found') return true
      found.push(message.pairs)
      candidates += message.pairs.length / 2
      return candidates <= maxCandidates
    })
    thread.send('compare')
    return (await done) ? concatenate(found) : undefined
  } finally {
    await gate.close(runTimeoutMs)
    process.off('exit', onExit)
    await worker.terminate()
  }
}

/** Talks with a thread, which may die, for a caller who may not want to wait any more. */
function createThread(worker: Worker, signal: AbortSignal | undefined) {
  let fail: (error: Error) => void = () => {}
  let failure: Error | undefined
  let hear: (message: PairWorkerMessage) => void = () => {}
  const end = (error: Error): void => {
    failure ??= error
    fail(failure)
  }
  const onAbort = () => end(signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  worker.on('message', (message: PairWorkerMessage) => hear(message))
  worker.on('error', (cause) => end(new FaceError('workerFailed', { cause })))
  worker.on('exit', () => {
    signal?.removeEventListener('abort', onAbort)
    end(new FaceError('workerFailed', { detail: 'The thread that compares faces ended.' }))
  })
  return {
    send(task: PairWorkerTask, transferList: ArrayBuffer[] = []): void {
      worker.postMessage(task, transferList)
    },
    /**
     * Waits for a message of this kind.
     *
     * @param listener  is told of the others, and answers whether to wait on
     * @returns whether it came
     */
    next(
      kind: PairWorkerMessage['kind'],
      listener: (message: PairWorkerMessage) => boolean = () => true,
    ): Promise<boolean> {
      return new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure)
        fail = reject
        hear = (message) => {
          if (message.kind === kind) resolve(true)
          else if (!listener(message)) resolve(false)
        }
      })
    },
  }
}

function concatenate(parts: readonly Uint32Array[]): Uint32Array {
  const out = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
