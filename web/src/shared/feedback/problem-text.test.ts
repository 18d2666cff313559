import { createTranslator } from 'use-intl/core'
import { expect, test } from 'vitest'
import { ApiProblem, isTemporary, toProblem } from '../api/problem.ts'
import { en } from '../text/en.ts'
import { problemText } from './problem-text.ts'

const t = createTranslator({ locale: 'en', messages: en, namespace: 'problems' })

test('tells temporary problems from lasting ones', () => {
  expect(isTemporary(new ApiProblem('overloaded', ''))).toBe(true)
  expect(isTemporary(new ApiProblem('unauthorized', ''))).toBe(false)
  expect(problemText(t, new ApiProblem('invalidName', 'The name is too long.'))).toBe(
    'The name is too long.',
  )
})

test('says which scope a key lacks', () => {
  expect(problemText(t, new ApiProblem('missingScope', 'Needed: people:write.'))).toBe(
    'You are not allowed to do this. Needed: people:write.',
  )
})

test('reads a problem document, and takes what a proxy says for a server that is gone', () => {
  const headers = { 'retry-after': '2', 'x-request-id': 'r2' }
  const busy = toProblem(
    { code: 'overloaded', title: 'Busy.', requestId: 'r1' },
    new Response('', { status: 503, headers }),
  )
  expect({ ...busy.details, code: busy.code, message: busy.message }).toEqual({
    code: 'overloaded',
    message: 'Busy.',
    status: 503,
    requestId: 'r1',
    retryAfterMs: 2000,
  })
  const gone = toProblem('<html>', new Response('', { status: 502 }))
  expect([gone.code, gone.details.requestId]).toEqual(['unreachable', undefined])
  expect(toProblem(undefined, new Response('', { status: 418, headers })).details.requestId).toBe(
    'r2',
  )
})
