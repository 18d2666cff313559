import type { MemoryBudgetKeeper } from '../pipeline/memory-budget.ts'
import type { PipelineSettings } from '../pipeline/pipeline-settings.ts'
import { type SharedSettings, shareSettings } from './shared-settings.ts'
import type { WorkerPool } from './worker-pool.ts'
import { createWorkerPool } from './worker-pool.ts'

/** A worker whose networks run on several cores. */
export interface MultiThreadedWorker {
  /** Settings that its tasks carry. */
  readonly settings: SharedSettings
  readonly pool: WorkerPool
  /**
   * Whether it would work on an image at once. When it has not started yet, or has ended because
   * there was no work, the answer is no, and it gets ready for the next image.
   */
  isReady(embedder: string): boolean
}

export interface MultiThreadedOptions {
  /** How many workers the analyzer has: the cores it may use. */
  readonly workers: number
  /** Memory that all images of the analyzer share. */
  readonly budget: MemoryBudgetKeeper
  /** How long an image may take. */
  readonly taskTimeoutMs: number
}

/** Beyond this, the layers of these networks are too small to share. */
const maxThreads = 4
/**
 * Its networks take 70 MB, most of which are given back when nobody asks for single images any more.
 * Starting again takes cores for 0.3 s, and leaves no memory behind.
 */
const keepMs = 15_000

/**
 * Serves an image that comes alone with the cores that would otherwise be idle.
 *
 * [Note: Multi-threaded worker] The threads of a network wait for each other at every layer, several hundred
 * times an image, and a sleeping thread takes longer to wake up than most layers take. So they spin,
 * which pays for one image on an idle machine and costs where all cores have work: these networks
 * are a set of their own, used while no other worker runs. docs/decisions/0007-one-image-many-cores.md
 *
 * @returns `undefined` where there is only one worker
 */
export function createMultiThreadedWorker(
  file: URL,
  base: PipelineSettings,
  { workers, budget, taskTimeoutMs }: MultiThreadedOptions,
): MultiThreadedWorker | undefined {
  const threads = Math.min(workers, maxThreads)
  if (threads === 1) return undefined
  const settings = shareSettings({ ...base, threads })
  const pool = createWorkerPool({ file, workers: 1, maxQueue: 1, keepMs, budget, taskTimeoutMs })
  let isWarm = false
  return {
    settings,
    pool,
    isReady(embedder) {
      const { workers: started, running } = pool.stats()
      if (running > 0) return false
      if (isWarm && started > 0) return true
      isWarm = false
      pool.post({ settings, queuedAt: 0, work: { kind: 'warmUp', embedder } }).then(
        () => {
          isWarm = true
        },
        // The other workers answer for what is wrong with the networks.
        () => {},
      )
      return false
    },
  }
}
