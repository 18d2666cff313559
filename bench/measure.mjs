// What every benchmark needs: percentiles, and the machine, versions and commit beside a result.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { basename, dirname, isAbsolute } from 'node:path'

/** The p-quantile (0 to 1) by linear interpolation between order statistics. */
export function percentile(values, p) {
  const xs = [...values].sort((a, b) => a - b)
  if (xs.length === 0) return Number.NaN
  const at = (xs.length - 1) * p
  const low = Math.floor(at)
  const high = Math.ceil(at)
  return xs[low] + (xs[high] - xs[low]) * (at - low)
}

export function median(values) {
  return percentile(values, 0.5)
}

/** Of latencies in milliseconds. */
export function toLatency(values) {
  return {
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    p99: percentile(values, 0.99),
  }
}

/**
 * Slope of y over x by least squares, with its standard error, widened for residuals that follow
 * each other (autocorrelation r: of n points as many count as n (1 - r) / (1 + r)).
 *
 * @source Wilks 2011, Statistical Methods in the Atmospheric Sciences, 3rd ed., sec. 5.2.4
 */
export function fitLine(points) {
  const n = points.length
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / n
  const [mx, my] = [mean(0), mean(1)]
  const sxx = points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
  const slope = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / sxx
  const residuals = points.map(([x, y]) => y - my - slope * (x - mx))
  const square = residuals.reduce((sum, value) => sum + value ** 2, 0)
  const next = residuals.slice(1).reduce((sum, value, i) => sum + value * residuals[i], 0)
  const r = square === 0 ? 0 : Math.min(0.99, Math.max(0, next / square))
  const error = Math.sqrt(square / (n - 2) / sxx) * Math.sqrt((1 + r) / (1 - r))
  return { slope, error }
}

export async function time(action) {
  const begun = performance.now()
  const result = await action()
  return [performance.now() - begun, result]
}

/** Works on the items in order, `lanes` at a time. */
export async function inParallel(items, lanes, work) {
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const at = next++
      await work(items[at], at)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

/** The list, begun at another place each round: nobody always goes first. */
export function rotate(list, by) {
  const from = by % list.length
  return [...list.slice(from), ...list.slice(0, from)]
}

/**
 * Who comes when, in one turn of several: as {@link rotate}, and backwards in every second turn,
 * because otherwise each comes after the same other all the time.
 *
 * @param turn  from 0
 */
export function takeTurns(list, turn) {
  const order = rotate(list, turn)
  return turn % 2 === 0 ? order : order.reverse()
}

/**
 * Machine, versions and commit. `dirty` tells that the source had uncommitted changes; `loadAverage`
 * (of one minute, at the start of the process) how busy the machine was before.
 */
export function machine() {
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim()
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
      loadAverage: loadAtStart,
    },
    commit: git('rev-parse', '--short', 'HEAD'),
    dirty: git('status', '--porcelain', '--untracked-files=no', '--', ...source) !== '',
  }
}
const loadAtStart = loadavg()[0]
/** Other results are no change of what is measured. */
const source = [':/', ':(top,exclude)bench/results']

/**
 * Writes a result with what it was measured on: to `out`, or to bench/results/<name>.json, where
 * the report reads it; a quick look is not written unless `out` is given.
 */
export function writeResult(name, { out, quick = false, command: given }, { question, ...result }) {
  const file = out ?? (quick ? undefined : `bench/results/${name}.json`)
  if (file === undefined) return
  const script = name.replace(/-container$/, '')
  const command = given ?? `npm run bench:${script} ${toOptions(process.argv.slice(2))}`.trim()
  const all = { question, command, quick, ...machine(), ...result }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`)
  console.log(`\nwritten to ${file}`)
}

/** Absolute paths are those of one machine: their last part says what they were. */
function toOptions(args) {
  const shown = args.map((arg) => (isAbsolute(arg) ? basename(arg) : arg))
  return args.length === 0 ? '' : `-- ${shown.join(' ')}`
}

/** Prints a table of objects with numbers of three digits that count, or all before the point. */
export function printTable(rows) {
  const round = (value) => {
    if (typeof value !== 'number' || Number.isInteger(value)) return value
    return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
  }
  const toCells = (row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [key, round(value)]))
  const isList = Array.isArray(rows)
  const printed = Object.entries(rows).map(([key, row]) => [key, toCells(row)])
  console.table(isList ? printed.map(([, row]) => row) : Object.fromEntries(printed))
}
