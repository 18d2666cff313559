import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { ChartFrame } from './chart-frame.tsx'
import { createScale } from './scale.ts'
import './charts.css'

interface BarChartProps {
  readonly title: string
  readonly label: string
  readonly values: readonly number[]
  readonly format: (value: number) => string
}

const width = 640
const height = 240
const edges = { left: 44, right: 16, top: 14, bottom: 46 }
/** How many bars, about. */
const wantedBars = 20
/** Fewer are no picture: what little there is stands among empty ones. */
const leastBars = 10

/** How often values occur, as bars of equal width. */
export function BarChart({ title, label, values, format }: BarChartProps): ReactNode {
  const t = useTranslations('shared')
  const bars = toBars(values)
  const [first, last] = [bars[0], bars.at(-1)]
  if (first === undefined || last === undefined) return null
  const most = Math.max(...bars.map(({ count }) => count))
  const across = createScale({
    from: first.from,
    to: last.to,
    range: [edges.left, width - edges.right],
  })
  const up = createScale({ from: 0, to: most, range: [height - edges.bottom, edges.top] })
  return (
    <ChartFrame
      title={title}
      columns={[label, t('howMany')]}
      rows={bars.map(({ from, to, count }) => [`${format(from)} – ${format(to)}`, String(count)])}
    >
      <svg className="chart" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {up.ticks
          .filter((tick) => Number.isInteger(tick))
          .map((tick) => (
            <g key={tick}>
              <line
                className="chart-grid"
                x1={edges.left}
                x2={width - edges.right}
                y1={up.at(tick)}
                y2={up.at(tick)}
              />
              <text x={edges.left - 8} y={up.at(tick) + 4} textAnchor="end">
                {tick}
              </text>
            </g>
          ))}
        {bars.map(({ from, to, count }) => (
          <rect
            key={from}
            className="chart-bar"
            x={across.at(from) + 1}
            width={Math.max(1, across.at(to) - across.at(from) - 2)}
            y={up.at(count)}
            height={up.at(0) - up.at(count)}
          />
        ))}
        {across.ticks.map((tick) => (
          <text key={tick} x={across.at(tick)} y={height - edges.bottom + 18} textAnchor="middle">
            {format(tick)}
          </text>
        ))}
        <text x={(edges.left + width - edges.right) / 2} y={height - 8} textAnchor="middle">
          {label}
        </text>
      </svg>
    </ChartFrame>
  )
}

interface Bar {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** Counts values in bars whose edges are whole hundredths. */
export function toBars(values: readonly number[]): readonly Bar[] {
  if (values.length === 0) return []
  const lowest = Math.floor(Math.min(...values) * 100)
  const highest = Math.max(lowest + leastBars, Math.floor(Math.max(...values) * 100) + 1)
  const step = Math.ceil((highest - lowest) / wantedBars)
  const count = Math.ceil((highest - lowest) / step)
  const counts = Array.from({ length: count }, () => 0)
  for (const value of values) {
    const index = Math.min(count - 1, Math.floor((value * 100 - lowest) / step + 1e-9))
    counts[index] = (counts[index] ?? 0) + 1
  }
  return counts.map((number, index) => ({
    from: (lowest + index * step) / 100,
    to: (lowest + (index + 1) * step) / 100,
    count: number,
  }))
}
