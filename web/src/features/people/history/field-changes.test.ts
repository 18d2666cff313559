import { expect, test } from 'vitest'
import type { HistoryDetails } from '../../../shared/api/types.ts'
import { toFieldChanges } from './field-changes.ts'

test('fields are told before and after, faces counted, and what says nothing is left out', () => {
  const entry = {
    transitions: [
      {
        record: 'person',
        id: 'p',
        before: { name: 'Ann', aliases: [], hidden: false, favourite: false },
        after: { name: 'Anna', aliases: ['Ann', 'Annie'], hidden: false, favourite: true },
      },
      { record: 'face', id: 'f', before: null, after: { personId: 'p' } },
    ],
  } as unknown as HistoryDetails
  expect(toFieldChanges(entry)).toEqual({
    changes: [
      { id: 'p', field: 'name', before: 'Ann', after: 'Anna' },
      { id: 'p', field: 'aliases', before: '', after: 'Ann, Annie' },
      { id: 'p', field: 'favourite', before: '', after: '✓' },
    ],
    faces: 1,
  })
})

test('who was made or deleted has fields on one side', () => {
  const entry = {
    transitions: [
      { record: 'person', id: 'p', before: null, after: { name: 'Ann', metadata: {} } },
    ],
  } as unknown as HistoryDetails
  expect(toFieldChanges(entry).changes).toEqual([
    { id: 'p', field: 'name', before: '', after: 'Ann' },
  ])
})
