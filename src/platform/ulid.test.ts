import { describe, expect, it } from 'vitest'
import { createUlidSource } from './ulid.ts'

describe('createUlidSource', () => {
  it('makes ids that grow, also within a millisecond and beyond its pool of random bytes', () => {
    const next = createUlidSource()
    const ids = Array.from({ length: 500 }, (_, i) => next(1_000_000 + Math.floor(i / 2)))
    expect([...new Set(ids)].sort()).toEqual(ids)
    for (const id of ids) expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
  })

  it('makes other ids than another source does at the same time', () => {
    const [one, other] = [createUlidSource(), createUlidSource()]
    const ids = Array.from({ length: 200 }, () => [one(1_000_000), other(1_000_000)]).flat()
    expect(new Set(ids).size).toBe(400)
  })
})
