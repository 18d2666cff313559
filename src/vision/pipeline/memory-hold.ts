import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FaceError } from '../../core/errors.ts'
import type { ResolvedDetectorOptions } from './detectors/detector.ts'
import type { ImageHeader } from './image-header.ts'
import { describeWhatFits, estimateImageMemory } from './image-memory.ts'
import type { MemoryBudget } from './memory-budget.ts'

/**
 * Images that take less are not counted: a worker's own memory covers them, and they do not wait
 * behind large ones. It is a photograph of about a megapixel.
 */
const uncountedBytes = 48_000_000
/**
 * From so many bytes on, what an image leaves is worth a garbage collection, which takes some ten
 * milliseconds.
 */
const collectedBytes = 100_000_000
/** An image that waits holds its worker; a client has better things to do than to wait for longer. */
const waitMs = 120_000
const retryAfterSeconds = 30

/** The memory of one image, see [Note: memory of images] in pipeline.ts. */
export interface MemoryHold {
  /** @throws {FaceError} `imageTooLarge` when it does not fit alone, `overloaded` when the memory did not become free */
  reserve(header: ImageHeader, options: ResolvedDetectorOptions): Promise<void>
  release(): Promise<void>
}

export function createHold(budget: MemoryBudget | undefined): MemoryHold {
  let held = 0
  return {
    async reserve(header, options) {
      const bytes = estimateImageMemory(header, options)
      if (budget === undefined || bytes <= uncountedBytes) return
      if (bytes > budget.limitBytes) {
        throw new FaceError('imageTooLarge', describeWhatFits(header, options, budget.limitBytes))
      }
      if (!(await budget.reserve(bytes, waitMs))) {
        const detail = 'The memory for images was in use for too long.'
        throw new FaceError('overloaded', { detail, info: { retryAfterSeconds } })
      }
      held = bytes
    },
    async release() {
      if (held > collectedBytes) await collectGarbage()
      if (held > 0) budget?.release()
      held = 0
    },
  }
}

let collect: (() => void) | undefined

/** Buffers of the native libraries are given back in a turn of their own, after the collection. */
async function collectGarbage(): Promise<void> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  for (let turn = 0; turn < 2; turn++) {
    collect()
    await nextTurn()
  }
}
