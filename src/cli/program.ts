import { Command, Option } from 'commander'
import { version } from '../version.ts'
import { addAudit } from './commands/audit.ts'
import { addBackup } from './commands/backup.ts'
import { addCollections } from './commands/collections.ts'
import { addCompletion } from './commands/completion.ts'
import { addConfig } from './commands/config.ts'
import { addCorrections } from './commands/corrections.ts'
import { addData } from './commands/data.ts'
import { addDetect } from './commands/detect.ts'
import { addEmbed } from './commands/embed.ts'
import { addEnroll } from './commands/enroll.ts'
import { addEvaluate } from './commands/evaluate.ts'
import { addExamine } from './commands/examine.ts'
import { addFaces } from './commands/faces.ts'
import { addIndex } from './commands/gallery-index.ts'
import { addHistory } from './commands/history.ts'
import { addIdentify } from './commands/identify.ts'
import { addJobs } from './commands/jobs.ts'
import { addKeys } from './commands/keys.ts'
import { addModels } from './commands/models.ts'
import { addPersons } from './commands/persons.ts'
import { addRetention } from './commands/retention.ts'
import { addSeed } from './commands/seed.ts'
import { addServe } from './commands/serve.ts'
import { addSetAside } from './commands/set-aside.ts'
import { addStatements } from './commands/statements.ts'
import { addStatus } from './commands/status.ts'
import { addStrangers } from './commands/strangers.ts'
import { addVerify } from './commands/verify.ts'
import { createContext } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { reportFailure } from './failures.ts'
import { createOutput, type Output } from './output.ts'
import { progressForms } from './progress.ts'

const epilogue = `
Exit codes: 0 done, 2 wrong command line or configuration, 3 wrong or unusable input,
4 not possible in the present state, 5 a fault of Face Watcher, 130 interrupted.`

/** The parser with all commands. A command sets `process.exitCode` when its result asks for one. */
export function createProgram(output: Output): Command {
  const program = new Command('face-watcher')
    .description('Enrol people from photos, then find out who is in an image.')
    .version(version())
    .option('--config <file>', 'configuration file (default: ./face-watcher.yaml if it is there)')
    .option('--data-dir <dir>', 'directory of the database, the models and the index snapshots')
    .addOption(
      new Option('--log-level <level>', 'least severe level that is logged').choices([
        ...['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      ]),
    )
    .addOption(
      new Option(
        '--progress <form>',
        'how progress is told on stderr: a bar or lines, or a line of JSON a second',
      ).choices(progressForms),
    )
    .option('--verbose', 'show stacks of errors')
    .addHelpText('after', epilogue)
    .showHelpAfterError('("face-watcher --help" shows the commands)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.print(text.trimEnd()),
      writeErr: (text) => output.note(text.trimEnd()),
    })
  const context = createContext(program, output)
  for (const add of [
    ...[addServe, addEnroll, addIdentify, addVerify, addDetect, addEmbed, addPersons],
    ...[addFaces, addCorrections, addSetAside, addHistory],
    ...[addCollections, addModels, addIndex, addBackup, addData, addSeed, addKeys, addAudit],
    ...[addConfig, addStatements, addExamine, addRetention, addStrangers, addJobs, addStatus],
    ...[addCompletion, addEvaluate],
  ]) {
    add(program, context)
  }
  return program
}

/**
 * Runs one command line.
 *
 * @param args  without the program's name
 * @returns the exit code
 */
export async function runCli(args: readonly string[]): Promise<ExitCode> {
  const output = createOutput()
  const program = createProgram(output)
  try {
    await program.parseAsync(args, { from: 'user' })
    return (process.exitCode as ExitCode | undefined) ?? exitCodes.ok
  } catch (error) {
    return reportFailure(error, output, program.opts<{ verbose?: boolean }>().verbose === true)
  }
}
