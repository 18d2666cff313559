import { type Command, InvalidArgumentError } from 'commander'
import type { KeyDetails, Keys } from '../../access/keys.ts'
import { scopeDescriptions } from '../../access/scopes.ts'
import { commandLineActor } from '../actor.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { listAll } from '../pages.ts'

interface CreateOptions {
  readonly scope: readonly string[]
  readonly collection?: readonly string[]
  readonly expires?: string
  readonly json?: boolean
}

const scopeHelp = `
Scopes:
${Object.entries(scopeDescriptions)
  .map(([scope, description]) => `  ${scope.padEnd(18)} ${description}`)
  .join('\n')}`

/** `keys create|list|revoke|remove|generate`. They need neither models nor an index. */
export function addKeys(program: Command, { output, loadConfig }: CliContext): void {
  const keys = program.command('keys').description('API keys of the HTTP interface')

  async function withKeys<T>(use: (keys: Keys) => Promise<T>): Promise<T> {
    const { config } = await loadConfig()
    const { withKeys: open } = await import('../../compose/storage.ts')
    return open(config, (opened) => use(opened.as({ actor: commandLineActor() })))
  }

  keys
    .command('create <name>')
    .description('make a key in the database; from the first one on the server asks for one')
    .requiredOption('--scope <scope...>', 'what it may do, see below; several, or once for each')
    .option('--collection <name...>', 'the only collections it works on (default: all)')
    .option('--expires <time>', 'when it ends: 12h, 90d, 52w, or a date (default: never)', toEnd)
    .option('--json', 'print JSON')
    .addHelpText('after', scopeHelp)
    .action((name: string, { scope, collection, expires, json }: CreateOptions) =>
      withKeys(async (opened) => {
        const created = await opened.create({
          name,
          scopes: scope,
          ...(collection === undefined ? {} : { collections: collection }),
          ...(expires === undefined ? {} : { expiresAt: expires }),
        })
        if (json) return output.json(created)
        output.print(`Key ${created.id}, shown only this once:`)
        output.print('')
        output.print(`  ${created.key}`)
        output.print('')
        output.print('Clients send it as "Authorization: Bearer KEY".')
      }),
    )

  keys
    .command('list')
    .description('list the keys of the database')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) =>
      withKeys(async (opened) => {
        const all = await listAll((page) => opened.list(page))
        if (options.json) return output.json(all)
        const headers = ['id', 'name', 'begins', 'scopes', 'collections', 'state', 'last used']
        output.table(headers, all.map(toRow))
      }),
    )

  keys
    .command('revoke <key>')
    .description('end a key, by id or name; a running server notices within 5 seconds')
    .action((text: string) =>
      withKeys(async (opened) => {
        const { id } = await findKey(opened, text, (key) => key.revokedAt === undefined)
        const { name } = await opened.revoke(id)
        output.print(`Revoked key ${id} (${name}).`)
      }),
    )

  keys
    .command('remove <key>')
    .description(
      'remove the record of a revoked key; without any, a restarted server asks for none',
    )
    .action((text: string) =>
      withKeys(async (opened) => {
        const { id, name } = await findKey(opened, text, (key) => key.revokedAt !== undefined)
        await opened.remove(id)
        output.print(`Removed key ${id} (${name}).`)
      }),
    )

  keys
    .command('generate')
    .description(
      'make a key for the configuration, which may do everything; only its hash goes there',
    )
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { generateKey } = await import('../../access/keys.ts')
      const { key, hash: digest } = generateKey()
      const hash = `sha256:${digest}`
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

/**
 * The key of an id, or of a name.
 *
 * @param fits  decides between keys of one name
 * @returns a key with the id as it was given when nothing is known of it, so that the use case refuses it
 */
async function findKey(
  keys: Keys,
  text: string,
  fits: (key: KeyDetails) => boolean,
): Promise<Pick<KeyDetails, 'id' | 'name'>> {
  const all = await listAll((page) => keys.list(page))
  const byId = all.find(({ id }) => id === text)
  if (byId !== undefined) return byId
  const named = all.filter(({ name }) => name === text)
  const fitting = named.filter(fits)
  if (fitting.length > 1) {
    const ids = fitting.map(({ id, prefix }) => `${id} (${prefix}...)`).join(', ')
    throw new UsageError(`Several keys have this name; say which by its id: ${ids}.`)
  }
  return fitting[0] ?? named[0] ?? { id: text, name: text }
}

function toRow(key: KeyDetails): readonly string[] {
  const collections = key.collections?.map(({ id, name }) => name ?? `${id} (gone)`)
  return [
    ...[key.id, key.name, `${key.prefix}...`, key.scopes.join(' ')],
    ...[collections?.join(' ') ?? 'all', toState(key), key.lastUsedAt ?? 'never'],
  ]
}

function toState({ revokedAt, expiresAt }: KeyDetails): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt}`
  if (expiresAt === undefined) return 'valid'
  return Date.parse(expiresAt) > Date.now() ? `valid until ${expiresAt}` : `expired ${expiresAt}`
}

const unitHours: Readonly<Record<string, number>> = { h: 1, d: 24, w: 168 }

/** A span from now on, or a date, as ISO 8601. */
function toEnd(text: string): string {
  const [, count, unit = ''] = /^(\d{1,5})([hdw])$/.exec(text) ?? []
  const hours = unitHours[unit]
  if (count !== undefined && hours !== undefined) {
    return new Date(Date.now() + Number(count) * hours * 3_600_000).toISOString()
  }
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text))) {
    return new Date(text).toISOString()
  }
  throw new InvalidArgumentError('Expected a number with h, d or w, such as 90d, or a date.')
}
