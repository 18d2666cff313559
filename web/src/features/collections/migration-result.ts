import type { Job } from '../../shared/api/types.ts'

/** What a finished job of the kind `modelMigration` tells; see docs/guides/another-model.md. */
export interface MigrationResult {
  readonly filled: number
  /** Faces without an embedding of the second model. */
  readonly missing: number
  readonly comparison: {
    readonly faces: number
    readonly persons: number
    readonly agreement: number
    readonly models: readonly ComparedModel[]
  }
}

export interface ComparedModel {
  readonly modelId: string
  readonly enrolled: { readonly probes: number; readonly named: number; readonly misnamed: number }
  readonly strangers: { readonly probes: number; readonly named: number }
  readonly det: readonly { readonly fmr: number; readonly fnmr: number }[]
}

/** The result of a migration that is done. */
export function readMigration({ state, result }: Job): MigrationResult | undefined {
  if (state !== 'done' || result?.comparison === undefined) return undefined
  return result as unknown as MigrationResult
}
