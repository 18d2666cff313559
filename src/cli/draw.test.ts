import { describe, expect, it } from 'vitest'
import { assertDrawnFormat, toSvg } from './draw.ts'

const face = {
  box: { x: 10, y: 20, width: 30, height: 40 },
  label: '<script>&"\u0000',
  decision: 'match',
} as const

describe('toSvg', () => {
  it('escapes names', () => {
    const svg = toSvg([face], { width: 100, height: 100, canDraw: () => true })
    expect(svg).toContain('&lt;script&gt;&amp;&quot;\u{FFFD}')
    expect(svg).not.toContain('<script')
  })

  it('numbers faces whose label cannot be drawn', () => {
    const faces = [face, { ...face, label: 'Ann 0.70' }, face]
    const svg = toSvg(faces, { width: 100, height: 100, canDraw: (label) => label === 'Ann 0.70' })
    expect(svg.match(/<g /g)).toHaveLength(2)
    expect(svg).toContain('>Ann 0.70</text>')
  })

  it('keeps the label inside the image when the face touches the upper edge', () => {
    const svg = toSvg([{ ...face, box: { ...face.box, y: 0 } }], {
      ...{ width: 100, height: 100, canDraw: () => true },
    })
    const y = Number(/<text x="\d+" y="([\d.]+)"/.exec(svg)?.[1])
    expect(y).toBeGreaterThan(0)
    expect(y).toBeLessThanOrEqual(100)
  })
})

it('names the formats it can write', () => {
  expect(() => assertDrawnFormat('a.PNG')).not.toThrow()
  expect(() => assertDrawnFormat('a.bmp')).toThrow('.jpg, .jpeg, .png, .webp')
})
