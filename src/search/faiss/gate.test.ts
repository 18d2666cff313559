import { describe, expect, it } from 'vitest'
import { createGate } from './gate.ts'

function createDoor(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

describe('gate', () => {
  it('lets searches run side by side, and a change alone', async () => {
    const gate = createGate()
    const log: string[] = []
    const door = createDoor()
    const first = gate.shared(async () => {
      await door.opened
      log.push('first search ends')
    })
    const second = gate.shared(async () => {
      log.push('second search')
    })
    const change = gate.exclusive(async () => {
      log.push('change')
    })
    const third = gate.shared(async () => {
      log.push('third search')
    })
    await second
    door.open()
    await Promise.all([first, change, third])
    expect(log).toEqual(['second search', 'first search ends', 'change', 'third search'])
  })

  it('opens again after a task that fails', async () => {
    const gate = createGate()
    const fail = async (): Promise<never> => {
      throw new Error('no')
    }
    await expect(gate.exclusive(fail)).rejects.toThrow('no')
    await expect(gate.shared(fail)).rejects.toThrow('no')
    expect(await gate.exclusive(async () => 1)).toBe(1)
    expect(await gate.shared(async () => 2)).toBe(2)
  })
})
