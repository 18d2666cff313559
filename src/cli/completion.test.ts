import { Command, Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { listCompletions, toCompletionScript } from './completion.ts'

function createProgram(): Command {
  const program = new Command('face-watcher').option('--config <file>', 'a file')
  const persons = program.command('persons')
  persons.command('show <person>').option('--json', 'JSON')
  persons.command('update <person>')
  program
    .command('enroll <paths...>')
    .addOption(new Option('--faces <which>', 'which').choices(['one', 'largest']))
    .option('--name <name>', 'a name')
    .addOption(new Option('--old <x>', 'earlier').hideHelp())
  program.command('secret', { hidden: true })
  return program
}

const complete = (...words: string[]) => listCompletions(createProgram(), words)

describe('listCompletions', () => {
  it.each([
    [[''], ['persons', 'enroll', 'help']],
    [['pe'], ['persons']],
    [[], ['persons', 'enroll', 'help']],
    [['persons', 'u'], ['update']],
    [['--config', 'persons', 'en'], ['enroll']],
    [['enroll', '--fa'], ['--faces']],
    [
      ['enroll', '--faces', ''],
      ['one', 'largest'],
    ],
    [['enroll', '--faces', 'la'], ['largest']],
    [['enroll', '--faces', 'one', '--na'], ['--name']],
    // Anybody's text, and files.
    [['enroll', '--name', ''], []],
    [['enroll', 'photos/'], []],
    [['persons', 'show', '--json', ''], []],
    // Flags of the whole program go anywhere.
    [['persons', 'show', '--c'], ['--config']],
    [
      ['persons', 'show', '--'],
      ['--json', '--help', '--config'],
    ],
  ])('of %j: %j', (words, expected) => {
    expect(complete(...words)).toEqual(expected)
  })
})

it('names the program and the function after it', () => {
  expect(toCompletionScript('bash', 'face-watcher')).toContain('-F _face_watcher face-watcher')
  expect(toCompletionScript('zsh', 'face-watcher')).toContain('compdef _face_watcher face-watcher')
  expect(toCompletionScript('fish', 'face-watcher')).toContain('complete -c face-watcher')
})
