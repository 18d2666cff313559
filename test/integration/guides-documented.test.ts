import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { errorCatalogue } from '../../src/core/errors.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8')

describe('docs/guides/troubleshooting.md', () => {
  const page = read('docs/guides/troubleshooting.md')
  const [problems = '', ofLog = ''] = page.split('\n## What the log says\n')
  /** Words and lines between backticks in the first cells of tables. */
  const namesIn = (text: string): readonly string[] =>
    text
      .split('\n')
      .flatMap((line) => /^\| (?!---|you see|line)([^|]+) \|/.exec(line)?.[1] ?? [])
      .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string))

  it('names errors and decisions that there are', () => {
    const words = namesIn(problems).filter((name) => /^[a-z]+[A-Za-z]*$/.test(name))
    const others = ['rejected', 'unknown', 'undetermined', 'noMatch', 'verify']
    const known = [...Object.keys(errorCatalogue), ...others]
    expect(words.length).toBeGreaterThan(25)
    expect(words.filter((word) => !known.includes(word))).toEqual([])
  })

  it('names lines that the program logs', () => {
    const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .map((path) => read(`src/${path}`))
      .join('\n')
    const lines = namesIn(ofLog)
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.filter((line) => !sources.includes(line))).toEqual([])
  })
})

describe('docs/explanation/glossary.md', () => {
  const terms = [...read('docs/explanation/glossary.md').matchAll(/^\*\*(.+?)\.\*\*/gm)].map(
    ([, term]) => term as string,
  )

  it('is in alphabetical order', () => {
    expect(terms.length).toBeGreaterThan(40)
    const byAlphabet = (a: string, b: string) => a.localeCompare(b, 'en', { sensitivity: 'base' })
    expect(terms).toEqual([...terms].sort(byAlphabet))
  })

  it('has the decisions of a search', () => {
    for (const decision of ['Possible', 'Unknown', 'Undetermined'])
      expect(terms).toContain(decision)
  })
})
