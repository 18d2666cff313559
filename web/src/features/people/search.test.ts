import { expect, test } from 'vitest'
import { parsePeopleSearch, toPersonsQuery } from './search.ts'

test('an address without anything shows who is not hidden, the latest change first', () => {
  expect(parsePeopleSearch({})).toEqual({})
  expect(toPersonsQuery({})).toEqual({ hidden: false, sort: 'updated', order: 'desc' })
})

test('what the address says is asked for', () => {
  const search = parsePeopleSearch({
    ...{ query: 'ann', sort: 'name', favourite: true, faces: 'one', hidden: 'true' },
  })
  expect(toPersonsQuery(search)).toEqual({
    ...{ query: 'ann', sort: 'name', order: 'asc', favourite: true, faces: 'one', hidden: true },
  })
})

test('a name of digits is a name', () => {
  expect(parsePeopleSearch({ query: 42 })).toEqual({ query: '42' })
})

test('what is not known is left out', () => {
  const odd = { sort: 'size', order: 'up', favourite: 'no', faces: 'many', view: 'map', other: 1 }
  expect(parsePeopleSearch(odd)).toEqual({})
})
