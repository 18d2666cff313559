import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

/** A task that ends when it is told to. */
function createTask() {
  let isRunning = false
  let settle: { readonly end: () => void; readonly fail: (error: Error) => void } | undefined
  const promise = new Promise<string>((resolve, reject) => {
    settle = { end: () => resolve('done'), fail: reject }
  })
  const task = () => {
    isRunning = true
    return promise
  }
  return {
    task,
    isRunning: () => isRunning,
    end: () => settle?.end(),
    fail: (error: Error) => settle?.fail(error),
  }
}

/** Lets everything that is settled go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('runs a few at a time, the others in their order', async () => {
  const turns = createTurns(2)
  const never = new AbortController().signal
  const tasks = [createTask(), createTask(), createTask(), createTask()]
  const answers = tasks.map(({ task }) => turns.run(task, never))
  await settle()
  expect(tasks.map(({ isRunning }) => isRunning())).toEqual([true, true, false, false])
  tasks[1]?.end()
  await settle()
  expect(tasks.map(({ isRunning }) => isRunning())).toEqual([true, true, true, false])
  for (const { end } of tasks) end()
  expect(await Promise.all(answers)).toEqual(Array(4).fill('done'))
})

test('leaves the queue when it is cancelled, and gives the turn on when a task fails', async () => {
  const turns = createTurns(1)
  const never = new AbortController().signal
  const cancel = new AbortController()
  const last = createTask()
  const failing = createTask()
  const first = turns.run(failing.task, never)
  const second = turns.run(async () => 'never', cancel.signal)
  const third = turns.run(last.task, never)
  cancel.abort()
  await expect(second).rejects.toThrow('cancelled')
  expect(last.isRunning()).toBe(false)
  failing.fail(new Error('broken'))
  await expect(first).rejects.toThrow('broken')
  last.end()
  expect(await third).toBe('done')
})
