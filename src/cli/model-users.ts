import type { Config } from '../config/config.ts'
import type { Manifest } from '../models/manifest-types.ts'
import { modelsOf } from '../storage/rules/second-models.ts'
import { listAll } from './pages.ts'

/**
 * Who needs a model's files: the configuration and the collections, also by a model that it is a
 * part of.
 *
 * @returns words for each; empty when nobody does
 * @throws {FaceError} what opening the store throws
 */
export async function findUsers(
  config: Config,
  manifest: Manifest,
  id: string,
): Promise<readonly string[]> {
  const whole = manifest.models.filter(({ parts }) => parts?.some(({ model }) => model === id))
  const ids = new Set([id, ...whole.map((model) => model.id)])
  const users: string[] = []
  if (ids.has(config.models.detector)) users.push('models.detector of the configuration')
  if (ids.has(config.models.embedder)) users.push('models.embedder of the configuration')
  const { openStore } = await import('../compose/storage.ts')
  const store = await openStore(config)
  try {
    for (const collection of await listAll((page) => store.collections.list(page))) {
      if (modelsOf(collection).some((model) => ids.has(model.modelId))) {
        users.push(`collection ${collection.name}`)
      }
    }
  } finally {
    await store.close()
  }
  return users
}
