import { expect, test } from 'vitest'
import { judgeFrame } from './poses.ts'

function face(changes: {
  readonly yaw?: number
  readonly pitch?: number
  readonly sizePx?: number
  readonly sharpness?: number
  readonly brightness?: number
}) {
  const { yaw = 0, pitch = 0, ...quality } = changes
  return {
    box: { x: 0, y: 0, width: 200, height: 240 },
    quality: {
      ...{ sizePx: 200, sharpness: 80, brightness: 0.5, confidence: 1 },
      ...quality,
      pose: { yaw, pitch, roll: 0 },
    },
  }
}

test('takes each pose for what it is, by the signs of the API', () => {
  expect(judgeFrame([face({})], 'front', 0)).toBe('good')
  expect(judgeFrame([face({ yaw: 25 })], 'front', 0)).toBe('lookStraight')
  // To image right is to the left of who looks into the camera.
  expect(judgeFrame([face({ yaw: 25 })], 'left', 0)).toBe('good')
  expect(judgeFrame([face({ yaw: 25 })], 'right', 0)).toBe('turnMore')
  expect(judgeFrame([face({ yaw: -25 })], 'right', 0)).toBe('good')
  expect(judgeFrame([face({ yaw: -60 })], 'right', 0)).toBe('turnLess')
  expect(judgeFrame([face({ pitch: 15 })], 'down', 0)).toBe('good')
  expect(judgeFrame([face({ pitch: -15 })], 'up', 0)).toBe('good')
})

test('counts up and down from how the head stands from the front', () => {
  expect(judgeFrame([face({ pitch: 10 })], 'down', 8)).toBe('turnMore')
  expect(judgeFrame([face({ pitch: 20 })], 'down', 8)).toBe('good')
  expect(judgeFrame([face({ pitch: -1 })], 'up', 8)).toBe('good')
})

test('says what is wrong with the picture, the most important first', () => {
  expect(judgeFrame([], 'front', 0)).toBe('noFace')
  expect(judgeFrame([face({}), face({})], 'front', 0)).toBe('severalFaces')
  expect(judgeFrame([face({ sizePx: 50, brightness: 0.1 })], 'front', 0)).toBe('comeNearer')
  expect(judgeFrame([face({ brightness: 0.1 })], 'front', 0)).toBe('addLight')
  expect(judgeFrame([face({ brightness: 0.95 })], 'front', 0)).toBe('lessLight')
  expect(judgeFrame([face({ sharpness: 3 })], 'front', 0)).toBe('holdStill')
})

test('does not mind somebody small in the background', () => {
  const small = { ...face({}), box: { x: 0, y: 0, width: 40, height: 50 } }
  expect(judgeFrame([face({}), small], 'front', 0)).toBe('good')
})
