import { QueryClient } from '@tanstack/react-query'
import { asProblem, isTemporary } from './problem.ts'

/** What was loaded is shown for so long without asking again. */
const freshMs = 10_000
const retries = 2

/**
 * Creates the cache of what the server answered. A busy server is asked again twice; one that
 * cannot be reached is not, since the frame looks for it and loads everything again.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The browser's idea of being online says nothing about a server on this machine.
        networkMode: 'always',
        staleTime: freshMs,
        retry: (failures, error) => {
          const problem = asProblem(error)
          return failures < retries && isTemporary(problem) && problem.code !== 'unreachable'
        },
        retryDelay: (failures, error) =>
          asProblem(error).details.retryAfterMs ?? 1_000 * 2 ** failures,
      },
      mutations: { networkMode: 'always' },
    },
  })
}
