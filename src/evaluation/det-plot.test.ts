import { describe, expect, test } from 'vitest'
import { renderDetPlot } from './det-plot.ts'

const labels = { title: 'A <model>', xLabel: 'FMR', yLabel: 'FNMR' }

describe('renderDetPlot', () => {
  test('draws a line a series over whole decades', () => {
    const svg = renderDetPlot(
      [
        {
          label: 'one & two',
          points: [
            { x: 0.1, y: 0.01 },
            { x: 1e-5, y: 0.1 },
          ],
        },
      ],
      labels,
    )
    expect(svg).toContain('points="690,460 80,50"')
    expect(svg).toContain('>1e-5<')
    expect(svg).toContain('one &amp; two')
    expect(svg).toContain('A &lt;model&gt;')
  })

  test('leaves out rates of 0, which a logarithmic axis cannot show', () => {
    const svg = renderDetPlot([{ label: 'a', points: [{ x: 0.1, y: 0 }] }], labels)
    expect(svg).toContain('points=""')
    expect(svg).not.toContain('NaN')
  })
})
