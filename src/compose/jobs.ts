import type { Config } from '../config/config.ts'
import { evaluatePhotographs } from '../evaluation/photograph-evaluation.ts'
import type { JobKinds } from '../jobs/job-kind.ts'
import { assertKeptAddress } from '../jobs/kinds/kept-address.ts'
import { createJobKinds } from '../jobs/kinds/kinds.ts'
import { createJobService, type JobService } from '../jobs/service.ts'
import { createModelInstaller } from '../models/install.ts'
import { findParts } from '../models/manifest.ts'
import type { Manifest } from '../models/manifest-types.ts'
import type { Logger } from '../platform/logger.ts'
import type { FaceWatcher } from '../recognition/face-watcher.ts'
import type { Database } from '../storage/database.ts'
import type { Analyzer } from '../vision/analyzer/analyzer-types.ts'
import { openSeedSource, openStoreAt } from './storage.ts'

const dayMs = 24 * 3_600_000

export interface ComposeJobsOptions {
  readonly store: Database
  readonly faceWatcher: FaceWatcher
  readonly analyzer: Analyzer
  readonly manifest: Manifest
  /** Worker threads of the analyzer. */
  readonly workers: number
  /** Of a command, which runs what it makes itself, if anything. */
  readonly shortLived: boolean
  readonly logger?: Logger | undefined
}

/** The jobs of the configured database, with all their kinds. */
export function composeJobs(config: Config, options: ComposeJobsOptions): JobService {
  const { store, faceWatcher, analyzer, manifest, workers, shortLived, logger } = options
  // A server leaves room for its callers; a command need not.
  const concurrency = shortLived ? Math.min(2 * workers, config.analyzer.maxQueue) : workers
  const kinds = createJobKinds({
    ...{ store, faceWatcher, concurrency, storeKind: config.store.kind, policy: config.policy },
    maxImageBytes: config.limits.maxImageBytes,
    openCopySource(input) {
      assertKeptAddress(input)
      return openStoreAt(input.from, config, { mustExist: true })
    },
    evaluatePhotographs: (photographs, input) =>
      evaluatePhotographs(photographs, {
        ...{ analyzer, concurrency, detector: config.detector },
        ...input,
      }),
    async installModel(modelId, { signal, onProgress }) {
      const parts = findParts(manifest, modelId).map(({ id }) => id)
      const installer = createModelInstaller({
        ...{ dataDir: config.dataDir, manifest, signal },
        onProgress: ({ model, fraction }) =>
          onProgress((parts.indexOf(model) + fraction) / parts.length),
      })
      await installer.install([modelId])
    },
    openSeedSource(input) {
      assertKeptAddress(input)
      const { from: url, database, collection } = input
      return openSeedSource({ url, database, collection, timeoutMs: config.store.timeoutMs })
    },
  })
  return createJobService({
    ...{ store, kinds, logger, concurrency: shortLived ? 0 : config.jobs.concurrency },
    keepMs: config.jobs.keepDays * dayMs,
  })
}

/**
 * The jobs of a database for a command that runs some kinds itself and needs neither models nor an
 * index.
 */
export function composeOwnJobs(store: Database, kinds: JobKinds): JobService {
  return createJobService({ store, kinds, concurrency: 0, keepMs: Number.POSITIVE_INFINITY })
}
