import type { ReactNode } from 'react'
import { ChartFrame } from './chart-frame.tsx'
import { createScale } from './scale.ts'
import './charts.css'

export interface ChartPoint {
  readonly x: number
  readonly y: number
}

export interface Series {
  readonly name: string
  /** Ascending x. */
  readonly points: readonly ChartPoint[]
}

export interface Axis {
  readonly label: string
  readonly from: number
  readonly to: number
  readonly isLog?: boolean
  readonly format: (value: number) => string
}

interface LineChartProps {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  /** At most three, which are told apart by their strokes, too. */
  readonly series: readonly Series[]
  /** A point to stand out. */
  readonly mark?: ChartPoint & { readonly label: string }
}

const width = 640
const height = 300
const edges = { left: 64, right: 16, top: 14, bottom: 46 }

/** A drawing of curves, and the same numbers as a table. */
export function LineChart({ title, x, y, series, mark }: LineChartProps): ReactNode {
  const across = createScale({ ...x, range: [edges.left, width - edges.right] })
  const up = createScale({ ...y, range: [height - edges.bottom, edges.top] })
  const clamp = (axis: Axis, value: number) => Math.min(axis.to, Math.max(axis.from, value))
  const place = (point: ChartPoint) =>
    `${across.at(clamp(x, point.x)).toFixed(1)},${up.at(clamp(y, point.y)).toFixed(1)}`
  return (
    <ChartFrame
      title={title}
      names={series.length > 1 ? series.map(({ name }) => name) : []}
      columns={[x.label, ...series.map(({ name }) => name)]}
      rows={toRows(series).map(([at, ...values]) => [
        x.format(at as number),
        ...values.map((value) => (value === undefined ? '–' : y.format(value))),
      ])}
    >
      <svg className="chart" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {up.ticks.map((tick) => (
          <g key={tick}>
            <line
              className="chart-grid"
              x1={edges.left}
              x2={width - edges.right}
              y1={up.at(tick)}
              y2={up.at(tick)}
            />
            <text x={edges.left - 8} y={up.at(tick) + 4} textAnchor="end">
              {y.format(tick)}
            </text>
          </g>
        ))}
        {across.ticks.map((tick) => (
          <text key={tick} x={across.at(tick)} y={height - edges.bottom + 18} textAnchor="middle">
            {x.format(tick)}
          </text>
        ))}
        <text x={(edges.left + width - edges.right) / 2} y={height - 8} textAnchor="middle">
          {x.label}
        </text>
        {series.map(({ name, points }, index) => (
          <polyline
            key={name}
            className={`chart-line chart-line-${index}`}
            points={points.map(place).join(' ')}
          />
        ))}
        {mark && (
          <circle
            className="chart-mark"
            cx={across.at(clamp(x, mark.x))}
            cy={up.at(clamp(y, mark.y))}
            r={7}
          />
        )}
      </svg>
      {mark && <p className="chart-mark-text">{mark.label}</p>}
    </ChartFrame>
  )
}

/** One row an x, with the y of each series there. */
function toRows(series: readonly Series[]): (number | undefined)[][] {
  const all = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))]
  return all
    .sort((a, b) => a - b)
    .map((x) => [x, ...series.map(({ points }) => points.find((point) => point.x === x)?.y)])
}
