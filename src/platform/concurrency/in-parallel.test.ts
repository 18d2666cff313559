import { describe, expect, test } from 'vitest'
import { inParallel } from './in-parallel.ts'

describe('inParallel', () => {
  test('works on every item once, on so many at a time', async () => {
    const done: number[] = []
    let [running, most] = [0, 0]
    await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
      done.push(item)
    })
    expect(done.toSorted()).toEqual([1, 2, 3, 4, 5])
    expect(most).toBe(2)
  })

  test('begins nothing after an error, waits for what runs, and throws it', async () => {
    const begun: number[] = []
    let finished = false
    const work = async (item: number): Promise<void> => {
      begun.push(item)
      if (item === 1) throw new Error('no')
      await new Promise((resolve) => setImmediate(resolve))
      finished = true
    }
    await expect(inParallel([1, 2, 3, 4], 2, work)).rejects.toThrow('no')
    expect(begun).toEqual([1, 2])
    expect(finished).toBe(true)
  })
})
