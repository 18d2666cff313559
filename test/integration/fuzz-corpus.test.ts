import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { attempt } from '../fuzz/attempt.ts'
import { readCorpus } from '../fuzz/corpus.ts'
import { loadTarget, targetNames } from '../fuzz/targets.ts'

/* What `npm run test:fuzz` begins with: intact inputs, and those that are kept. */

let directory: string
const before = process.env.TMPDIR
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'face-watcher-corpus-'))
  process.env.TMPDIR = directory
})
afterAll(() => {
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  rmSync(directory, { recursive: true, force: true })
})

it.each(targetNames)(
  '%s takes intact inputs and refuses the others of its corpus',
  async (name) => {
    const target = await loadTarget(name)
    try {
      for (const input of await target.seeds()) {
        const { fault } = await attempt({ ...target, refusals: [] }, input, { isRepaired: true })
        expect(fault).toBeUndefined()
      }
      for (const { why, bytes } of readCorpus(name)) {
        const { fault } = await attempt(target, bytes, { isRepaired: false })
        expect(fault === undefined ? undefined : { why, ...fault }).toBeUndefined()
      }
    } finally {
      await target.close?.()
    }
  },
)

it('has no corpus of a parser that is gone', () => {
  const files = readdirSync(new URL('../fuzz/corpus/', import.meta.url))
  const names = files.map((file) => file.replace(/\.txt$/, ''))
  expect(names.filter((name) => !targetNames.includes(name))).toEqual([])
})
