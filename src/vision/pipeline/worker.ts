import { randomUUID } from 'node:crypto'
import { type Outcome, toOutcomeLater } from '../../platform/workers/outcome.ts'
import { joinRunGate } from '../../platform/workers/run-gate.ts'
import type { Analysis, AnalyzedFace } from '../analyzer/analyzer-types.ts'
import { readSettings, type SharedSettings } from '../analyzer/shared-settings.ts'
import { joinMemoryBudget } from './memory-budget.ts'
import type { CropRequest, Pipeline, PipelineRequest } from './pipeline.ts'
import { createPipeline } from './pipeline.ts'

/**
 * A task as the analyzer sends it. It carries the settings, so that the worker needs nothing that
 * only a thread has.
 */
export interface WorkerTask {
  readonly settings: SharedSettings
  /** Milliseconds since the epoch when the task was handed to the queue. */
  readonly queuedAt: number
  /**
   * Gate that the worker passes before each run of a network; see [Note: Ending while a network
   * runs] in run-gate.ts.
   */
  readonly gate?: SharedArrayBuffer
  /**
   * Where the worker reserves memory for images; see [Note: budget in shared memory] in
   * memory-budget.ts.
   */
  readonly budget?: SharedArrayBuffer
  readonly work:
    | { readonly kind: 'analyze'; readonly image: Uint8Array; readonly request: PipelineRequest }
    | { readonly kind: 'embedCrop'; readonly image: Uint8Array; readonly request: CropRequest }
    | { readonly kind: 'warmUp'; readonly embedder: string }
}

/** What a worker gives for a task: which worker it was, and what it found. */
export type WorkerAnswer =
  | { readonly kind: 'analysis'; readonly workerId: string; readonly analysis: Analysis }
  | { readonly kind: 'face'; readonly workerId: string; readonly face: AnalyzedFace | undefined }
  | { readonly kind: 'warm'; readonly workerId: string }

const workerId = randomUUID()
/** The networks of this worker: the reason why a worker is kept, and the only state of this module. */
let pipeline: Pipeline | undefined

/** Handles one task; the pool calls it with one at a time. */
export function runTask(task: WorkerTask): Promise<Outcome<WorkerAnswer>> {
  return toOutcomeLater(() => perform(task))
}

async function perform({
  settings,
  queuedAt,
  gate,
  budget,
  work,
}: WorkerTask): Promise<WorkerAnswer> {
  const waitedMs = Math.max(0, performance.timeOrigin + performance.now() - queuedAt)
  pipeline ??= createPipeline(readSettings(settings), {
    gate: gate && joinRunGate(gate),
    budget: budget && joinMemoryBudget(budget),
  })
  if (work.kind === 'warmUp') {
    await pipeline.warmUp(work.embedder)
    return { kind: 'warm', workerId }
  }
  if (work.kind === 'embedCrop') {
    return { kind: 'face', workerId, face: await pipeline.embedCrop(work.image, work.request) }
  }
  const analysis = await pipeline.analyze(work.image, work.request)
  const timings = { ...analysis.timings, queueMs: analysis.timings.queueMs + waitedMs }
  return { kind: 'analysis', workerId, analysis: { ...analysis, timings } }
}
