import type { Command } from 'commander'
import type { CliContext } from '../context.ts'

/** `config print`. */
export function addConfig(program: Command, { output, loadConfig }: CliContext): void {
  const config = program.command('config').description('the configuration in force')
  config
    .command('print')
    .description('show every value and where it comes from; secrets are masked')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { listDisplayedKeys } = await import('../../config/display.ts')
      const keys = listDisplayedKeys(await loadConfig())
      if (options.json) return output.json(keys)
      output.table(
        ['key', 'value', 'source'],
        keys.map(({ path, value, source }) => [
          path,
          typeof value === 'string' ? value : JSON.stringify(value),
          source,
        ]),
      )
    })
}
