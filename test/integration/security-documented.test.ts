import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const text = readFileSync(`${root}docs/explanation/security.md`, 'utf8')
const [, table = ''] = /^\| threat \| defence \| held by \|\n(.*?)\n\n/ms.exec(text) ?? []
const rows = table
  .split('\n')
  .slice(1)
  .map((line) => {
    const [threat = '', , heldBy = ''] = line.slice(2, -2).split(' | ')
    const tests = [...heldBy.matchAll(/`([^`]+)`(?: "([^"]+)")?/g)]
    return { threat, tests: tests.map(([, path = '', name]) => ({ path, name })) }
  })

describe('docs/explanation/security.md', () => {
  it('names many defences', () => {
    expect(rows.length).toBeGreaterThan(20)
  })

  it.each(rows)('names tests that there are: $threat', ({ tests }) => {
    expect(tests.length).toBeGreaterThan(0)
    for (const { path, name } of tests) {
      expect(path).toMatch(/\.(test|trial)\.ts$/)
      expect({ path, isThere: existsSync(`${root}${path}`) }).toEqual({ path, isThere: true })
      if (name === undefined) continue
      const source = readFileSync(`${root}${path}`, 'utf8')
      expect({ path, name, isThere: source.includes(name) }).toEqual({ path, name, isThere: true })
    }
  })
})
