import { Argument, type Command } from 'commander'
import {
  completeCommand,
  listCompletions,
  type Shell,
  shells,
  toCompletionScript,
} from '../completion.ts'
import type { CliContext } from '../context.ts'

/** `completion SHELL`, and the hidden command that its script calls. */
export function addCompletion(program: Command, { output }: CliContext): void {
  program
    .command('completion')
    .description('print a script that completes commands and flags')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell: Shell) => output.print(toCompletionScript(shell, program.name())))

  program
    .command(completeCommand, { hidden: true })
    .argument('[words...]')
    .action((words: readonly string[]) => {
      for (const line of listCompletions(program, words)) output.print(line)
    })
}
