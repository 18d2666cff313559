/** A curve of a DET plot: false positive rate against false negative rate, both above 0 where drawn. */
export interface DetSeries {
  readonly label: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

export interface DetPlotOptions {
  readonly title: string
  /** Title of the axis, for instance `FMR` (and `FNMR`), or `FPIR` (and `FNIR`). */
  readonly xLabel: string
  readonly yLabel: string
}

const width = 720
const height = 520
const margin = { left: 80, right: 30, top: 50, bottom: 60 }
/** Okabe & Ito's palette: told apart by colour-blind readers. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9']

/**
 * A DET plot as an SVG document, both axes logarithmic.
 *
 * Logarithmic rather than probit: the rates that matter for identification are far below 0.1, where
 * both look alike and the decades can be read off.
 *
 * @source Martin et al. 1997, Eurospeech, "The DET curve in assessment of detection task performance"
 */
export function renderDetPlot(series: readonly DetSeries[], options: DetPlotOptions): string {
  const drawn = series.map((one) => ({
    ...one,
    points: one.points.filter((point) => point.x > 0 && point.y > 0),
  }))
  const all = drawn.flatMap((one) => one.points)
  const x = createAxis(
    all.map((point) => point.x),
    margin.left,
    width - margin.right,
  )
  const y = createAxis(
    all.map((point) => point.y),
    height - margin.bottom,
    margin.top,
  )
  const right = width - margin.right
  const bottom = height - margin.bottom
  const centre = (margin.left + right) / 2
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" role="img">`,
    `<title>${escapeText(options.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${centre}" y="28" text-anchor="middle" font-size="16">${escapeText(options.title)}</text>`,
    ...x.ticks.flatMap(({ at, label }) => [
      line(at, margin.top, at, bottom),
      `<text x="${at}" y="${bottom + 20}" text-anchor="middle">${label}</text>`,
    ]),
    ...y.ticks.flatMap(({ at, label }) => [
      line(margin.left, at, right, at),
      `<text x="${margin.left - 8}" y="${at + 4}" text-anchor="end">${label}</text>`,
    ]),
    `<text x="${centre}" y="${height - 16}" text-anchor="middle">${escapeText(options.xLabel)}</text>`,
    `<text transform="translate(22 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeText(options.yLabel)}</text>`,
  ]
  for (const [index, one] of drawn.entries()) {
    const colour = colours[index % colours.length]
    const path = one.points.map((point) => `${x.place(point.x)},${y.place(point.y)}`).join(' ')
    const legendY = margin.top + 18 + 20 * index
    parts.push(
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      `<rect x="${right - 170}" y="${legendY - 9}" width="18" height="4" fill="${colour}"/>`,
      `<text x="${right - 146}" y="${legendY - 2}">${escapeText(one.label)}</text>`,
    )
  }
  return `${[...parts, '</svg>'].join('\n')}\n`
}

interface Axis {
  place(value: number): number
  readonly ticks: readonly { readonly at: number; readonly label: string }[]
}

/** A logarithmic axis over whole decades, from pixel `start` to pixel `end`. */
function createAxis(values: readonly number[], start: number, end: number): Axis {
  const exponents = values.map(Math.log10)
  const low = Math.floor(exponents.reduce((a, b) => Math.min(a, b), -1))
  const high = Math.ceil(exponents.reduce((a, b) => Math.max(a, b), low + 1))
  const placeExponent = (exponent: number): number =>
    round(start + ((end - start) * (exponent - low)) / (high - low))
  return {
    place: (value) => placeExponent(Math.log10(value)),
    ticks: Array.from({ length: high - low + 1 }, (_, step) => ({
      at: placeExponent(low + step),
      label: `1e${low + step}`,
    })),
  }
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
