import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { confirm, type Terminal } from './confirm.ts'
import type { Output } from './output.ts'

const what = 'This deletes Ann\u001B[2J (3 faces) from default.'

/** A terminal at which `typed` is typed, and what it and the notes show. */
function createTerminal(typed: string | undefined, isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY })
  const shown: string[] = []
  const output = Object.assign(new PassThrough(), { isTTY })
  output.on('data', (chunk: Buffer) => shown.push(String(chunk)))
  if (typed !== undefined) input.end(typed)
  const terminal: Terminal = { input, output }
  const notes: string[] = []
  const noting = { note: (text: string) => void notes.push(text) } as Output
  return { terminal, noting, notes, shown }
}

afterEach(() => {
  process.exitCode = undefined
})

describe('confirm', () => {
  it.each([
    ['y\n', true, undefined],
    ['Yes\n', true, undefined],
    ['n\n', false, 130],
    ['\n', false, 130],
    ['yeah\n', false, 130],
    ['', false, 130],
    ['\u0003', false, 130],
  ] as const)('asks at a terminal: %j', async (typed, isDone, exitCode) => {
    const { terminal, noting, shown } = createTerminal(typed)
    expect(await confirm(what, {}, noting, terminal)).toBe(isDone)
    expect(process.exitCode).toBe(exitCode)
    expect(shown.join('')).toContain(
      'This deletes Ann\u{FFFD}[2J (3 faces) from default. It cannot',
    )
  })

  it('asks nothing with --yes', async () => {
    const { terminal, noting, shown } = createTerminal(undefined)
    expect(await confirm(what, { yes: true }, noting, terminal)).toBe(true)
    expect(shown).toEqual([])
  })

  it('does nothing without a terminal and without --yes', async () => {
    const { terminal, noting, notes } = createTerminal('y\n', false)
    expect(await confirm(what, {}, noting, terminal)).toBe(false)
    expect(process.exitCode).toBe(2)
    expect(notes).toEqual([`${what} It cannot be undone. Add --yes to do it.`])
  })
})
