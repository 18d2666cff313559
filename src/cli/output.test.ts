import { expect, it, vi } from 'vitest'
import { FaceError } from '../core/errors.ts'
import { toColoredLine } from './answers.ts'
import { FileError, reportFailure, UsageError } from './failures.ts'
import { createOutput, formatCount, formatPercent, formatTable, toPrintable } from './output.ts'
import { describeProgress, formatDuration } from './progress.ts'

it('aligns columns', () => {
  expect(
    formatTable(
      ['id', 'name'],
      [
        ['1', 'Ann'],
        ['22', 'B'],
      ],
    ),
  ).toEqual([...['id  name', '--  ----', '1   Ann', '22  B']])
})

it('aligns names by the columns that they take in a terminal', () => {
  const names = ['Ann', '张伟', 'علی\u200Cرضا', '👨\u200D👩\u200D👧 Lee', 'Zoe\u0308']
  const lines = formatTable(
    ['name', 'faces'],
    names.map((name) => [name, '1']),
  )
  // Columns of a terminal: 2 for a Chinese character and for a family, none for joiners and marks.
  const widths = [3, 4, 6, 6, 3]
  expect(lines.slice(2)).toEqual(
    names.map((name, row) => `${name}${' '.repeat(6 - widths[row]!)}  1`),
  )
})

it('keeps control and direction characters of names from the terminal', () => {
  expect(toPrintable('a\u001B[31mb\u202Ec\nd')).toBe('a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}d')
  expect(toPrintable('Zoë 👋')).toBe('Zoë 👋')
  expect(toPrintable('علی‌رضا 👨‍👩‍👧')).toBe('علی‌رضا 👨‍👩‍👧')
})

it('writes nothing that steers a terminal, whatever is in it', () => {
  const written: string[] = []
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0),
  )
  const hostile = 'a\u001B[2J\u009B31m\u0007\u202E\r\u{E0001}'
  const output = createOutput()
  try {
    output.print(`one\n\t${hostile}`)
    output.note(hostile)
    output.table([hostile], [[hostile]])
    output.json({ [hostile]: hostile })
    output.jsonLine({ [hostile]: hostile })
    for (const error of [
      new UsageError(`${hostile}\nface-watcher: all is well`),
      new FileError(hostile, 'why'),
      new FaceError('invalidName', { detail: hostile }),
      new Error(hostile),
    ]) {
      reportFailure(error, output, true)
    }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  expect(written.join('')).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}]/u)
  expect(written.join('')).toContain('one\n\ta')
  expect(written.join('')).not.toContain('\nface-watcher: all is well')
  const json = written.filter((text) => text.startsWith('{'))
  expect(json.map((text) => JSON.parse(text))).toEqual([
    { [hostile]: hostile },
    { [hostile]: hostile },
  ])
})

it('has colours only at a terminal that shows them', () => {
  const printed = (isTTY: boolean, hasColors: boolean) => {
    const { stdout } = process
    const written: string[] = []
    const before = Object.getOwnPropertyDescriptors({ isTTY: stdout.isTTY })
    const spy = vi
      .spyOn(stdout, 'write')
      .mockImplementation((text) => written.push(String(text)) > 0)
    Object.assign(stdout, { isTTY, hasColors: () => hasColors })
    try {
      createOutput().print(toColoredLine('  1. match \u001B[31mAnn (0.7)'))
      createOutput().print(toColoredLine('match.jpg: 1 face'))
    } finally {
      spy.mockRestore()
      Object.defineProperties(stdout, before)
      Reflect.deleteProperty(stdout, 'hasColors')
    }
    return written
  }
  const plain = ['  1. match \u{FFFD}[31mAnn (0.7)\n', 'match.jpg: 1 face\n']
  const colored = plain.map((line) => line.replace(' match', ' \u001B[32mmatch\u001B[39m'))
  expect(printed(true, true)).toEqual(colored)
  // With NO_COLOR, and into a file or a pipe.
  expect(printed(true, false)).toEqual(plain)
  expect(printed(false, true)).toEqual(plain)
})

it('formats rates and counts', () => {
  expect(formatPercent(0.99351, 2)).toBe('99.35 %')
  expect(formatPercent(undefined)).toBe('-')
  expect([formatCount(1, 'image'), formatCount(2, 'image')]).toEqual(['1 image', '2 images'])
})

it('tells rate and remaining time', () => {
  const state = { stage: 'photographs', done: 30, total: 120 }
  const measured = { ...state, perSecond: 10, remainingSeconds: 9 }
  expect(describeProgress(measured, 'images')).toBe('30/120 images | 10.0 images/s | 9 s left')
  expect(describeProgress(state, 'images')).toBe('30/120 images')
  expect(describeProgress({ stage: 'photographs', done: 30 }, 'images')).toBe('30 images')
  expect(['42 s', '3 min 5 s', '2 h 10 min']).toEqual([42, 185, 7800].map(formatDuration))
})
