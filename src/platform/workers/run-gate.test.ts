import { describe, expect, it } from 'vitest'
import { createRunGateKeeper, joinRunGate } from './run-gate.ts'

describe('the gate of runs', () => {
  it('waits for the runs that are inside', async () => {
    const keeper = createRunGateKeeper()
    const gate = joinRunGate(keeper.shared)
    const done: string[] = []
    let finish = () => {}
    const running = gate.pass(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
    )
    const closed = keeper.close(1000).then(() => done.push('closed'))
    const left = running.then(() => done.push('left'))
    finish()
    await Promise.all([closed, left])
    expect(done).toEqual(['left', 'closed'])
  })

  it('gives the result of a run, and its error', async () => {
    const gate = joinRunGate(createRunGateKeeper().shared)
    expect(await gate.pass(async () => 7)).toBe(7)
    await expect(gate.pass(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  })

  it('lets nobody in once it is closed, and is open to nobody after a failed run', async () => {
    const keeper = createRunGateKeeper()
    const gate = joinRunGate(keeper.shared)
    await gate.pass(() => Promise.reject(new Error('no'))).catch(() => {})
    keeper.closeSync(1000)
    let begun = false
    void gate.pass(async () => {
      begun = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(begun).toBe(false)
  })

  it('waits no longer than it is told', async () => {
    const keeper = createRunGateKeeper()
    void joinRunGate(keeper.shared).pass(() => new Promise(() => {}))
    await keeper.close(1)
    keeper.closeSync(1)
  })
})
