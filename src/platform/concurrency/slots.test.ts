import { expect, it } from 'vitest'
import { createSlots } from './slots.ts'

it('gives each slot to one at a time, and those that wait their turn in order', async () => {
  const slots = createSlots(2)
  const held = await Promise.all([slots.take(), slots.take()])
  expect([...held].sort()).toEqual([0, 1])
  const order: string[] = []
  const first = slots.take().then((slot) => order.push(`first ${slot}`))
  const second = slots.take().then((slot) => order.push(`second ${slot}`))
  slots.give(1)
  await first
  slots.give(0)
  await second
  expect(order).toEqual(['first 1', 'second 0'])
  slots.give(1)
  expect(await slots.take()).toBe(1)
})
