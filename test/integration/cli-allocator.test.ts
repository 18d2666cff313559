import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { setUpAllocator } from '../../src/cli/allocator.ts'

const program = fileURLToPath(new URL('../fixtures/cli/allocator-child.mjs', import.meta.url))
const isGlibc =
  process.platform === 'linux' &&
  (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header
    .glibcVersionRuntime !== undefined

/** What the child tells for this mode, MB. */
async function readMB(mode: 'set' | 'default' | 'trim'): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, mode])
  return Number(stdout)
}

describe.skipIf(!isGlibc)('the allocator', () => {
  it('gives large blocks back to the system, whatever lies behind them', async () => {
    expect(await readMB('default')).toBeGreaterThan(300)
    expect(await readMB('set')).toBeLessThan(100)
  })

  it('gives small free blocks back when the process is idle', async () => {
    // Of 400 MB, those on pages where nothing stays.
    expect(await readMB('trim')).toBeGreaterThan(100)
  })

  it.each([
    [{ MALLOC_ARENA_MAX: '8', MALLOC_MMAP_THRESHOLD_: '1048576' }],
    [{ GLIBC_TUNABLES: 'glibc.malloc.arena_max=4' }],
  ])('stays as the environment sets it: %o', async (environment) => {
    expect(await setUpAllocator(environment)).toBe('asGiven')
  })
})
