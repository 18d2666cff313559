import { FaceError } from '../core/errors.ts'
import type { KeepUnknown } from '../core/keep-unknown.ts'
import type { DecisionPolicy, FmrCurve, QualityGates } from '../core/types.ts'
import type { Gallery } from '../gallery/gallery.ts'
import type { ModelRecord } from '../models/manifest-types.ts'
import type { Logger } from '../platform/logger.ts'
import type { Database } from '../storage/database.ts'
import type { Analyzer, DetectorOptions } from '../vision/analyzer/analyzer-types.ts'
import type { AuditSink } from './audit-sink.ts'
import type { StrangerKeeperOptions } from './strangers/keeper.ts'

/** Everything that the use cases work with. They own it: `close` closes analyzer, gallery and store. */
export interface RecognitionDependencies {
  readonly analyzer: Analyzer
  readonly gallery: Gallery
  readonly store: Database
  readonly models: readonly ModelRecord[]
  /** Whether a model's files are there. */
  readonly isInstalled: (modelId: string) => Promise<boolean>
  readonly defaults: RecognitionDefaults
  /** Whether what is deleted can be put back; default true. */
  readonly undoable?: boolean
  /** How strangers are kept. */
  readonly strangers?: Pick<StrangerKeeperOptions, 'background' | 'pollMs' | 'expireMs' | 'logger'>
  /** Where decisions are written down; absent: nowhere. */
  readonly auditSink?: AuditSink | undefined
  /** For what goes wrong behind an answer. */
  readonly logger?: Logger | undefined
}

/** Defaults from the configuration; used where a request or a collection says nothing else. */
export interface RecognitionDefaults {
  readonly detectorId: string
  readonly embedderId: string
  readonly detector: DetectorOptions
  readonly qualityGates: QualityGates
  /** Policy of new collections. */
  readonly policy: DecisionPolicy
  /** What a collection keeps of strangers when it is told to keep something. */
  readonly keepUnknown: KeepUnknown
}

/**
 * The record of an embedder.
 *
 * @throws {FaceError} `unknownModel` naming the known embedders
 */
export function findEmbedder(models: readonly ModelRecord[], modelId: string): ModelRecord {
  const embedders = models.filter((model) => model.task === 'embedder')
  const found = embedders.find((model) => model.id === modelId)
  if (found !== undefined) return found
  const known = embedders.map((model) => model.id)
  throw new FaceError('unknownModel', {
    detail: `${JSON.stringify(modelId)} is not one of the embedders ${known.join(', ')}.`,
    info: { known },
  })
}

/** The curve of a model, `undefined` when it is unknown or was never measured. */
export function findCurve(models: readonly ModelRecord[], modelId: string): FmrCurve | undefined {
  return models.find((model) => model.id === modelId)?.fmrCurve
}
