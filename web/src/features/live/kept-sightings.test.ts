import { expect, test } from 'vitest'
import type { TrackedFace } from './face-tracks.ts'
import { createKeptSightings } from './kept-sightings.ts'

function toFace(key: number, decision: TrackedFace['face']['decision']): TrackedFace {
  const thresholds = { match: 0.4, possible: 0.3 }
  const facts = { reasons: [], candidates: [], box: { x: 0, y: 0, width: 1, height: 1 } }
  return { key, face: { decision, ...facts, thresholds } as unknown as TrackedFace['face'] }
}

const stranger = toFace(1, 'unknown')

test('wants a frame of somebody unknown once, and again when they stay', () => {
  const sightings = createKeptSightings()
  expect(sightings.wants([stranger], 0)).toBe(true)
  sightings.kept([stranger], 100)
  expect(sightings.wants([stranger], 200)).toBe(false)
  expect(sightings.wants([stranger], 10_000)).toBe(false)
  expect(sightings.wants([stranger], 60_200)).toBe(true)
})

test('wants a frame of who joins or comes after, a little later', () => {
  const sightings = createKeptSightings()
  sightings.kept([stranger], 0)
  const both = [stranger, toFace(2, 'unknown')]
  expect(sightings.wants(both, 1_000)).toBe(false)
  expect(sightings.wants(both, 3_000)).toBe(true)
  // Nobody is there, and somebody else gets the key.
  expect(sightings.wants([], 4_000)).toBe(false)
  expect(sightings.wants([stranger], 5_000)).toBe(true)
})

test('wants no frame of those who are known or cannot be compared', () => {
  const sightings = createKeptSightings()
  expect(sightings.wants([toFace(1, 'match'), toFace(2, 'undetermined')], 0)).toBe(false)
})
