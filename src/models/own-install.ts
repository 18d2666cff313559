import { importFailed, isDiskError } from './install-errors.ts'
import type { InstallStage } from './install-types.ts'
import type { Manifest, ModelRecord } from './manifest-types.ts'
import type { ModelDirectory } from './model-directory.ts'
import { assertRuns, describeOwnModel, isSameNetwork, type OwnModelOptions } from './own-import.ts'
import { readOwnRecord } from './own-record.ts'
import { SourceError } from './sources/source-error.ts'

/** The functions of the installer that are used here. */
interface Context {
  readonly dataDir: string
  readonly manifest: Manifest
  readonly directory: ModelDirectory
  exclusively(
    record: ModelRecord,
    work: (run: { readonly temporary: string }) => Promise<void>,
  ): Promise<void>
  report(model: string, stage: InstallStage): void
}

/**
 * The model of that id that the user brought before, when it is the same network.
 *
 * @throws {FaceError} `modelImportFailed` when the id belongs to another model
 */
async function findFormer(
  record: ModelRecord,
  { dataDir, manifest }: Context,
): Promise<ModelRecord | undefined> {
  const { id } = record
  const own = await readOwnRecord(dataDir, id)
  if (own && isSameNetwork(own, record)) return own
  if (!own && !manifest.models.some((model) => model.id === id)) return undefined
  const choice = own ? `remove it with \`face-watcher models remove ${id}\`, or ` : ''
  throw importFailed(record, new SourceError(`another model has this id; ${choice}choose another`))
}

/**
 * Brings in a face embedder that no manifest knows; as `ModelInstaller.importOwn`.
 *
 * @param file  a readable one
 */
export async function importOwnModel(
  file: string,
  options: OwnModelOptions,
  context: Context,
): Promise<ModelRecord> {
  const { directory, report } = context
  const { id } = options
  const described = await describeOwnModel(file, options).catch((error: unknown) => {
    throw importFailed(options, error)
  })
  const former = await findFormer(described, context)
  const curve = former?.fmrCurve
  const ownRecord = curve === undefined ? described : { ...described, fmrCurve: curve }
  await context.exclusively(ownRecord, async ({ temporary }) => {
    try {
      report(id, 'build')
      const { buildModelFiles } = await import('./graphs/builders.ts')
      const files = await buildModelFiles(ownRecord, [file])
      for (const bytes of files.values()) await assertRuns(ownRecord, bytes, temporary)
      report(id, 'write')
      await directory.replace({ id, source: 'file', ownRecord }, files, temporary)
      report(id, 'done')
    } catch (error) {
      if (isDiskError(error)) throw error
      throw importFailed(ownRecord, error)
    }
  })
  return ownRecord
}
