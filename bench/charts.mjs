// Line charts as SVG documents that follow the reader's light or dark scheme. Each line is named at
// its end, so that colour is not needed to tell them apart.
const width = 760
const height = 400
const margin = { left: 64, right: 230, top: 56, bottom: 52 }
const labelGap = 17
/** Okabe & Ito's palette, and lighter versions for a dark ground; the first is our own. */
const palette = [
  ['#0072b2', '#56b4e9'],
  ['#d55e00', '#ff9d4d'],
  ['#009e73', '#2fd3a5'],
  ['#a8578a', '#e29bc8'],
  ['#8a6d00', '#e6c229'],
  ['#555555', '#bbbbbb'],
]
const style = `
  svg { font-family: system-ui, sans-serif; font-size: 13px }
  .ground { fill: #ffffff } .ink { fill: #1f2328 } .faint { fill: #59636e }
  .grid { stroke: #d8dee4 } .line { fill: none; stroke-width: 2; stroke-linejoin: round }
  .strong { stroke-width: 3.5 } .bold { font-weight: 600 } .dashed { stroke-dasharray: 6 5 }
${palette.map(([light], i) => `  .s${i} { stroke: ${light} } .f${i} { fill: ${light} }`).join('\n')}
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .ink { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #30363d }
${palette.map(([, dark], i) => `    .s${i} { stroke: ${dark} } .f${i} { fill: ${dark} }`).join('\n')}
  }
`

/**
 * @param series `points`: [x, y]; `colour`: number in the palette; `strong`, `dashed`: of the line
 * @param options `x`, `y`: `{ label, log, ticks }`; y begins at 0 unless it is logarithmic; ticks of
 *   x are `[x, text]`
 */
export function renderLines(series, { title, subtitle, x, y }) {
  const right = width - margin.right
  const bottom = height - margin.bottom
  const xs = series.flatMap(({ points }) => points.map(([at]) => at))
  const ys = series.flatMap(({ points }) => points.map(([, at]) => at))
  const placeX = toScale(Math.min(...xs), Math.max(...xs), [margin.left + 12, right - 12], x.log)
  const yTicks = y.log ? logTicks(ys) : linearTicks(Math.max(...ys))
  const placeY = toScale(yTicks[0], yTicks.at(-1), [bottom, margin.top], y.log)
  const ends = series.map(({ points }) => placeY(points.at(-1)[1]))
  const labels = spread(ends, margin.top, bottom)
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="6"/>`,
    `<text class="ink bold" x="16" y="24" font-size="16">${escapeText(title)}</text>`,
    `<text class="faint" x="16" y="43">${escapeText(subtitle)}</text>`,
  ]
  for (const tick of yTicks) {
    const at = round(placeY(tick))
    parts.push(
      `<line class="grid" x1="${margin.left}" x2="${right}" y1="${at}" y2="${at}"/>`,
      `<text class="faint" x="${margin.left - 8}" y="${at + 4}" text-anchor="end">${toText(tick)}</text>`,
    )
  }
  for (const [tick, text] of x.ticks) {
    const at = round(placeX(tick))
    parts.push(
      `<text class="faint" x="${at}" y="${bottom + 20}" text-anchor="middle">${escapeText(text)}</text>`,
    )
  }
  const middle = (margin.top + bottom) / 2
  parts.push(
    `<text class="faint" x="${(margin.left + right) / 2}" y="${height - 10}" text-anchor="middle">${escapeText(x.label)}</text>`,
    `<text class="faint" transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle">${escapeText(y.label)}</text>`,
  )
  series.forEach(({ label, points, colour, strong, dashed }, i) => {
    const placed = points.map(([px, py]) => [round(placeX(px)), round(placeY(py))])
    const kind = `${strong ? ' strong' : ''}${dashed ? ' dashed' : ''}`
    parts.push(
      `<polyline class="line s${colour}${kind}" points="${placed.map((at) => at.join()).join(' ')}"/>`,
      ...placed.map(
        ([cx, cy]) =>
          `<circle class="f${colour}" cx="${cx}" cy="${cy}" r="${strong ? 4.5 : 3.5}"/>`,
      ),
      `<path class="line s${colour}" style="stroke-width:1.2;stroke-dasharray:1 4" d="M${placed.at(-1)[0] + 6} ${round(ends[i])}L${right + 4} ${labels[i]}"/>`,
      `<text class="f${colour}${strong ? ' bold' : ''}" x="${right + 8}" y="${labels[i] + 4}">${escapeText(label)}</text>`,
    )
  })
  return `${[...parts, '</svg>'].join('\n')}\n`
}

function toScale(low, high, [from, to], isLog) {
  const place = isLog ? Math.log10 : (value) => value
  const span = place(high) - place(low) || 1
  return (value) => from + ((to - from) * (place(value) - place(low))) / span
}

/** 1, 2 and 5 of each decade that the values are in. */
function logTicks(values) {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const all = []
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.ceil(Math.log10(high)); decade++) {
    for (const digit of [1, 2, 5]) all.push(digit * 10 ** decade)
  }
  const first = all.findLastIndex((tick) => tick <= low)
  const last = all.findIndex((tick) => tick >= high)
  const ticks = all.slice(first, last + 1)
  const isDecade = (tick) => Number.isInteger(Math.log10(tick))
  return ticks.length <= 9
    ? ticks
    : ticks.filter((tick, i) => isDecade(tick) || i === 0 || i === ticks.length - 1)
}

function linearTicks(high) {
  const rough = high / 5
  const decade = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((digit) => digit * decade).find((size) => size >= rough)
  return Array.from({ length: Math.ceil(high / step) + 1 }, (_, i) => i * step)
}

/** Places that are as near as possible to where they belong and far enough from one another. */
function spread(wanted, top, bottom) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b])
  const placed = order.map((i) => wanted[i])
  for (let round = 0; round < 200; round++) {
    for (let i = 1; i < placed.length; i++) {
      const lack = labelGap - (placed[i] - placed[i - 1])
      if (lack <= 0) continue
      placed[i - 1] -= lack / 2
      placed[i] += lack / 2
    }
    placed.forEach((at, i) => {
      placed[i] = Math.min(bottom, Math.max(top, at))
    })
  }
  const out = []
  order.forEach((of, i) => {
    out[of] = round(placed[i])
  })
  return out
}

function round(value) {
  return Math.round(value * 10) / 10
}

function toText(value) {
  return Number(value.toPrecision(3)).toLocaleString('en')
}

function escapeText(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
