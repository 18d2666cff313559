import { describe, expect, it } from 'vitest'
import { createRecentProblems, type RecentProblem } from './recent-problems.ts'

const problem = (second: number, status: number): RecentProblem => ({
  ...{ at: new Date(1000 * second).toISOString(), requestId: `r${second}`, method: 'GET' },
  ...{ route: '/v1/jobs', status, code: status === 500 ? 'internal' : 'jobNotFound' },
})

describe('createRecentProblems', () => {
  it('lists the newest first and keeps faults however many mistakes come after them', () => {
    const problems = createRecentProblems()
    problems.note(problem(0, 500))
    for (let second = 1; second <= 150; second++) problems.note(problem(second, 404))
    const ids = problems.list().map(({ requestId }) => requestId)
    expect(ids).toHaveLength(101)
    expect([ids[0], ids[99], ids[100]]).toEqual(['r150', 'r51', 'r0'])
  })
})
