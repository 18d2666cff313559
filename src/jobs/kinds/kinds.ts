import type { JobKind, JobKinds } from '../job-kind.ts'
import { type BulkEnrollOptions, createBulkEnroll } from './bulk-enroll.ts'
import { createEvaluation } from './evaluation.ts'
import { createGalleryReport, createMergeSuggestions } from './examination-kinds.ts'
import { createIndexRebuild, createIndexVerify } from './index-kinds.ts'
import { createModelInstall, type ModelInstallKindOptions } from './model-install.ts'
import { createModelErasure, createModelMigration } from './model-kinds.ts'
import {
  createPhotographEvaluation,
  type PhotographEvaluationKindOptions,
} from './photograph-evaluation.ts'
import { createRetention } from './retention.ts'
import { createSeedImport, type SeedImportKindOptions } from './seed-import.ts'
import { createGalleryCopy, createGalleryExport, createGalleryImport } from './transfer-kinds.ts'

/** What the kinds of jobs work with. */
export interface JobKindsOptions
  extends BulkEnrollOptions,
    PhotographEvaluationKindOptions,
    ModelInstallKindOptions {
  readonly store: SeedImportKindOptions['store']
  /** The kind of store, for people who read an export. */
  readonly storeKind: string
  /** Policy of a collection that an import of the seed makes. */
  readonly policy: SeedImportKindOptions['policy']
  readonly openCopySource: Parameters<typeof createGalleryCopy>[0]['openSource']
  readonly openSeedSource: SeedImportKindOptions['openSource']
}

/** All kinds of jobs, as a process runs them that did not make them. */
export function createJobKinds(options: JobKindsOptions): JobKinds {
  const { store, faceWatcher, policy, storeKind } = options
  return toJobKinds(
    createIndexRebuild(faceWatcher),
    createIndexVerify(faceWatcher),
    createBulkEnroll(options),
    createModelMigration(faceWatcher),
    createModelErasure(faceWatcher),
    createModelInstall(options),
    createGalleryReport(faceWatcher),
    createMergeSuggestions(faceWatcher),
    createRetention({ faceWatcher, store }),
    createGalleryExport({ store, source: storeKind }),
    createGalleryImport({ store }),
    createGalleryCopy({ store, openSource: options.openCopySource }),
    createSeedImport({ store, policy, openSource: options.openSeedSource }),
    createEvaluation(),
    createPhotographEvaluation(options),
  )
}

/** Kinds by their names. Each is given only what its own `parse` has let through. */
// biome-ignore lint/suspicious/noExplicitAny: a kind's input is its own
export function toJobKinds(...kinds: readonly JobKind<any>[]): JobKinds {
  return new Map(kinds.map((kind) => [kind.name, kind]))
}
