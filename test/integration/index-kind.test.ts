import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { composeFaceWatcher } from '../../src/compose/compose.ts'
import { toConfig } from '../../src/config/load.ts'
import { faissVersion } from '../../src/search/faiss/provider.ts'

vi.mock('@zilliz/milvus2-sdk-node', () => {
  throw new Error('Cannot find package')
})

const dataDir = join(tmpdir(), `face-watcher-never-made-${process.pid}`)

it.each([
  ['milvus', 'npm install @zilliz/milvus2-sdk-node', false],
  ['faiss', 'npm run build:faiss', faissVersion() !== undefined],
] as const)(
  'ends the start with %s and what to install, before anything is fetched or made',
  async (kind, cure, isThere) => {
    // Where the addon is built, nothing is missing.
    if (isThere) return
    const start = composeFaceWatcher(toConfig({ dataDir, index: { kind } }))
    await expect(start).rejects.toMatchObject({
      code: 'indexKindUnavailable',
      message: expect.stringContaining(cure),
    })
    expect(existsSync(dataDir)).toBe(false)
  },
)
