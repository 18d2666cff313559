import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rejectionReasons, undeterminedReasons } from '../../src/core/types.ts'

const page = readFileSync(new URL('../../docs/reference/http-api.md', import.meta.url), 'utf8')
const section = (heading: string): string =>
  page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''

describe('docs/reference/http-api.md', () => {
  it.each(undeterminedReasons)('has a row for %s: what it means and what helps', (reason) => {
    const row = section('Decisions')
      .split('\n')
      .find((line) => line.startsWith('|') && line.split('|')[1]?.includes(`\`${reason}\``))
    expect(row).toMatch(/^\|[^|]+\| \w[^|]+ \| \w[^|]+ \|$/)
  })

  it.each(rejectionReasons)('names %s', (reason) => {
    expect(section('Decisions') + section('Enrolment')).toContain(`\`${reason}\``)
  })
})
