// What every benchmark needs: percentiles, and the machine, versions and commit beside a result.
import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'

/** The p-quantile (0 to 1) by linear interpolation between order statistics. */
export function percentile(values, p) {
  const xs = [...values].sort((a, b) => a - b)
  if (xs.length === 0) return Number.NaN
  const at = (xs.length - 1) * p
  const low = Math.floor(at)
  const high = Math.ceil(at)
  return xs[low] + (xs[high] - xs[low]) * (at - low)
}

/** Machine, versions and commit. `dirty` tells that the tree had uncommitted changes. */
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
    },
    commit: git('rev-parse', '--short', 'HEAD'),
    dirty: git('status', '--porcelain', '--untracked-files=no') !== '',
  }
}
