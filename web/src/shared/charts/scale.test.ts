import { describe, expect, test } from 'vitest'
import { createScale } from './scale.ts'

describe('createScale', () => {
  test('puts values where they belong and labels round ones', () => {
    const scale = createScale({ from: 0, to: 0.5, range: [0, 100] })
    expect(scale.at(0.25)).toBeCloseTo(50, 9)
    expect(scale.ticks).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5])
  })

  test('labels powers of ten on a logarithmic axis', () => {
    const scale = createScale({ from: 5e-4, to: 0.2, range: [100, 0], isLog: true })
    expect(scale.ticks).toEqual([0.001, 0.01, 0.1])
    expect(scale.at(0.01)).toBeCloseTo(50, 9)
  })

  test('begins at a round value where the axis does not', () => {
    expect(createScale({ from: 0.13, to: 0.61, range: [0, 1] }).ticks).toEqual([
      0.2, 0.3, 0.4, 0.5, 0.6,
    ])
  })
})
