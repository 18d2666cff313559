import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { reportFailure } from '../../src/cli/failures.ts'
import { createProgram } from '../../src/cli/program.ts'
import { FaceError } from '../../src/core/errors.ts'
import { formatReport } from '../../src/evaluation/report.ts'
import { assertByteLength } from '../../src/vision/image-limits.ts'

const nowhere = {
  ...{ print: () => {}, json: () => {}, jsonLine: () => {}, table: () => {}, note: () => {} },
  stderr: process.stderr,
}

function commandsOf(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(commandsOf)]
}

const program = createProgram(nowhere)
const commands = commandsOf(program)
const flags = new Set(commands.flatMap(({ options }) => options.map(({ long }) => long)))

/** Lines of the source that are not comments, with their place. */
const lines = (readdirSync(source(''), { recursive: true }) as string[])
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .flatMap((file) =>
    readFileSync(source(file), 'utf8')
      .split('\n')
      .map((text, index) => ({ text: text.trim(), place: `src/${file}:${index + 1}` })),
  )
  .filter(({ text }) => !/^(\/\/|\/?\*)/.test(text))

function source(file: string): string {
  return fileURLToPath(new URL(`../../src/${file}`, import.meta.url))
}

it('names only commands that there are', () => {
  const named = lines.flatMap(({ text, place }) =>
    [...text.matchAll(/["'`: ]face-watcher ([a-z]+)(?: ([a-z]+))?/g)].map(([, name, sub]) => {
      const command = program.commands.find((each) => each.name() === name)
      const isThere = command?.commands.length
        ? command.commands.some((each) => each.name() === sub)
        : command !== undefined
      return { place, name: `${name} ${sub ?? ''}`.trim(), isThere }
    }),
  )
  // Sentences about the program of the first version.
  const prose = ['did and', 'kept none']
  expect(named.filter(({ name, isThere }) => !isThere && !prose.includes(name))).toEqual([])
  expect(named.length).toBeGreaterThan(15) // observed 20
})

it('names only flags that there are', () => {
  // Of npm, pip and MongoDB, which models and stores call or speak of.
  const others = [
    ...['--help', '--ignore-scripts', '--pack-destination', '--repl', '--eval'],
    ...['--no-deps', '--only-binary', '--disable-pip-version-check', '--dest'],
  ]
  const named = lines.flatMap(({ text, place }) =>
    [...text.matchAll(/(?<![\w)-])--[a-z][a-z-]+(?![\w.-]*\.\w)/g)].map(([flag]) => ({
      place,
      flag,
    })),
  )
  const isUnknown = ({ flag }: { flag: string }) => !flags.has(flag) && !others.includes(flag)
  expect(named.filter(isUnknown)).toEqual([])
})

it('gives one advice, and no second one where the message has it', () => {
  const said: string[] = []
  const output = { ...nowhere, note: (text: string) => said.push(text) }
  const detail = '"face-watcher models install x" installs it.'
  reportFailure(new FaceError('modelNotInstalled', { detail }), output, false)
  reportFailure(new FaceError('modelNotInstalled'), output, false)
  expect(said).toEqual([
    `face-watcher: The model is not installed. ${detail} [modelNotInstalled]`,
    'face-watcher: The model is not installed. "face-watcher models list" shows which are. [modelNotInstalled]',
  ])
})

it('says that a path is not the bytes of an image', () => {
  const limits = { maxImageBytes: 10, maxPixels: 10, maxSidePx: 10 }
  expect(() => assertByteLength('ann.jpg' as never, limits)).toThrow(
    'Expected the bytes of an image file (Uint8Array), got a value of type string.',
  )
})

it('says how many pairs a rate takes where there are too few', () => {
  const rates = { failures: [], tmrAtFmr: [], points: [], equalErrorRate: 0, failedMatedPairs: 0 }
  const counts = { images: 12, imagesWithoutDetection: 0, persons: 12, matedPairs: 0 }
  const text = formatReport({
    ...{ protocol: 'fmr', dataset: 'mine', selection: 'all', modelId: 'm', dimension: 2 },
    ...{ ...rates, ...counts, nonMatedPairs: 66 },
  })
  expect(text).toContain('an FMR of 0.01 takes 3,000')
  expect(text).not.toContain('threshold')
})
