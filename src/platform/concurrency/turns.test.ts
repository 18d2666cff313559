import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

it('runs tasks of one key in turn, of others at once, and goes on after a failure', async () => {
  const turns = createTurns()
  const log: string[] = []
  const task =
    (name: string, fails = false) =>
    async () => {
      log.push(`${name} begins`)
      await Promise.resolve()
      log.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    }
  const results = await Promise.allSettled([
    turns.run('a', task('a1', true)),
    turns.run('a', task('a2')),
    turns.run('b', task('b1')),
  ])
  expect(results).toMatchObject([{ reason: { message: 'a1' } }, { value: 'a2' }, { value: 'b1' }])
  expect(log.indexOf('a2 begins')).toBeGreaterThan(log.indexOf('a1 ends'))
  expect(log.indexOf('b1 begins')).toBeLessThan(log.indexOf('a1 ends'))
  expect(await turns.run('a', task('a3'))).toBe('a3')
})
