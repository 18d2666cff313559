import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isFaceError } from '../core/errors.ts'
import { assertBuilt } from './built-files.ts'
import type { ModelRecord } from './manifest-types.ts'
import { builtForm, type InstalledModel, type ModelDirectory } from './model-directory.ts'

/** A model's files in today's form, to be put in the place of the installed ones. */
export interface UpgradedModel {
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Where the installed ones came from. */
  readonly source: string
}

/** The installed model when it is an embedder that an earlier version built. */
export async function findFormer(
  directory: ModelDirectory,
  { id, task }: ModelRecord,
): Promise<InstalledModel | undefined> {
  if (task !== 'embedder') return undefined
  const model = await directory.read(id).catch(() => undefined)
  if (!model || model === 'damaged') return undefined
  return (model.form ?? 1) < builtForm ? model : undefined
}

/**
 * Makes today's files of an embedder from those that an earlier version built, without a download.
 *
 * @returns `undefined` where that is not possible: the files are damaged or of another kind, or what
 *   becomes of them is not what the record names. The model is then fetched or refused as any other.
 */
export async function buildUpgrade(
  directory: ModelDirectory,
  record: ModelRecord,
): Promise<UpgradedModel | undefined> {
  const model = await findFormer(directory, record)
  if (!model || (await directory.check(model, { hashes: true })).length > 0) return undefined
  const { exposeRawEmbedding } = await import('./graphs/former-output.ts')
  const files = new Map<string, Uint8Array>()
  for (const { name } of model.files) {
    const former = await readFile(join(directory.path(record.id), name))
    const bytes = exposeIfPossible(former, exposeRawEmbedding)
    if (!bytes) return undefined
    files.set(name, bytes)
  }
  return isBuilt(record, files) ? { files, source: model.source } : undefined
}

function exposeIfPossible(
  bytes: Uint8Array,
  expose: (bytes: Uint8Array) => Uint8Array | undefined,
): Uint8Array | undefined {
  try {
    return expose(bytes)
  } catch (error) {
    if (isFaceError(error, 'modelImportFailed')) return undefined
    throw error
  }
}

function isBuilt(record: ModelRecord, files: ReadonlyMap<string, Uint8Array>): boolean {
  try {
    assertBuilt(record, files)
    return true
  } catch {
    return false
  }
}
