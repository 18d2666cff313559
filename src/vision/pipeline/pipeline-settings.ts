import type { ModelRecord } from '../../models/manifest-types.ts'
import type { ImageLimits } from './image-limits.ts'

/** The part of a model's record that the pipeline needs. */
export type PipelineModel = Pick<
  ModelRecord,
  'id' | 'files' | 'dimension' | 'input' | 'parts' | 'judge'
>

export interface PipelineSettings {
  /** Holds one folder a model, named by its id. */
  readonly modelsDir: string
  readonly models: readonly PipelineModel[]
  readonly limits: ImageLimits
  /** Threads that share one run of a network, >= 1. Default: 1. */
  readonly threads?: number
}
