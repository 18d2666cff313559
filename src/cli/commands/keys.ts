import { type Command, InvalidArgumentError } from 'commander'
import type { CreatedKey, KeyDetails, Keys } from '../../access/keys.ts'
import { scopeDescriptions } from '../../access/scopes.ts'
import { commandLineActor } from '../actor.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { listAll } from '../pages.ts'

interface CreateOptions {
  readonly scope: readonly string[]
  readonly collection?: readonly string[]
  readonly expires?: string
  readonly ratePerMinute?: number
  readonly quotaPerDay?: number
  readonly json?: boolean
}

interface RotateOptions {
  readonly overlap?: number
  readonly expires?: string
  readonly json?: boolean
}

const scopeHelp = `
Scopes:
${Object.entries(scopeDescriptions)
  .map(([scope, description]) => `  ${scope.padEnd(18)} ${description}`)
  .join('\n')}`

/** `keys create|list|rotate|revoke|remove|generate`. They need neither models nor an index. */
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
    .option('--rate-per-minute <n>', 'requests a minute (default: no limit of its own)', toLimit)
    .option('--quota-per-day <n>', 'requests a day, UTC (default: no quota)', toLimit)
    .option('--json', 'print JSON')
    .addHelpText('after', scopeHelp)
    .action((name: string, { scope, collection, expires, json, ...limits }: CreateOptions) =>
      withKeys(async (opened) => {
        const created = await opened.create({
          name,
          scopes: scope,
          ...(collection === undefined ? {} : { collections: collection }),
          ...(expires === undefined ? {} : { expiresAt: expires }),
          ...limits,
        })
        if (json) return output.json(created)
        printSecret(created)
      }),
    )

  function printSecret({ id, key }: CreatedKey): void {
    output.print(`Key ${id}, shown only this once:`)
    output.print('')
    output.print(`  ${key}`)
    output.print('')
    output.print('Clients send it as "Authorization: Bearer KEY".')
  }

  keys
    .command('rotate <key>')
    .description('give a key, by id or name, another secret; the former one ends after a time')
    .option('--overlap <time>', 'how long both are valid: 30m, 24h, 7d (default: 24h)', toSpanMs)
    .option(
      '--expires <time>',
      'when the new one ends (default: after as long as the former one was given)',
      toEnd,
    )
    .option('--json', 'print JSON')
    .action((text: string, { overlap, expires, json }: RotateOptions) =>
      withKeys(async (opened) => {
        const { id } = await findKey(opened, text, isRotatable)
        const created = await opened.rotate(id, {
          ...(overlap === undefined ? {} : { overlapMs: overlap }),
          ...(expires === undefined ? {} : { expiresAt: expires }),
        })
        if (json) return output.json(created)
        printSecret(created)
        const former = (await listAll((page) => opened.list(page))).find((key) => key.id === id)
        output.print(`The former key ${id} ends ${former?.expiresAt ?? 'now'}.`)
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

function isRotatable({ revokedAt, replacedBy }: KeyDetails): boolean {
  return revokedAt === undefined && replacedBy === undefined
}

function toState({ revokedAt, expiresAt, endsSoon }: KeyDetails): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt}`
  if (expiresAt === undefined) return 'valid'
  if (endsSoon) return `ENDS SOON ${expiresAt}`
  return Date.parse(expiresAt) > Date.now() ? `valid until ${expiresAt}` : `expired ${expiresAt}`
}

const unitHours: Readonly<Record<string, number>> = { h: 1, d: 24, w: 168 }

/** Milliseconds of a span. */
function toSpanMs(text: string): number {
  const [, count, unit = ''] = /^(\d{1,5})([mhdw])$/.exec(text) ?? []
  const hours = unit === 'm' ? 1 / 60 : unitHours[unit]
  if (count !== undefined && hours !== undefined) return Number(count) * hours * 3_600_000
  throw new InvalidArgumentError('Expected a number with m, h, d or w, such as 24h.')
}

function toLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected an integer from 1.')
}

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
