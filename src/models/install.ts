import { stat } from 'node:fs/promises'
import { isFaceError } from '../core/errors.ts'
import { assertBuilt } from './built-files.ts'
import { explain, importFailed, installFailed, isDiskError } from './install-errors.ts'
import { type ExportedModel, openModelExport } from './install-from.ts'
import type {
  InstallStage,
  ModelInstaller,
  ModelInstallerOptions,
  VerifiedModel,
} from './install-types.ts'
import { createInstalledModels } from './installed-models.ts'
import { findModel, findParts } from './manifest.ts'
import type { ModelPart, ModelRecord } from './manifest-types.ts'
import { createModelDirectory } from './model-directory.ts'
import { writeModelExport } from './model-export.ts'
import { importOwnModel } from './own-install.ts'
import { createSourceFetcher, type SourceFetcher, type SourceFiles } from './source-files.ts'
import { runCommand } from './sources/command.ts'
import { SourceError } from './sources/source-error.ts'
import { buildUpgrade, findFormer } from './upgrade.ts'

export type {
  InstallProgress,
  InstallStage,
  ListedModel,
  ModelInstaller,
  ModelInstallerOptions,
} from './install-types.ts'

/** Where each stage begins, as a fraction of the whole. */
const STAGE_START: Readonly<Record<InstallStage, number>> = {
  wait: 0,
  download: 0,
  extract: 0.7,
  build: 0.8,
  write: 0.95,
  done: 1,
}

/** The state of one run of the installer. */
interface Run {
  readonly temporary: string
  readonly fetcher: SourceFetcher
}

async function assertReadable(record: Pick<ModelRecord, 'id'>, file: string): Promise<void> {
  const size = await stat(file).then(
    (stats) => (stats.isFile() ? stats.size : undefined),
    () => undefined,
  )
  if (!size) {
    const what = size === 0 ? 'is empty' : 'does not exist or is not a file'
    throw importFailed(record, new SourceError(`the file ${what}`))
  }
}

function explainParts(parts: readonly ModelPart[]): string {
  const ids = parts.map((part) => part.model)
  return `it has no file of its own: import its parts, ${ids.join(' and ')}`
}

/**
 * Creates the installer of a data directory; nothing is read or written before its functions are
 * called.
 */
