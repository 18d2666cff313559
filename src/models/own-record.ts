import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { FaceError } from '../core/errors.ts'
import { findRecordProblem, toOwnModel } from './manifest-schema.ts'
import type { ModelRecord } from './manifest-types.ts'

/**
 * Name of the record of a model that the user brought, in that model's folder.
 *
 * [Note: own models] Such a model is all in its folder: the built file, `model.json` (what was
 * installed) and this record, which has the form of a manifest's. It appears with the folder and goes
 * with it; the manifests are never written.
 */
export const OWN_RECORD_FILE = 'own-model.json'

/** Text of a record file. */
export function formatOwnRecord(record: ModelRecord): string {
  return `${JSON.stringify({ version: 1, model: record }, null, 2)}\n`
}

/**
 * Checks the text of a record file.
 *
 * @param id  of the folder
 * @throws {FaceError} `invalidConfig` naming the file and the first wrong field
 */
export function parseOwnRecord(text: string, id: string): ModelRecord {
  const fail = (what: string): never => {
    throw new FaceError('invalidConfig', { detail: `models/${id}/${OWN_RECORD_FILE}: ${what}` })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    fail('is not JSON.')
  }
  const record = toOwnModel(value, fail)
  if (record.id !== id) fail(`is of model ${record.id}, not of ${id}.`)
  const problem = findRecordProblem(record)
  return problem === undefined ? record : fail(problem)
}

async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new FaceError('dataDirUnusable', {
      detail: 'A model record cannot be read.',
      cause: error,
    })
  }
}

/**
 * The record of a model that the user brought; `undefined` for every other model.
 *
 * @throws {FaceError} as {@link parseOwnRecord}; `dataDirUnusable` when it cannot be read
 */
export async function readOwnRecord(dataDir: string, id: string): Promise<ModelRecord | undefined> {
  const text = await readTextIfThere(join(dataDir, 'models', id, OWN_RECORD_FILE))
  return text === undefined ? undefined : parseOwnRecord(text, id)
}

/** The records of all models that the user brought, by id. */
export async function readOwnRecords(dataDir: string): Promise<ModelRecord[]> {
  const names = await readdir(join(dataDir, 'models')).catch(() => [])
  const records: ModelRecord[] = []
  for (const name of names.sort()) {
    // Names with a dot belong to installations that have not ended.
    if (name.startsWith('.')) continue
    const record = await readOwnRecord(dataDir, name)
    if (record !== undefined) records.push(record)
  }
  return records
}

/**
 * Changes the record of a model that the user brought, all or nothing.
 *
 * @throws the file system's errors
 */
export async function saveOwnRecord(dataDir: string, record: ModelRecord): Promise<void> {
  const path = join(dataDir, 'models', record.id, OWN_RECORD_FILE)
  await writeFileAtomic(path, formatOwnRecord(record))
}
