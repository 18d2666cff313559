import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Metadata, Person } from '../ports/persons.ts'
import { toMeasuredPage, toPage } from './pages.ts'
import { toPersonLength } from './person-lists.ts'

const bound = 1024 * 1024

function makePerson(index: number, name: string, metadata: Metadata): Person {
  const id = `01ARZ3NDEKTSV4RRFFQ6${String(index).padStart(6, '0')}`
  const createdAt = '2026-01-02T03:04:05.000Z'
  return {
    ...{ id, name, aliases: [], metadata, hidden: false, favourite: false },
    ...{ faceCount: 1, revision: 1, createdAt, updatedAt: createdAt },
  }
}

describe('a page of persons', () => {
  it('is at most as long as the bound, with one item at least, and full where items are small', () => {
    const size = fc.integer({ min: 0, max: 16_000 })
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 1001 }), (sizes) => {
        const found = sizes.map((length, i) => makePerson(i, 'Ann', { note: 'x'.repeat(length) }))
        const lengthOf = (person: Person) =>
          toPersonLength(person, JSON.stringify(person.metadata).length)
        const limit = 1000
        const { items, nextCursor } = toMeasuredPage('persons', found, { limit, lengthOf })
        expect(items).toEqual(found.slice(0, items.length))
        expect(items.length).toBeGreaterThan(0)
        expect(nextCursor === undefined).toBe(items.length === found.length)
        expect(JSON.stringify(items).length).toBeLessThanOrEqual(bound)
        // Not much shorter than it may be: estimates are 250 characters too long for a person.
        const next = found[items.length]
        if (next === undefined || items.length === limit) return
        const longer = JSON.stringify([...items, next]).length + 300 * items.length
        expect(longer).toBeGreaterThan(bound)
      }),
      { numRuns: 30 },
    )
  })

  it('measures each item once, and stops where the page is full', () => {
    const found = Array.from({ length: 1001 }, (_, i) => makePerson(i, 'Ann', {}))
    const measured: number[] = []
    const lengthOf = (_: Person, index: number) => {
      measured.push(index)
      return bound / 4
    }
    expect(toMeasuredPage('persons', found, { limit: 1000, lengthOf }).items).toHaveLength(4)
    expect(measured).toEqual([0, 1, 2, 3, 4])
  })

  it('writes nothing as JSON to be measured', () => {
    const toJSON = () => {
      throw new Error('written')
    }
    const found = Array.from({ length: 11 }, (_, i) => ({ ...makePerson(i, 'Ann', {}), toJSON }))
    expect(toPage('persons', found, 10).items).toHaveLength(10)
  })
})
