import { FaceError } from '../core/errors.ts'
import { differsFromManifest } from './built-files.ts'
import type { ListedModel, VerifiedModel } from './install-types.ts'
import { findParts } from './manifest.ts'
import type { Manifest, ModelRecord } from './manifest-types.ts'
import type { InstalledModel, ModelDirectory } from './model-directory.ts'

/** Looks at what is installed, and changes nothing. */
export interface InstalledModels {
  /** Whether all files are there and as recorded; compares sizes only unless `hashes`. */
  isIntact(id: string, options: { readonly hashes: boolean }): Promise<boolean>
  verify(id: string): Promise<VerifiedModel>
  describe(record: ModelRecord): Promise<ListedModel>
}

/** Creates the list of a manifest's installed models. A model made of parts is installed when its parts are. */
export function createInstalledModels(
  directory: ModelDirectory,
  manifest: Manifest,
): InstalledModels {
  async function isIntact(id: string, options: { hashes: boolean }): Promise<boolean> {
    for (const part of findParts(manifest, id)) {
      if (!(await isPartIntact(part, options))) return false
    }
    return true
  }

  async function isPartIntact(record: ModelRecord, { hashes }: { hashes: boolean }) {
    const model = await directory.read(record.id).catch(() => undefined)
    if (!model || model === 'damaged') return false
    if (differsFromManifest(record, model.files).length > 0) return false
    return (await directory.check(model, { hashes })).length === 0
  }

  async function listOne(record: ModelRecord): Promise<ListedModel> {
    const models: InstalledModel[] = []
    for (const part of findParts(manifest, record.id)) {
      const model = await directory.read(part.id).catch(() => undefined)
      if (!model || model === 'damaged') return { record, installed: false }
      models.push(model)
    }
    const installed = await isIntact(record.id, { hashes: false })
    const files = models.flatMap((model) => model.files)
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    const source = [...new Set(models.map((model) => model.source))].join(', ')
    return { record, installed, source, bytes }
  }

  /** A model made of parts is as the first part that is not in order. */
  async function verifyModel(id: string): Promise<VerifiedModel> {
    for (const part of findParts(manifest, id)) {
      const report = await verifyOne(part)
      if (report.status !== 'ok') return { ...report, id }
    }
    return { id, status: 'ok' }
  }

  async function verifyOne(record: ModelRecord): Promise<VerifiedModel> {
    const { id } = record
    const model = await directory.read(id)
    if (!model) return { id, status: 'notInstalled' }
    const problems =
      model === 'damaged'
        ? ['its record model.json cannot be read']
        : [
            ...(await directory.check(model, { hashes: true })),
            ...differsFromManifest(record, model.files),
          ]
    if (problems.length === 0) return { id, status: 'ok' }
    const detail = `${id}: ${problems.join('; ')}. Run \`face-watcher models install ${id}\`, or import it again.`
    const error = new FaceError('modelCorrupt', { detail, info: { model: id } })
    return { id, status: 'corrupt', error }
  }

  return { isIntact, verify: verifyModel, describe: listOne }
}
