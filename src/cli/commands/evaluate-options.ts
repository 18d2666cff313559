import type { Config } from '../../config/config.ts'
import type { FaceJudge } from '../../core/judge.ts'
import type { FmrCurve } from '../../core/types.ts'
import type { OpenDatasetOptions } from '../../evaluation/dataset.ts'
import type { CliContext } from '../context.ts'
import { toSkippedLine } from '../image-files.ts'

/** People enrolled by `evaluate promise`. */
export const defaultPersons = 100

/** Flags of `evaluate`; which of them there are depends on the protocol. */
export interface EvaluateOptions {
  readonly data: string
  readonly model?: string
  /** The earlier name of `model`. */
  readonly embedder?: string
  readonly images: 'protocol' | 'all'
  readonly cache?: string
  readonly out?: string
  readonly force?: boolean
  readonly plot?: string
  readonly json?: boolean
  readonly save?: boolean
  readonly persons?: number
  readonly draws?: number
  readonly seed?: number
  readonly people?: number
  readonly strangers?: number
  readonly kinds?: readonly string[]
  readonly clean?: readonly string[]
  readonly without?: string
  readonly strangersFrom?: string
  readonly photographs?: number
  readonly singles?: number
  readonly sheet?: string
}

export interface ModelFacts {
  readonly config: Config
  readonly curve: FmrCurve | undefined
  readonly judge: FaceJudge | undefined
}

/** The configuration, and what the manifest knows of a model. */
export async function loadRecord(context: CliContext, modelId: string): Promise<ModelFacts> {
  const { config } = await context.loadConfig()
  const { loadManifest } = await import('../../models/manifest.ts')
  const { models } = await loadManifest({ dataDir: config.dataDir })
  const record = models.find((model) => model.id === modelId)
  return { config, curve: record?.fmrCurve, judge: record?.judge }
}

/** How a folder of labelled photographs is opened: what of it cannot be used is named. */
export function toDatasetOptions(
  { output }: Pick<CliContext, 'output'>,
  cacheDir: string,
): OpenDatasetOptions {
  return {
    cacheDir,
    onSkipped: ({ path, why }) => output.note(toSkippedLine(path, why)),
  }
}
