import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { PartialConfig } from '../../config/config.ts'
import { FaceError, isFaceError } from '../../core/errors.ts'
import type { Backup } from '../../transfer/backup/backups.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatCount, type Output } from '../output.ts'
import { withStore } from '../own-jobs.ts'
import { watchWork } from '../run-job.ts'

interface Options {
  readonly dir?: string
  readonly recipient?: string
  readonly keyFile?: string
  readonly passphraseFile?: string
  readonly json?: boolean
}

interface CreateOptions extends Options {
  readonly keep?: string
}

interface RestoreOptions extends Options {
  readonly replace?: boolean
  readonly erasures?: readonly string[]
}

const flagNames = {
  'backup.directory': '--dir',
  'backup.recipient': '--recipient',
  'backup.keyFile': '--key-file',
  'backup.passphraseFile': '--passphrase-file',
  'backup.keepLast': '--keep',
}
const dirFlag = ['--dir <dir>', 'folder of backups (default: backup.directory)'] as const
const jsonFlag = ['--json', 'print JSON'] as const

/** `backup create|list|verify|restore|keys`. They need neither models nor an index. */
export function addBackup(program: Command, context: CliContext): void {
  const { output, loadConfig } = context
  const backup = program
    .command('backup')
    .description('backups of the database, and what they are restored to')
  const load = async (options: CreateOptions) => {
    const { config } = await loadConfig(toFlags(options), flagNames)
    const [backups, { toBackupDirectory }] = await Promise.all([
      import('../../compose/backup.ts'),
      import('../../compose/erasures.ts'),
    ])
    return { config, toBackupDirectory, ...backups }
  }

  withKeyFlags(backup.command('create'), 'encrypt for')
    .description('make a backup, also while a server runs')
    .option(...dirFlag)
    .option('--recipient <key>', 'encrypt for this public key, age1...')
    .option('--keep <count>', 'then keep this many of the newest backups')
    .option(...jsonFlag)
    .action(async (options: CreateOptions) => {
      const { config, createConfiguredBackup, toBackupDirectory } = await load(options)
      const { openStore } = await import('../../compose/storage.ts')
      await withStore(openStore(config), async (store) => {
        const made = await watch(context, 'backupCreate', (observers) =>
          createConfiguredBackup(config, store, observers),
        )
        if (made === undefined) return
        if (options.json) return output.json({ backup: made.backup, removed: made.removed })
        const folder = join(toBackupDirectory(config), made.backup.id)
        output.print(`${folder}: ${toText(made.backup)}.`)
        if (made.backup.archive.encryption === 'none') {
          output.note('It is not encrypted; see backup.recipient.')
        }
        for (const id of made.removed) output.print(`Removed ${id}.`)
      })
    })

  backup
    .command('list')
    .description('list backups, newest first')
    .option(...dirFlag)
    .option(...jsonFlag)
    .action(async (options: Options) => {
      const { config, toBackupDirectory } = await load(options)
      const { listBackups } = await import('../../transfer/backup/backups.ts')
      const { backups, unreadable } = await listBackups(toBackupDirectory(config))
      if (options.json) return output.json({ backups, unreadable })
      printList(output, backups)
      for (const { id, problem } of unreadable) output.note(`${id}: ${problem}`)
      if (unreadable.length > 0) process.exitCode = exitCodes.state
    })

  withKeyFlags(backup.command('verify'), 'open with')
    .description('check a backup as a restore would (default: the newest)')
    .argument('[backup]', 'its id, or the path of its folder')
    .option(...dirFlag)
    .option(...jsonFlag)
    .action(async (given: string | undefined, options: Options) => {
      const { config, toBackupDirectory, verifyConfiguredBackup } = await load(options)
      const folder = await findFolder(given, toBackupDirectory(config))
      const verified = await watch(context, 'backupVerify', (observers) =>
        verifyConfiguredBackup(config, folder, observers),
      )
      if (verified === undefined) return
      if (options.json) return output.json(verified)
      const what = verified.verified?.content ? 'whole' : 'its archive is whole; not opened'
      output.print(`${verified.id}: ${what}; ${toText(verified)}.`)
    })

  withKeyFlags(backup.command('restore'), 'open with')
    .description('restore a backup; no server may run')
    .argument('<backup>', 'its id, the path of its folder, or "latest"')
    .option(...dirFlag)
    .option('--replace', 'keep aside what the data folder has, and take its place')
    .option('--erasures <file...>', 'further lists of who was erased (erasures.jsonl)')
    .option(...jsonFlag)
    .action(async (given: string, options: RestoreOptions) => {
      const { config, restoreBackup, toBackupDirectory } = await load(options)
      const named = given === 'latest' ? undefined : given
      const folder = await findFolder(named, toBackupDirectory(config))
      const { replace = false, erasures = [] } = options
      const files = erasures.map((file) => resolve(file))
      const restored = await watch(context, 'backupRestore', (observers) =>
        restoreBackup(config, { ...observers, folder, replace, erasures: files }),
      )
      if (restored === undefined) return
      if (options.json) return output.json(restored)
      output.print(`Restored ${restored.backup.id}: ${toText(restored.backup)}.`)
      if (restored.erased > 0) {
        output.print(`Erased again: ${formatCount(restored.erased, 'person')} deleted since.`)
      }
      if (restored.replaced) output.print(`What was there is kept in ${restored.replaced}.`)
    })

  backup
    .command('keys')
    .description('make a pair of keys: the secret one for a file, the public one to encrypt for')
    .action(async () => {
      const { generateBackupKeys } = await import('../../transfer/backup/age/keys.ts')
      const { identity, recipient } = generateBackupKeys()
      output.print(`# public key: ${recipient}`)
      output.print(identity)
    })
}