export function createModelInstaller(options: ModelInstallerOptions): ModelInstaller {
  const { dataDir, manifest, onProgress, signal, run = runCommand } = options
  const directory = createModelDirectory(dataDir, options.write)
  const installed = createInstalledModels(directory, manifest)
  const { isIntact } = installed

  function report(model: string, stage: InstallStage): void {
    onProgress?.({ model, stage, fraction: STAGE_START[stage] })
  }

  /** @param bytes  of the package, where the manifest knows it: without it nobody can say how far it is */
  function reportDownload(model: string, bytes: number | undefined, done = 0): void {
    const stage = 'download'
    if (bytes === undefined) {
      report(model, stage)
      return
    }
    const doneBytes = Math.min(done, bytes)
    const fraction = (STAGE_START.extract * doneBytes) / bytes
    onProgress?.({ model, stage, fraction, bytes, doneBytes })
  }

  async function buildAndReplace(
    record: ModelRecord,
    sources: SourceFiles,
    temporary: string,
  ): Promise<void> {
    report(record.id, 'build')
    // Here, because a server whose models are installed never needs the ONNX library.
    const { buildModelFiles } = await import('./graphs/builders.ts')
    const files = await buildModelFiles(record, sources.paths)
    assertBuilt(record, files)
    report(record.id, 'write')
    await directory.replace({ id: record.id, source: sources.source }, files, temporary)
    report(record.id, 'done')
  }

  /** Leaves a model as it is where its disk cannot be written: one without a sha256 works so too. */
  async function upgradeOne(record: ModelRecord): Promise<void> {
    if (!(await findFormer(directory, record))) return
    try {
      await exclusively(record, async ({ temporary }) => {
        const upgraded = await buildUpgrade(directory, record)
        if (!upgraded) return
        report(record.id, 'write')
        const { id } = record
        await directory.replace({ id, source: upgraded.source }, upgraded.files, temporary)
        report(id, 'done')
      })
    } catch (error) {
      if (!isFaceError(error, 'modelInstallFailed')) throw error
    }
  }

  async function installOne(record: ModelRecord, { temporary, fetcher }: Run): Promise<void> {
    const reasons: string[] = []
    let cause: unknown
    for (const source of record.sources) {
      if (source.kind === 'file') continue
      try {
        reportDownload(record.id, source.bytes)
        const files = await fetcher.fetch(source, {
          onBytes: (done) => reportDownload(record.id, source.bytes, done),
          onExtract: () => report(record.id, 'extract'),
        })
        signal?.throwIfAborted()
        return await buildAndReplace(record, files, temporary)
      } catch (error) {
        signal?.throwIfAborted()
        cause = error
        reasons.push(explain(error))
        if (isDiskError(error)) break
      }
    }
    throw installFailed(record, reasons, cause)
  }

  /** Turns what the file system throws around the lock into the installation's error. */
  async function exclusively(
    record: Pick<ModelRecord, 'id' | 'sources'>,
    work: (run: Run) => Promise<void>,
  ): Promise<void> {
    try {
      await directory.exclusively(
        (temporary) =>
          work({ temporary, fetcher: createSourceFetcher(temporary, { run, signal }) }),
        { onWait: () => report(record.id, 'wait'), signal },
      )
    } catch (error) {
      if (isFaceError(error) || !isDiskError(error)) throw error
      throw installFailed(record, [explain(error)], error)
    }
  }

  /** Ids of the parts of a model that an export may hold; for one that this manifest does not know, its own id. */
  function partIds(id: string): readonly string[] {
    const isKnown = manifest.models.some((model) => model.id === id)
    return isKnown ? findParts(manifest, id).map((part) => part.id) : [id]
  }

  return {
    isInstalled: (id) => isIntact(id, { hashes: false }),
    path(id) {
      return directory.path(findModel(manifest, id).id)
    },
    async install(ids) {
      const records = [...new Set(ids.flatMap((id) => findParts(manifest, id)))]
      for (const record of records) await upgradeOne(record)
      const missing: ModelRecord[] = []
      for (const record of records) {
        if (await isIntact(record.id, { hashes: true })) report(record.id, 'done')
        else missing.push(record)
      }
      const first = missing[0]
      if (!first) return
      await exclusively(first, async (current) => {
        for (const record of missing) {
          // Another process may have installed it while this one waited.
          if (await isIntact(record.id, { hashes: true })) report(record.id, 'done')
          else {
            signal?.throwIfAborted()
            await installOne(record, current)
          }
        }
      })
    },
    async upgrade() {
      for (const record of manifest.models) await upgradeOne(record)
    },
    async import(id, file) {
      const record = findModel(manifest, id)
      if (record.parts) throw importFailed(record, new SourceError(explainParts(record.parts)))
      await assertReadable(record, file)
      await exclusively(record, async ({ temporary, fetcher }) => {
        try {
          await buildAndReplace(record, await fetcher.take(record, file), temporary)
        } catch (error) {
          if (isDiskError(error)) throw error
          throw importFailed(record, error)
        }
      })
    },
    async importOwn(file, options) {
      await assertReadable(options, file)
      return importOwnModel(file, options, {
        ...{ dataDir, manifest, directory },
        exclusively,
        report,
      })
    },
    async export(ids, out) {
      const parts = ids.flatMap((id) => findParts(manifest, id).map((part) => part.id))
      await writeModelExport(directory, [...new Set(parts)], out)
    },
    async installFrom(path, ids) {
      const exported: ExportedModel[] = []
      await exclusively({ id: 'models', sources: [] }, async ({ temporary }) => {
        const found = await openModelExport(path, temporary)
        const wanted = new Set(ids?.flatMap((id) => partIds(id)) ?? found.ids)
        for (const id of wanted) exported.push(await found.read(id, { manifest, dataDir }))
        for (const { record, files, ...model } of exported) {
          report(record.id, 'write')
          await directory.replace({ ...model, id: record.id }, files, temporary)
          report(record.id, 'done')
        }
      })
      return exported.map(({ record }) => record.id)
    },
    async remove(id) {
      const record = findModel(manifest, id)
      await exclusively(record, ({ temporary }) => directory.remove(id, temporary))
    },
    list: () => Promise.all(manifest.models.map(installed.describe)),
    async verify(ids) {
      const reports: VerifiedModel[] = []
      for (const id of ids) reports.push(await installed.verify(id))
      return reports
    },
  }
}
