import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { create } from 'tar'
import { FaceError } from '../core/errors.ts'
import type { InstalledModel, ModelDirectory } from './model-directory.ts'
import { OWN_RECORD_FILE } from './own-record.ts'

const GZIPPED = /\.(tgz|tar\.gz)$/i
const TARBALL = /\.(tar|tgz|tar\.gz)$/i

/** Whether an export of that name is one file. */
export function isTarballName(path: string): boolean {
  return TARBALL.test(path)
}

async function readIntact(directory: ModelDirectory, id: string): Promise<InstalledModel> {
  const model = await directory.read(id)
  if (!model) throw new FaceError('modelNotInstalled', { detail: id, info: { model: id } })
  const problems =
    model === 'damaged'
      ? ['its record cannot be read']
      : await directory.check(model, { hashes: true })
  if (model === 'damaged' || problems.length > 0) {
    const detail = `${id}: ${problems.join('; ')}.`
    throw new FaceError('modelCorrupt', { detail, info: { model: id } })
  }
  return model
}

/**
 * Writes installed models to a folder or a tarball, from which another machine installs them.
 *
 * [Note: model export] An export has one folder a model, as the data directory has it: the built
 * files, `model.json` with their sha256 and, for a model of the user, `own-model.json`. It is written
 * under another name in the same folder and renamed, so that it is whole or not there.
 *
 * @param ids  of models with files of their own
 * @param out  does not exist, or is an empty folder; a name that ends in .tar, .tgz or .tar.gz becomes one file
 * @throws {FaceError} `modelNotInstalled`, `modelCorrupt`; and the file system's errors (`EEXIST` when `out` is there)
 */
export async function writeModelExport(
  directory: ModelDirectory,
  ids: readonly string[],
  out: string,
): Promise<void> {
  const target = resolve(out)
  const models: InstalledModel[] = []
  for (const id of ids) models.push(await readIntact(directory, id))
  const suffix = randomBytes(6).toString('hex')
  const staged = join(dirname(target), `.${basename(target)}-${suffix}`)
  const isFile = isTarballName(target)
  await assertFree(target, isFile)
  await mkdir(dirname(target), { recursive: true })
  try {
    await mkdir(staged)
    for (const { id, files } of models) {
      await mkdir(join(staged, id))
      for (const name of [...files.map((file) => file.name), 'model.json']) {
        await cp(join(directory.path(id), name), join(staged, id, name))
      }
      const own = join(directory.path(id), OWN_RECORD_FILE)
      await cp(own, join(staged, id, OWN_RECORD_FILE)).catch(ignoreMissing)
    }
    if (!isFile) return await rename(staged, target)
    const file = `${staged}.tar`
    try {
      const gzip = GZIPPED.test(target)
      await create({ file, cwd: staged, gzip, portable: true }, [...ids])
      await rename(file, target)
    } finally {
      await rm(file, { force: true })
    }
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
}

async function assertFree(target: string, isFile: boolean): Promise<void> {
  const names = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    if (error.code === 'ENOTDIR') return ['the file itself']
    throw error
  })
  if (names === undefined || (!isFile && names.length === 0)) return
  throw Object.assign(new Error(`${target} is there already`), { code: 'EEXIST' })
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
