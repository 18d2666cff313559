import { expect, test } from 'vitest'
import { createFramePacer, frameSides } from './frame-pacing.ts'

function repeat(times: number, action: () => void): void {
  for (let i = 0; i < times; i++) action()
}

test('sends smaller frames after several slow answers and larger ones after several fast answers', () => {
  const pacer = createFramePacer()
  expect(pacer.maxSide()).toBe(frameSides[1])
  repeat(4, () => pacer.answered(900))
  expect(pacer.maxSide()).toBe(frameSides[0])
  repeat(8, () => pacer.answered(50))
  expect(pacer.maxSide()).toBe(frameSides[2])
})

test('keeps the size when slow and fast answers alternate', () => {
  const pacer = createFramePacer()
  repeat(10, () => {
    pacer.answered(900)
    pacer.answered(50)
  })
  expect(pacer.maxSide()).toBe(frameSides[1])
})

test('caps the rate at twenty frames a second and never waits after a long pause', () => {
  const pacer = createFramePacer()
  expect([1_000, 1_010, 1_020].map((nowMs) => pacer.beforeSending(nowMs))).toEqual([0, 40, 80])
  expect(pacer.beforeSending(5_000)).toBe(0)
})

test('waits as long as the server asks and slows down when it is refused', () => {
  const pacer = createFramePacer()
  expect(pacer.refused(3_000)).toBe(3_000)
  pacer.beforeSending(1_000)
  expect(pacer.beforeSending(1_000)).toBe(200)
  repeat(20, () => pacer.refused(undefined))
  expect(pacer.refused(undefined)).toBe(2_000)
})
