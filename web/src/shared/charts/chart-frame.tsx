import { type ReactNode, useId } from 'react'
import { useTranslations } from 'use-intl'
import '../data-table.css'
import './charts.css'

interface ChartFrameProps {
  readonly title: string
  /** Of the curves, for the legend. */
  readonly names?: readonly string[]
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** The drawing, which screen readers leave out: they have the table. */
  readonly children: ReactNode
}

/** A drawing with its legend and, on demand, its numbers. */
export function ChartFrame(props: ChartFrameProps): ReactNode {
  const t = useTranslations('shared')
  const { title, names = [], columns, rows, children } = props
  const id = useId()
  return (
    <figure className="chart-frame" aria-labelledby={id}>
      <figcaption id={id}>{title}</figcaption>
      {children}
      {names.length > 0 && (
        <ul className="chart-legend">
          {names.map((name, index) => (
            <li key={name}>
              <svg viewBox="0 0 28 8" aria-hidden="true">
                <line className={`chart-line chart-line-${index}`} x1="0" x2="28" y1="4" y2="4" />
              </svg>
              {name}
            </li>
          ))}
        </ul>
      )}
      <details className="chart-table">
        <summary>{t('asTable')}</summary>
        <div className="table-scroll">
          <table>
            <caption className="visually-hidden">{title}</caption>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row[0]}>
                  {row.map((cell, index) =>
                    index === 0 ? (
                      <th key={columns[index]} scope="row">
                        {cell}
                      </th>
                    ) : (
                      <td key={columns[index]}>{cell}</td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  )
}
