import { expect, test } from 'vitest'
import { findScreenCode, screenCode } from './screen-code.ts'

test.each([
  ['', '/identify'],
  ['#/', '/identify'],
  ['#/identify', '/identify'],
  ['#/people?query=ann&collection=visitors', '/people'],
  ['#/people/01K?part=history', '/people/$person'],
  ['#/people/twice', '/people/twice'],
  ['#/system/jobs?state=done', '/system/jobs'],
] as const)('the address %s is that of %s', (hash, screen) => {
  expect(findScreenCode(hash)).toBe(screenCode[screen])
})

test.each(['#/persons', '#register', '#/people/a/b', '#/constructor', '#/nowhere'])(
  'of %s the router knows more',
  (hash) => {
    expect(findScreenCode(hash)).toBeUndefined()
  },
)
