import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { explainReason } from '../../src/core/reason-sentences.ts'
import { rejectionReasons, undeterminedReasons } from '../../src/core/types.ts'

const page = readFileSync(new URL('../../docs/reference/http-api.md', import.meta.url), 'utf8')
const section = (heading: string): string =>
  page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''

describe('docs/reference/http-api.md', () => {
  it.each(undeterminedReasons)('has a row for %s in the words of the command line', (reason) => {
    const row = section('Decisions')
      .split('\n')
      .find((line) => line.startsWith('|') && line.split('|')[1]?.includes(`\`${reason}\``))
    expect(row).toBeDefined()
    const [last] = explainReason(reason).split(' ').slice(-1)
    expect(row).toContain(last)
  })

  it.each(rejectionReasons)('names %s', (reason) => {
    expect(section('Decisions') + section('Enrolment')).toContain(`\`${reason}\``)
  })
})
