import { expect, it } from 'vitest'
import { createTrashKeeper } from './trash-keeper.ts'

it('erases in parts until nothing is left, of before the undo period', async () => {
  let left = 250
  const times: string[] = []
  const keeper = createTrashKeeper({
    history: {
      async eraseTrash(removedBefore, limit) {
        times.push(removedBefore)
        const erased = Math.min(limit, left)
        left -= erased
        return erased
      },
      expire: async () => 0,
    },
    ...{ undoMs: 3_600_000, keepMs: 7_200_000, everyMs: 0 },
  })
  await expect.poll(() => left).toBe(0)
  await keeper.close()
  expect(times).toHaveLength(3)
  for (const time of times) expect(Date.parse(time)).toBeLessThan(Date.now() - 3_500_000)
})
