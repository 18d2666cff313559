import { expect, it } from 'vitest'
import { createScanTurns } from './scan-turns.ts'

it('runs four searches at a time, lets 64 wait and refuses the others, and goes on after failures', async () => {
  const turns = createScanTurns()
  const ends: (() => void)[] = []
  let running = 0
  let most = 0
  const search = (fails: boolean) =>
    turns.run(async () => {
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => ends.push(resolve))
      running--
      if (fails) throw new Error('lost')
      return 'found'
    })
  const searches = Array.from({ length: 100 }, (_, i) => search(i % 2 === 0))
  const outcomes = Promise.allSettled(searches)
  for (let done = 0; done < 68; done++) {
    await expect.poll(() => ends.length).toBeGreaterThan(0)
    ends.shift()?.()
  }
  const settled = (await outcomes).map((outcome) =>
    outcome.status === 'fulfilled'
      ? outcome.value
      : (outcome.reason.code ?? outcome.reason.message),
  )
  const count = (what: string) => settled.filter((each) => each === what).length
  expect([count('found'), count('lost'), count('storeBusy')]).toEqual([34, 34, 32])
  expect(most).toBe(4)
  const last = search(false)
  await expect.poll(() => ends.length).toBe(1)
  ends[0]?.()
  expect(await last).toBe('found')
})
