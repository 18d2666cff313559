import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorCatalogue } from '../../src/core/errors.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')
const codes = Object.keys(errorCatalogue) as ErrorCode[]

/** Heading of the table that a kind stands in. */
const headingOfKind = {
  input: 'Input',
  refusal: 'Refusals',
  state: 'State',
  capacity: 'Capacity',
  fault: 'Faults',
}

/** The rows `| code | status | ... |` of docs/reference/errors.md, by code. */
function readDocumented(): Map<string, { readonly status: number; readonly heading: string }> {
  const rows = new Map<string, { status: number; heading: string }>()
  let heading = ''
  for (const line of read('docs/reference/errors.md').split('\n')) {
    heading = /^## (\w+)/.exec(line)?.[1] ?? heading
    const row = /^\| `(\w+)` \| (\d{3}) \| .+ \|$/.exec(line)
    if (row?.[1]) rows.set(row[1], { status: Number(row[2]), heading })
  }
  return rows
}

function listSources(folder: string): readonly string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `${folder}/${path}`)
}

/** What provokes errors: tests and the contract suites they run. */
function readTests(): string {
  return [...listSources('src').filter((path) => path.endsWith('.test.ts')), ...listSources('test')]
    .filter((path) => !/errors-catalogue\.test|fake-face-watcher|test\/helpers/.test(path))
    .map(read)
    .join('\n')
}

function readSources(): string {
  return listSources('src')
    .filter((path) => !path.endsWith('.test.ts') && path !== 'src/core/errors.ts')
    .map(read)
    .join('\n')
}

describe('the error catalogue', () => {
  it('is documented code by code, with status and kind', () => {
    const documented = readDocumented()
    expect([...documented.keys()].sort()).toEqual([...codes].sort())
    for (const code of codes) {
      const { status, kind } = errorCatalogue[code]
      expect({ code, ...documented.get(code) }).toEqual({
        code,
        status,
        heading: headingOfKind[kind],
      })
    }
  })

  it('has a test for every code that is thrown', () => {
    const tests = readTests()
    const untested = codes.filter((code) => !new RegExp(`['"]${code}['"]`).test(tests))
    expect(untested).toEqual([])
  })

  it('has no code that nothing throws', () => {
    const sources = readSources()
    const unused = codes.filter((code) => !new RegExp(`['"]${code}['"]`).test(sources))
    expect(unused).toEqual([])
  })

  it('has plain sentences as messages', () => {
    for (const code of codes) expect(errorCatalogue[code].message).toMatch(/^[A-Z].*\.$/)
  })
})
