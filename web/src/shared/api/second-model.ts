import type { paths } from '../api.d.ts'
import type { Scope } from './client.ts'
import type { Collection, Job } from './types.ts'

type MigrationsPath = paths['/v1/collections/{collection}/migrations']

export type MigrationInput = MigrationsPath['post']['requestBody']['content']['application/json']

/** Begins the job that fills a second model, compares both, and perhaps lets the second answer. */
export function startMigration({ api, collection }: Scope, body: MigrationInput): Promise<Job> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/migrations', {
      params: { path: { collection } },
      body,
    }),
  )
}

/** Lets the second model answer; the one that answered becomes the second. */
export function switchModel(
  { api, collection }: Scope,
  body: { readonly modelId: string; readonly allowMissing?: boolean },
): Promise<Collection> {
  return api.send((client) =>
    client.PUT('/v1/collections/{collection}/model', { params: { path: { collection } }, body }),
  )
}

/** Begins the job that erases what the second model keeps. */
export function deleteSecondModel({ api, collection }: Scope, modelId: string): Promise<Job> {
  return api.send((client) =>
    client.DELETE('/v1/collections/{collection}/second-model', {
      params: { path: { collection }, query: { modelId } },
    }),
  )
}
