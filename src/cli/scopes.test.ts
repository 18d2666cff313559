import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { scopes } from '../access/scopes.ts'
import { createOutput } from './output.ts'
import { createProgram } from './program.ts'
import { commandScopes } from './scopes.ts'

/** Paths of the commands that do something, without the program's name. */
function listCommands(command: Command, path: readonly string[] = []): readonly string[] {
  if (command.commands.length === 0) return [path.join(' ')]
  return command.commands.flatMap((inner) => listCommands(inner, [...path, inner.name()]))
}

it('gives every command one scope, and no scope to what is no command', () => {
  const commands = listCommands(createProgram(createOutput()))
  expect(Object.keys(commandScopes).sort()).toEqual([...commands].sort())
  for (const scope of Object.values(commandScopes)) expect([...scopes, 'public']).toContain(scope)
})
