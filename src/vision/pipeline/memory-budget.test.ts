import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createMemoryBudgetKeeper, joinMemoryBudget } from './memory-budget.ts'

const mib = 2 ** 20

function start(limitMib: number, threads: number) {
  const keeper = createMemoryBudgetKeeper(limitMib * mib)
  return {
    keeper,
    budgets: Array.from({ length: threads }, (_, i) => joinMemoryBudget(keeper.shared, i + 1)),
  }
}

describe('a budget of memory', () => {
  it('is never exceeded, serves everybody, and is empty afterwards', async () => {
    const { keeper, budgets } = start(100, 8)
    let used = 0
    let served = 0
    await Promise.all(
      budgets.map(async (budget, i) => {
        for (let round = 0; round < 6; round++) {
          const size = ((7 * i + 13 * round) % 100) + 1
          expect(await budget.reserve(size * mib, 60_000)).toBe(true)
          used += size
          expect(used).toBeLessThanOrEqual(100)
          await sleep(1)
          used -= size
          served++
          budget.release()
        }
      }),
    )
    expect(served).toBe(48)
    expect(keeper.reservedBytes()).toBe(0)
  })

  it('serves in the order of coming, so that a large one gets its turn', async () => {
    const { budgets } = start(100, 3)
    const [first, large, small] = budgets as [
      (typeof budgets)[0],
      (typeof budgets)[0],
      (typeof budgets)[0],
    ]
    await first.reserve(60 * mib, 1000)
    const order: string[] = []
    const waits = [large.reserve(100 * mib, 60_000).then(() => order.push('large'))]
    await sleep(50)
    waits.push(small.reserve(10 * mib, 60_000).then(() => order.push('small')))
    await sleep(50)
    expect(order).toEqual([])
    first.release()
    await waits[0]
    large.release()
    await waits[1]
    expect(order).toEqual(['large', 'small'])
  })

  it('is given up after the time, and nobody waits behind who has left', async () => {
    const { budgets } = start(100, 3)
    await budgets[0]!.reserve(60 * mib, 1000)
    expect(await budgets[1]!.reserve(50 * mib, 30)).toBe(false)
    expect(await budgets[2]!.reserve(40 * mib, 30)).toBe(true)
  })

  it('gets back what a thread had that has ended', async () => {
    const { keeper, budgets } = start(100, 2)
    await budgets[0]!.reserve(100 * mib, 1000)
    const waiting = budgets[1]!.reserve(100 * mib, 60_000)
    keeper.releaseThread(1)
    expect(await waiting).toBe(true)
    keeper.releaseThread(2)
    expect(keeper.reservedBytes()).toBe(0)
  })
})