function withKeyFlags(command: Command, verb: string): Command {
  return command
    .option('--key-file <file>', `${verb} the secret key in a file`)
    .option('--passphrase-file <file>', `${verb} the passphrase in the first line of a file`)
}

/** Flags that were given are stronger than what the configuration says of the same. */
function toFlags(options: CreateOptions): PartialConfig {
  const { dir, recipient, keyFile, passphraseFile, keep } = options
  const file = (path: string | undefined) => (path === undefined ? '' : resolve(path))
  const isKeyGiven = recipient ?? keyFile ?? passphraseFile
  return {
    backup: {
      ...(dir === undefined ? {} : { directory: resolve(dir) }),
      ...(keep === undefined ? {} : { keepLast: toCount(keep) }),
      ...(isKeyGiven === undefined
        ? {}
        : {
            recipient: recipient ?? '',
            keyFile: file(keyFile),
            passphraseFile: file(passphraseFile),
          }),
    },
  }
}

function toCount(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN
}

async function findFolder(given: string | undefined, directory: string): Promise<string> {
  if (given !== undefined) {
    return /^\d{8}T\d{6}Z-[0-9a-f]{6}$/.test(given) ? join(directory, given) : resolve(given)
  }
  const { listBackups } = await import('../../transfer/backup/backups.ts')
  const [newest] = (await listBackups(directory)).backups
  if (newest === undefined) throw new FaceError('backupNotFound')
  return join(directory, newest.id)
}

/** Runs what takes long; `undefined` when Ctrl-C ended it. */
async function watch<T>(
  context: CliContext,
  kind: string,
  work: (observers: Parameters<Parameters<typeof watchWork>[2]>[0]) => Promise<T>,
): Promise<T | undefined> {
  let signal: AbortSignal | undefined
  try {
    const about = { kind, stopping: 'Stopping; Ctrl-C again stops at once.' }
    const { result } = await watchWork(context, about, (observers) => {
      signal = observers.signal
      return work(observers)
    })
    return result
  } catch (error) {
    if (!signal?.aborted || (isFaceError(error) && error.code !== 'aborted')) throw error
    context.output.note('Interrupted; nothing was changed.')
    process.exitCode = exitCodes.interrupted
    return undefined
  }
}

function toText({ content, archive }: Backup): string {
  const { persons, faces } = content.counts
  const size = `${(archive.bytes / 1e6).toFixed(1)} MB`
  const lock = { none: 'not encrypted', recipient: 'encrypted', passphrase: 'encrypted' }
  return `${formatCount(persons, 'person')}, ${formatCount(faces, 'face')}, ${size}, ${lock[archive.encryption]}`
}

function printList(output: Output, backups: readonly Backup[]): void {
  output.table(
    ['ID', 'TAKEN', 'PERSONS', 'FACES', 'MB', 'ENCRYPTED', 'VERIFIED'],
    backups.map(({ id, content, archive, verified }) => [
      ...[id, content.takenAt, String(content.counts.persons), String(content.counts.faces)],
      ...[(archive.bytes / 1e6).toFixed(1), archive.encryption === 'none' ? 'no' : 'yes'],
      verified === undefined ? 'no' : `${verified.at}${verified.content ? '' : ' (archive)'}`,
    ]),
  )
}
