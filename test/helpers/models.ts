import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createModelInstaller, type ModelInstaller } from '../../src/models/install.ts'
import { loadManifest } from '../../src/models/manifest.ts'

/** Models that every run of the tests may count on. */
export const TEST_MODEL_IDS: readonly string[] = ['mtcnn', 'mobilefacenet']

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** A data directory that is kept between runs, so that models are fetched once. */
export function testDataDir(): string {
  return process.env.FACE_WATCHER_TEST_DATA_DIR ?? join(REPOSITORY, '.cache', 'test-data')
}

/** The installer of {@link testDataDir}. */
export async function testInstaller(): Promise<ModelInstaller> {
  return createModelInstaller({ dataDir: testDataDir(), manifest: await loadManifest() })
}

/**
 * Installs the detector and the default embedder once; safe in parallel test files (the installer
 * locks). The only place where tests touch the network.
 *
 * @returns the data directory; model files are in `models/<id>/` below it
 */
export async function testModels(): Promise<string> {
  const installer = await testInstaller()
  await installer.upgrade()
  await installer.install(TEST_MODEL_IDS)
  return testDataDir()
}
