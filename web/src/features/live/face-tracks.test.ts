import { expect, test } from 'vitest'
import type { IdentifiedFace } from '../../shared/api/types.ts'
import { computeOverlap, steadyFaces, type TrackedFace, trackFaces } from './face-tracks.ts'

function faceAt(x: number, y: number, size = 100): IdentifiedFace {
  return {
    box: { x, y, width: size, height: size },
    decision: 'unknown',
    reasons: [],
    candidates: [],
  }
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

const ann: IdentifiedFace = {
  ...faceAt(0, 0),
  decision: 'match',
  candidates: [{ personId: 'P1', personName: 'Ann', metadata: {}, faceId: 'F1', similarity: 0.7 }],
}
const blurred: IdentifiedFace = {
  ...faceAt(5, 5),
  decision: 'undetermined',
  reasons: ['tooBlurred'],
}

/** What is shown of one face over frames, 100 ms apart. */
function show(frames: readonly IdentifiedFace[]): readonly TrackedFace[] {
  const shown: TrackedFace[] = []
  for (const [index, face] of frames.entries()) {
    const previous = shown.slice(-1)
    shown.push(...steadyFaces(previous, trackFaces(previous, [face]), index * 100))
  }
  return shown
}

test('holds an answer over frames that cannot be compared, at the new place', () => {
  const shown = show([ann, blurred, ann, blurred, blurred])
  expect(shown.map(({ face }) => face.decision)).toEqual(Array(5).fill('match'))
  expect(shown[1]?.face.box).toEqual(blurred.box)
})

test('says that it cannot tell when that lasts, and never shows the name any more', () => {
  const shown = show([ann, ...Array(10).fill(blurred)])
  const decisions = shown.map(({ face }) => face.decision)
  expect(decisions.slice(0, 7)).toEqual(Array(7).fill('match'))
  expect(decisions.slice(7)).toEqual(Array(4).fill('undetermined'))
  expect(shown[7]?.face.candidates).toEqual([])
})

test('says at once that it cannot tell of a new face, and at once who it is', () => {
  expect(show([blurred, ann]).map(({ face }) => face.decision)).toEqual(['undetermined', 'match'])
})

test('keeps the reasons while the main one lasts', () => {
  const other: IdentifiedFace = { ...blurred, reasons: ['tooDark', 'tooBlurred'] }
  const dark: IdentifiedFace = { ...blurred, reasons: ['tooDark'] }
  const reasons = show([blurred, other, dark]).map(({ face }) => face.reasons)
  expect(reasons).toEqual([['tooBlurred'], ['tooBlurred'], ['tooDark']])
})
