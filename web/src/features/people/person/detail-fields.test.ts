import { expect, test } from 'vitest'
import type { Person } from '../../../shared/api/types.ts'
import { toChanges, toFields } from './detail-fields.ts'

const person = {
  name: 'Ann',
  aliases: ['Annie'],
  externalId: 'e-1',
  metadata: { tags: ['family', 'left'], desk: 12, room: 'B' },
} as unknown as Person

test('a person is shown as texts', () => {
  expect(toFields(person)).toEqual({
    name: 'Ann',
    aliases: 'Annie',
    notes: '',
    tags: 'family, left',
    externalId: 'e-1',
    metadata: '[["desk","12"],["room","B"]]',
  })
})

test('what was typed and is the same again is no change', () => {
  expect(toChanges({}, person)).toBeUndefined()
  expect(toChanges({ name: 'Ann', notes: '' }, person)).toBeUndefined()
})

test('only what differs is sent, and what was emptied is taken away', () => {
  expect(toChanges({ name: ' Anna ', aliases: 'Annie\n\nNan\nNan' }, person)).toEqual({
    name: 'Anna',
    aliases: ['Annie', 'Nan'],
  })
  expect(toChanges({ externalId: ' ', notes: 'Tall.' }, person)).toEqual({
    externalId: null,
    notes: 'Tall.',
  })
})

test('numbers stay numbers, and texts that look like them texts', () => {
  const metadata = '[["desk","14"],["room","7"],["",""]]'
  expect(toChanges({ metadata }, person)).toEqual({
    metadata: { tags: ['family', 'left'], desk: 14, room: '7' },
  })
  expect(toChanges({ tags: '' }, person)).toEqual({ metadata: { desk: 12, room: 'B' } })
})
