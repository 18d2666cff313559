import { describe, expect, test } from 'vitest'
import { adviseOn, explainReason } from './reason-sentences.ts'
import { undeterminedReasons } from './types.ts'

describe('reasons in words', () => {
  test.each(undeterminedReasons)('%s has a clause of its own and a sentence', (reason) => {
    expect(explainReason(reason)).toMatch(/^(the|it|something) [a-z' ]+[a-z]$/)
    expect(adviseOn(reason)).toMatch(/^(The|It|Something) [^.]+: [^.]+\.$/)
    expect(adviseOn(reason).toLowerCase()).toContain(explainReason(reason))
  })

  test('no two reasons read the same', () => {
    const clauses = undeterminedReasons.map(explainReason)
    expect(new Set(clauses).size).toBe(undeterminedReasons.length)
  })
})
