import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { mapInOrder } from './map-in-order.ts'

async function collect<T>(generator: AsyncGenerator<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of generator) items.push(item)
  return items
}

it('yields in order and keeps to the limit', async () => {
  let running = 0
  let most = 0
  const work = async (delay: number) => {
    most = Math.max(most, ++running)
    await sleep(delay)
    running--
    return delay
  }
  expect(await collect(mapInOrder([5, 1, 3, 0], { concurrency: 2 }, work))).toEqual([5, 1, 3, 0])
  expect(most).toBe(2)
})

it('finishes what is begun after a stop, and begins nothing more', async () => {
  const stop = new AbortController()
  const work = async (item: number) => {
    if (item === 2) stop.abort()
    return item
  }
  const options = { concurrency: 1, stop: stop.signal }
  expect(await collect(mapInOrder([1, 2, 3], options, work))).toEqual([1, 2])
})

it('passes a rejection on', async () => {
  const work = async () => {
    throw new Error('no')
  }
  await expect(collect(mapInOrder([1, 2], { concurrency: 2 }, work))).rejects.toThrow('no')
})
