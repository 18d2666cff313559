import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { testModels } from '../helpers/models.ts'

/** Analyses nothing but loads every network, as the first image would. */
const script = `
  const [analyzer, manifest, models] = process.argv.slice(1)
  const { createAnalyzer } = await import(analyzer)
  const { loadManifest } = await import(manifest)
  const pool = createAnalyzer({
    modelsDir: models,
    manifest: (await loadManifest()).models,
    workers: 1,
    limits: { maxImageBytes: 1e6, maxPixels: 1e6, maxSidePx: 1e4 },
  })
  await pool.warmUp('mobilefacenet')
  await pool.close()
`

it('leaves no trace of the runtime reporting usage to its maker', async () => {
  const models = join(await testModels(), 'models')
  const scratch = mkdtempSync(join(tmpdir(), 'face-watcher-telemetry-'))
  try {
    const [home, temporary] = ['home', 'tmp'].map((name) => join(scratch, name)) as [string, string]
    for (const directory of [home, temporary]) mkdirSync(directory)
    const dist = (file: string): string =>
      fileURLToPath(new URL(`../../dist/vision/${file}`, import.meta.url))
    const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env
    const child = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        script,
        dist('analyzer.js'),
        dist('models/manifest.js'),
        models,
      ],
      { env: { ...env, HOME: home, XDG_CACHE_HOME: join(home, '.cache'), TMPDIR: temporary } },
    )
    expect(child.stderr.toString()).toBe('')
    expect(child.status).toBe(0)
    // With reporting on, the runtime leaves a debug log here and a device id in the home's cache.
    expect(readdirSync(temporary)).toEqual([])
    expect(readdirSync(home)).toEqual([])
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
})
