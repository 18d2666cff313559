import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { extract } from 'tar'
import { FaceError } from '../core/errors.ts'
import { assertBuilt } from './built-files.ts'
import { importFailed } from './install-errors.ts'
import type { Manifest, ModelRecord } from './manifest-types.ts'
import { builtForm, type InstalledModel, isInstalledModel } from './model-directory.ts'
import { isSameNetwork } from './own-import.ts'
import { OWN_RECORD_FILE, parseOwnRecord, readOwnRecord } from './own-record.ts'
import { SourceError } from './sources/source-error.ts'

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/
const FILE = /^[a-z0-9][a-z0-9-]*\.(onnx|json)$/

/** A model of an export, read and checked. */
export interface ExportedModel {
  readonly record: ModelRecord
  readonly source: string
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Record of a model that the user brought. */
  readonly ownRecord?: ModelRecord
}

/** An export ([Note: model export] in model-export.ts) on the disk. */
export interface ModelExport {
  /** Models that it holds, sorted. */
  readonly ids: readonly string[]
  /**
   * Reads a model and checks every file's sha256 against what the exporting machine recorded and,
   * where it has one, the manifest.
   *
   * @throws {FaceError} `modelImportFailed`
   */
  read(id: string, known: { manifest: Manifest; dataDir: string }): Promise<ExportedModel>
}

function notAnExport(cause?: unknown): FaceError {
  return new FaceError('modelImportFailed', {
    detail: 'It is not a folder or tarball that `face-watcher models export` wrote.',
    cause,
  })
}

/** The folder of an export; a tarball is unpacked, and only what an export has is taken from it. */
async function openFolder(path: string, temporary: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) throw notAnExport()
  if (stats.isDirectory()) return path
  const folder = join(temporary, 'export')
  await mkdir(folder)
  const filter = (name: string, entry: object) => {
    const [id = '', file = '', ...rest] = name.replace(/^\.\//, '').split('/')
    const isFile = 'type' in entry && entry.type === 'File'
    return isFile && rest.length === 0 && ID.test(id) && FILE.test(file)
  }
  await extract({ file: path, cwd: folder, filter, strict: true }).catch((error: unknown) => {
    throw notAnExport(error)
  })
  return folder
}

/**
 * Opens what `models export` wrote.
 *
 * @param temporary  an existing directory
 * @throws {FaceError} `modelImportFailed` when it is something else
 */
export async function openModelExport(path: string, temporary: string): Promise<ModelExport> {
  const folder = await openFolder(path, temporary)
  const ids: string[] = []
  for (const name of (await readdir(folder)).filter((name) => ID.test(name)).sort()) {
    const stats = await stat(join(folder, name, 'model.json')).catch(() => undefined)
    if (stats?.isFile()) ids.push(name)
  }
  if (ids.length === 0) throw notAnExport()
  return {
    ids,
    async read(id, known) {
      try {
        if (!ids.includes(id)) throw new SourceError(`the export has only ${ids.join(', ')}`)
        return await readModel(join(folder, id), id, known)
      } catch (error) {
        throw importFailed({ id }, error)
      }
    },
  }
}

async function readModel(
  folder: string,
  id: string,
  known: { manifest: Manifest; dataDir: string },
): Promise<ExportedModel> {
  const model: unknown = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'))
  if (!isInstalledModel(model) || model.id !== id) throw new SourceError('its record is damaged')
  const ownText = await readFile(join(folder, OWN_RECORD_FILE), 'utf8').catch(() => undefined)
  const ownRecord = ownText === undefined ? undefined : parseOwnRecord(ownText, id)
  const record = await findRecord(id, ownRecord, known)
  const files = await readFiles(folder, model)
  if (record.task === 'embedder' && (model.form ?? 1) !== builtForm) {
    throw new SourceError('another version of Face Watcher built it; export it with this one')
  }
  assertBuilt(record, files)
  const { source } = model
  return { record, source, files, ...(ownRecord === undefined ? {} : { ownRecord }) }
}

async function findRecord(
  id: string,
  ownRecord: ModelRecord | undefined,
  { manifest, dataDir }: { manifest: Manifest; dataDir: string },
): Promise<ModelRecord> {
  const record = manifest.models.find((model) => model.id === id)
  if (ownRecord === undefined) {
    if (record?.parts !== undefined || record === undefined) {
      throw new SourceError('this version knows no such model')
    }
    return record
  }
  if (record === undefined) return ownRecord
  const here = await readOwnRecord(dataDir, id)
  if (here && isSameNetwork(here, ownRecord)) return ownRecord
  throw new SourceError('another model has this id here')
}

async function readFiles(folder: string, model: InstalledModel): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const { name, sha256 } of model.files) {
    if (!FILE.test(name)) throw new SourceError('its record is damaged')
    const bytes = await readFile(join(folder, name)).catch(() => {
      throw new SourceError(`${name} is missing`)
    })
    const actual = createHash('sha256').update(bytes).digest('hex')
    if (actual !== sha256) {
      throw new SourceError(`${name} has changed since the export (its sha256 is ${actual})`)
    }
    files.set(name, bytes)
  }
  return files
}
