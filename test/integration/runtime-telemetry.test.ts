import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { testModels } from '../helpers/models.ts'

/** Loads every network, as the first image would. */
const vision = `
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

/** Searches so many faces that the exact index takes the matrix product. */
const search = `
  const { createExactProvider } = await import(process.argv[1])
  const provider = createExactProvider()
  const index = await provider.open('c1', 16)
  const ids = Array.from({ length: 20000 }, (_, i) => String(i))
  await index.upsert(ids, new Float32Array(20000 * 16).fill(0.25))
  await index.search(new Float32Array(16).fill(0.25), 1)
  await provider.close()
`

const dist = (file: string): string => fileURLToPath(new URL(`../../dist/${file}`, import.meta.url))

function expectSilence(script: string, args: readonly string[]): void {
  const scratch = mkdtempSync(join(tmpdir(), 'face-watcher-telemetry-'))
  try {
    const [home, temporary] = ['home', 'tmp'].map((name) => join(scratch, name)) as [string, string]
    for (const directory of [home, temporary]) mkdirSync(directory)
    const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script, ...args], {
      env: { ...env, HOME: home, XDG_CACHE_HOME: join(home, '.cache'), TMPDIR: temporary },
    })
    expect(child.stderr.toString()).toBe('')
    expect(child.status).toBe(0)
    // With reporting on, the runtime leaves a debug log here and a device id in the home's cache.
    expect(readdirSync(temporary)).toEqual([])
    expect(readdirSync(home)).toEqual([])
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

describe('leaves no trace of the runtime reporting usage to its maker', () => {
  it('when it loads networks', async () => {
    const models = join(await testModels(), 'models')
    expectSilence(vision, [dist('vision/analyzer/analyzer.js'), dist('models/manifest.js'), models])
  })

  it('when an exact index searches many faces', () => {
    expectSilence(search, [dist('search/exact/provider.js')])
  })
})
