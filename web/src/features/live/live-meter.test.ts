import { expect, test } from 'vitest'
import { createLiveMeter } from './live-meter.ts'

test('measures frames a second and the median delay over the latest answers', () => {
  const meter = createLiveMeter()
  // A slow beginning that is forgotten.
  for (let frame = 0; frame < 5; frame++) meter.shown(frame * 1_000, frame * 1_000 + 900)
  expect(meter.speed()).toEqual({ framesPerSecond: 1, delayMs: 900 })
  for (let frame = 1; frame <= 30; frame++) {
    const nowMs = 4_900 + frame * 50
    meter.shown(nowMs - (frame % 2 === 0 ? 80 : 90), nowMs)
  }
  expect(meter.speed()).toEqual({ framesPerSecond: 20, delayMs: 90 })
})

test('says nothing of the first answers', () => {
  const meter = createLiveMeter()
  expect(meter.speed()).toBeUndefined()
  for (let frame = 0; frame < 3; frame++) meter.shown(0, 100)
  expect(meter.speed()).toBeUndefined()
})
