import { describe, expect, test } from 'vitest'
import type { Box } from '../core/types.ts'
import type { Analysis } from '../vision/analyzer/analyzer-types.ts'
import { chooseLabelledFace } from './face-choice.ts'

function analysisOf(...boxes: readonly Box[]): Analysis {
  const faces = boxes.map((box) => ({ detection: { box } }))
  return { width: 250, height: 250, faces } as unknown as Analysis
}

describe('chooseLabelledFace', () => {
  test('prefers a face in the middle to a slightly larger one at the edge', () => {
    const centred = { x: 80, y: 80, width: 90, height: 90 }
    const analysis = analysisOf({ x: 0, y: 0, width: 95, height: 95 }, centred)
    expect(chooseLabelledFace(analysis)?.detection.box).toBe(centred)
  })

  test('prefers a large face near the middle to a tiny one in it', () => {
    const large = { x: 60, y: 60, width: 100, height: 100 }
    const analysis = analysisOf({ x: 115, y: 115, width: 20, height: 20 }, large)
    expect(chooseLabelledFace(analysis)?.detection.box).toBe(large)
  })

  test('answers nothing without faces', () => {
    expect(chooseLabelledFace(analysisOf())).toBeUndefined()
  })
})
