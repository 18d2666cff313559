/** Maps values of an axis onto a drawing. */
export interface Scale {
  /** Where a value stands, drawing units. */
  readonly at: (value: number) => number
  /** Round values to label, ascending. */
  readonly ticks: readonly number[]
}

interface ScaleOptions {
  readonly from: number
  readonly to: number
  /** Where the ends stand, drawing units. */
  readonly range: readonly [number, number]
  readonly isLog?: boolean
}

/** Creates a scale from `from` to `to`, which differ; both above 0 where it is logarithmic. */
export function createScale({ from, to, range: [start, end], isLog = false }: ScaleOptions): Scale {
  const place = isLog ? Math.log10 : (value: number) => value
  const [low, high] = [place(from), place(to)]
  return {
    at: (value) => start + ((place(value) - low) / (high - low)) * (end - start),
    ticks: isLog ? logTicks(from, to) : linearTicks(from, to),
  }
}

/** How many labels an axis has, about. */
const wantedTicks = 5

function linearTicks(from: number, to: number): number[] {
  const rough = (to - from) / wantedTicks
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10)
  const first = Math.ceil(from / step - 1e-9)
  const count = Math.floor(to / step + 1e-9) - first + 1
  // Steps are counted, not added up, so that 0.1 + 0.2 is labelled 0.3.
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

function logTicks(from: number, to: number): number[] {
  const first = Math.ceil(Math.log10(from) - 1e-9)
  const count = Math.floor(Math.log10(to) + 1e-9) - first + 1
  return Array.from({ length: Math.max(0, count) }, (_, i) =>
    Number((10 ** (first + i)).toPrecision(1)),
  )
}
