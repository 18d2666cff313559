import { createHash, randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'

/** `keys generate`. */
export function addKeys(program: Command, { output }: CliContext): void {
  const keys = program.command('keys').description('API keys of the HTTP interface')
  keys
    .command('generate')
    .description('make a random API key; only its hash goes into the configuration')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => {
      // 256 bits: cannot be guessed, so a fast hash without salt is enough to store it.
      const key = `fw_${randomBytes(32).toString('base64url')}`
      const hash = `sha256:${createHash('sha256').update(key).digest('hex')}`
      if (options.json) return output.json({ key, hash })
      output.print(`Key, shown only this once; clients send it as "Authorization: Bearer KEY":`)
      output.print('')
      output.print(`  ${key}`)
      output.print('')
      output.print('For the configuration file (or FACE_WATCHER_HTTP_API_KEYS):')
      output.print('')
      output.print('  http:')
      output.print('    apiKeys:')
      output.print(`      - ${hash}`)
    })
}
