import { expect, test } from 'vitest'
import type { JobItem } from '../api/types.ts'
import { areDifferent, mergePairs, toFindings } from './findings.ts'

const item = (body: JobItem['body']): JobItem => ({ id: 'I', rejected: false, body })

test('sorts what an examination lists', () => {
  const pair = { personIds: ['A', 'B'], faceIds: ['a', 'b'], similarity: 0.7 }
  const findings = toFindings([
    item({ type: 'missedFace', faceId: 'c', personId: 'C', outcome: 'missed' }),
    item({ type: 'alikePair', ...pair }),
    item({ type: 'weakPerson', personId: 'D', weaknesses: ['onePhotograph'] }),
    item({ type: 'somethingLater' }),
  ])
  expect(findings.pairs).toMatchObject([pair])
  expect(findings.missed.map(({ faceId }) => faceId)).toEqual(['c'])
  expect(findings.weak.map(({ personId }) => personId)).toEqual(['D'])
})

test('a pair is decided when a face of one is not the other', () => {
  const pair = { personIds: ['A', 'B'] } as const
  expect(areDifferent(pair, [{ personId: 'B', facePersonId: 'A' }])).toBe(true)
  expect(areDifferent(pair, [{ personId: 'A', facePersonId: 'B' }])).toBe(true)
  // Of a photograph that is not kept, of another face, and of one that was moved to the person.
  const others = [{ personId: 'A' }, { personId: 'A', facePersonId: 'C' }]
  expect(areDifferent(pair, [...others, { personId: 'A', facePersonId: 'A' }])).toBe(false)
})

test('has a pair once, whoever comes first', () => {
  const pair = { personIds: ['A', 'B'], faceIds: ['a', 'b'], similarity: 0.7 } as const
  const turned = { personIds: ['B', 'A'], faceIds: ['x', 'y'], similarity: 0.6 } as const
  expect(mergePairs([pair], [turned])).toEqual([pair])
})
