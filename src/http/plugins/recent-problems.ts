import type { FaceError } from '../../core/errors.ts'

/** An error that was answered. Nothing of what was asked is kept: addresses and details may name people. */
export interface RecentProblem {
  readonly at: string
  /** Finds the request in the log. */
  readonly requestId: string
  readonly method: string
  /** The route's pattern; `unmatched` where there is none. */
  readonly route: string
  readonly status: number
  readonly code: FaceError['code']
}

/** Errors kept of each of the two kinds. */
const kept = 100

/** The errors of a process that were answered last. */
export interface RecentProblems {
  note(problem: RecentProblem): void
  /** Newest first. */
  list(): readonly RecentProblem[]
}

/** Starts with none. Faults of the server are kept apart, so that mistakes of callers do not push them out. */
export function createRecentProblems(): RecentProblems {
  const faults: RecentProblem[] = []
  const others: RecentProblem[] = []
  return {
    note(problem) {
      const list = problem.status >= 500 ? faults : others
      list.push(problem)
      if (list.length > kept) list.shift()
    },
    list: () => [...faults, ...others].sort((a, b) => (a.at < b.at ? 1 : -1)),
  }
}
