import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { testModels } from '../helpers/models.ts'

const program = fileURLToPath(new URL('../fixtures/vision/memory-child.mjs', import.meta.url))

// The process tells its own memory as Linux counts it.
describe.skipIf(process.platform !== 'linux')('the memory of two images at once', () => {
  it('stays within its budget where all smallest faces are looked for, and comes back', async () => {
    const modelsDir = join(await testModels(), 'models')
    // P-Net in one piece took 2 GB for each of them.
    const { stdout } = await promisify(execFile)(process.execPath, [
      program,
      modelsDir,
      '3500',
      '12',
    ])
    const { found, before, peak, after } = JSON.parse(stdout)
    expect(found).toEqual([0, 0])
    expect(peak - before).toBeLessThan(700)
    expect(after - before).toBeLessThan(250)
  }, 120_000)
})
