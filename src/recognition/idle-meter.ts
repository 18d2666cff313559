import type { Analyzer } from '../vision/analyzer/analyzer-types.ts'

/**
 * Creates a meter of what the analysis of images leaves of the processors.
 *
 * @returns the share of the time since it was last asked, or since it was made, in which workers had no
 *   image, 0 to 1
 */
export function createIdleMeter(analyzer: Pick<Analyzer, 'stats'>): () => number {
  let before = { at: performance.now(), busyMs: analyzer.stats().busyMs }
  return () => {
    const { workers, running, busyMs } = analyzer.stats()
    const at = performance.now()
    const spentMs = busyMs - before.busyMs
    const possibleMs = Math.max(1, workers) * Math.max(1, at - before.at)
    before = { at, busyMs }
    // Time counts when a task has ended. Where none has, all that can be said is who is at work now.
    const busy = spentMs === 0 ? running / Math.max(1, workers) : spentMs / possibleMs
    return Math.max(0, 1 - busy)
  }
}
