import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FaceError } from '../core/errors.ts'

/**
 * Identifies what turns photographs into embeddings: the built files of the models and the program.
 *
 * @param modelsDir  one folder a model with its `model.json`, which holds the sha256 of each file
 * @param modelIds   detector and embedder
 * @param version    of the program, whose alignment and crops are part of an embedding
 * @returns lower-case hex sha256
 * @throws {FaceError} `modelNotInstalled`
 */
export async function computeModelFingerprint(
  modelsDir: string,
  modelIds: readonly string[],
  version: string,
): Promise<string> {
  const hash = createHash('sha256').update(version)
  for (const id of modelIds) {
    try {
      hash.update(await readFile(join(modelsDir, id, 'model.json')))
    } catch (cause) {
      throw new FaceError('modelNotInstalled', { detail: id, cause })
    }
  }
  return hash.digest('hex')
}
