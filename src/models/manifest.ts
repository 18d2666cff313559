import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FaceError } from '../core/errors.ts'
import { findRecordProblem, toManifestModels } from './manifest-schema.ts'
import type { Manifest, ModelRecord } from './manifest-types.ts'
import { readOwnRecords } from './own-record.ts'

/** Where the built-in manifest lies, seen from both `src` and `dist`. */
const BUILT_IN = new URL('../../models/manifest.json', import.meta.url)

/** Name of a user's own manifest below the data directory. */
const USER_MANIFEST = join('models', 'manifest.json')

function fail(name: string, what: string, cause?: unknown): never {
  throw new FaceError('invalidConfig', { detail: `${name}: ${what}`, cause })
}

/**
 * Checks the text of a manifest file.
 *
 * @param text  JSON
 * @param name  of the file, for messages
 * @throws {FaceError} `invalidConfig` naming the file and the first wrong field
 */
export function parseManifest(text: string, name: string): ModelRecord[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    fail(name, 'is not JSON.', cause)
  }
  const models = toManifestModels(value, (what) => fail(name, what))
  for (const model of models) {
    const problem = findRecordProblem(model)
    if (problem !== undefined) fail(name, problem)
  }
  return models
}

/** Tolerance of the sum of the weights; they are decimal fractions. */
const WEIGHT_TOLERANCE = 1e-9

/** Finds a fault in the parts of a model: they share one crop, and their weights add up to 1. */
export function findPartsProblem(
  models: readonly ModelRecord[],
  model: ModelRecord,
): string | undefined {
  const { id, parts = [], dimension } = model
  const records = parts.map((part) => models.find((other) => other.id === part.model))
  const frames = new Set<string>()
  let size = 0
  for (const [i, record] of records.entries()) {
    if (record?.task !== 'embedder' || !record.input || !record.dimension) {
      return `${id}: its part ${parts[i]?.model} is not an embedder with an input of its own.`
    }
    const { sizePx, crop = 'aligned' } = record.input
    const points = 'referencePoints' in record.input ? record.input.referencePoints : []
    const margin = 'margin' in record.input ? record.input.margin : 0
    frames.add(JSON.stringify({ sizePx, crop, points, margin }))
    size += record.dimension
  }
  if (frames.size > 1) return `${id}: its parts need crops of one size with one set of points.`
  if (size !== dimension) return `${id}: its parts have ${size} dimensions, not ${dimension}.`
  const sum = parts.reduce((total, { weight }) => total + weight, 0)
  if (Math.abs(sum - 1) > WEIGHT_TOLERANCE) return `${id}: its weights add up to ${sum}, not 1.`
  return undefined
}

async function readUserManifest(dataDir: string | undefined): Promise<ModelRecord[]> {
  if (dataDir === undefined) return []
  let text: string
  try {
    text = await readFile(join(dataDir, USER_MANIFEST), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new FaceError('dataDirUnusable', {
      detail: `${USER_MANIFEST} cannot be read.`,
      cause: error,
    })
  }
  return parseManifest(text, USER_MANIFEST)
}

/**
 * Loads the built-in models, and the user's own from `<dataDir>/models/manifest.json` when there is
 * one, and those that were imported ([Note: own models] in own-record.ts). The same schema holds
 * for all.
 *
 * @throws {FaceError} `invalidConfig` when a manifest is not valid or an id occurs twice,
 *   `dataDirUnusable` when the user's file cannot be read
 */
export async function loadManifest(options: { readonly dataDir?: string } = {}): Promise<Manifest> {
  const builtIn = await readFile(fileURLToPath(BUILT_IN), 'utf8')
  const own = await readUserManifest(options.dataDir)
  const brought = options.dataDir === undefined ? [] : await readOwnRecords(options.dataDir)
  const models = [...parseManifest(builtIn, 'models/manifest.json'), ...own, ...brought]
  const seen = new Set<string>()
  for (const { id } of models) {
    if (seen.has(id)) fail(USER_MANIFEST, `model ${id} exists already; choose another id.`)
    seen.add(id)
  }
  for (const model of models) {
    const problem = model.parts && findPartsProblem(models, model)
    if (problem !== undefined) fail('models/manifest.json', problem)
  }
  return { models }
}

/**
 * The models whose files a model runs: its parts, or itself.
 *
 * @throws {FaceError} `unknownModel`
 */
export function findParts(manifest: Manifest, id: string): readonly ModelRecord[] {
  const record = findModel(manifest, id)
  return record.parts?.map((part) => findModel(manifest, part.model)) ?? [record]
}

/**
 * The record of a model.
 *
 * @throws {FaceError} `unknownModel` with the known ids
 */
export function findModel(manifest: Manifest, id: string): ModelRecord {
  const record = manifest.models.find((model) => model.id === id)
  if (!record) {
    const known = manifest.models.map((model) => model.id)
    throw new FaceError('unknownModel', {
      detail: `Known models: ${known.join(', ')}.`,
      info: { known },
    })
  }
  return record
}
