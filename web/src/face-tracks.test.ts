import { expect, test } from 'vitest'
import type { IdentifiedFace } from './api-types.ts'
import { computeOverlap, trackFaces } from './face-tracks.ts'

function faceAt(x: number, y: number, size = 100): IdentifiedFace {
  return { box: { x, y, width: size, height: size }, decision: 'unknown', candidates: [] }
}

test('measures the overlap of two boxes', () => {
  const box = { x: 0, y: 0, width: 10, height: 10 }
  expect(computeOverlap(box, box)).toBe(1)
  expect(computeOverlap(box, { ...box, x: 5 })).toBeCloseTo(1 / 3)
  expect(computeOverlap(box, { ...box, x: 10 })).toBe(0)
})

test('keeps the key of a face that moves, whatever the order of the answer', () => {
  const first = trackFaces([], [faceAt(0, 0), faceAt(300, 0)])
  const second = trackFaces(first, [faceAt(310, 5), faceAt(10, 5)])
  expect(first.map((face) => face.key)).toEqual([1, 2])
  expect(second.map((face) => face.key)).toEqual([2, 1])
})

test('gives a new face a new key', () => {
  const first = trackFaces([], [faceAt(0, 0)])
  const second = trackFaces(first, [faceAt(500, 0), faceAt(0, 0)])
  expect(second.map((face) => face.key)).toEqual([2, 1])
})

test('follows a face when the frames change size', () => {
  const first = trackFaces([], [faceAt(200, 200)])
  const second = trackFaces(first, [faceAt(400, 400, 200)], 2)
  expect(second[0]?.key).toBe(1)
})
