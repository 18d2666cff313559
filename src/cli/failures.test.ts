import { CommanderError } from 'commander'
import { expect, it } from 'vitest'
import { FaceError } from '../core/errors.ts'
import { FileError, reportFailure, toExitCode, UsageError } from './failures.ts'
import type { Output } from './output.ts'

it.each([
  [new UsageError('x'), 2],
  [new FaceError('invalidConfig'), 2],
  [new FaceError('insecureBind'), 2],
  [new FileError('x', 'why'), 3],
  [new FaceError('unsupportedImage'), 3],
  [new FaceError('noFace'), 3],
  [new FaceError('modelNotInstalled'), 4],
  [new FaceError('storeFull'), 4],
  [new FaceError('internal'), 5],
  [new Error('x'), 5],
  [new FaceError('aborted'), 130],
])('%s exits with %i', (error, code) => {
  expect(toExitCode(error)).toBe(code)
})

it('writes one line with what to do and the code', () => {
  const lines: string[] = []
  const output = { note: (text: string) => lines.push(text) } as unknown as Output
  expect(reportFailure(new FaceError('collectionNotFound'), output, false)).toBe(3)
  expect(lines).toEqual([
    'face-watcher: There is no such collection. "face-watcher collections list" shows the collections. [collectionNotFound]',
  ])
  const invalid = new FaceError('indexFileInvalid', { detail: 'It was changed.' })
  expect(reportFailure(invalid, output, false)).toBe(3)
  expect(lines[1]).toBe(
    'face-watcher: The file is not an exported index that can be used here. It was changed. "face-watcher index rebuild" builds the index from the database. [indexFileInvalid]',
  )
  expect(reportFailure(new CommanderError(0, 'commander.helpDisplayed', ''), output, false)).toBe(0)
  expect(reportFailure(new CommanderError(1, 'commander.help', ''), output, false)).toBe(2)
})
