import { testModels } from './models.ts'

/** Installs the models that tests need once, before any test file runs; later runs are offline. */
export async function setup(): Promise<void> {
  await testModels()
}
