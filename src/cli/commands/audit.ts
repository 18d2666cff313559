import { type Command, InvalidArgumentError } from 'commander'
import type { Audit, AuditQuery } from '../../access/audit/audit.ts'
import type { AuditReport } from '../../access/audit/verification.ts'
import type { AuditEntry } from '../../core/audit/entry.ts'
import { type AuditKind, auditKinds } from '../../core/audit/kinds.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatCount } from '../output.ts'

interface ListOptions {
  readonly from?: string
  readonly to?: string
  readonly kind?: AuditKind
  readonly actor?: string
  readonly subject?: string
  readonly collection?: string
  readonly request?: string
  readonly limit: number
  readonly json?: boolean
}

interface VerifyOptions {
  readonly anchors?: string
  readonly publicKey?: readonly string[]
  readonly json?: boolean
}

/** `audit list|verify|export|key`. They need neither models nor an index. */
export function addAudit(program: Command, { output, loadConfig }: CliContext): void {
  const audit = program.command('audit').description('who did what, and what was decided')

  async function withAudit<T>(use: (audit: Audit) => Promise<T>): Promise<T> {
    const { config } = await loadConfig()
    const { withAudit: open } = await import('../../compose/audit.ts')
    return open(config, use)
  }

  addFilters(audit.command('list').description('list entries, newest first'))
    .option('--limit <count>', 'most entries', toCount, 50)
    .option('--json', 'print JSON')
    .action((options: ListOptions) =>
      withAudit(async (opened) => {
        const { items } = await opened.list({ ...toQuery(options), limit: options.limit })
        if (options.json) return output.json(items)
        const headers = ['at', 'kind', 'actor', 'address', 'subjects', 'details']
        output.table(headers, items.map(toRow))
      }),
    )

  addFilters(
    audit.command('export').description('print all entries, newest first, a line of JSON each'),
  ).action((options: ListOptions) =>
    withAudit(async (opened) => {
      for await (const entry of opened.entries(toQuery(options))) output.jsonLine(entry)
    }),
  )

  audit
    .command('verify')
    .description('look whether an entry was altered, removed, moved or added')
    .option('--anchors <path>', 'file of anchors, or folder of them (default: the configured file)')
    .option('--public-key <file...>', 'public keys of other nodes whose anchors are believed')
    .option('--json', 'print JSON')
    .action(({ anchors, publicKey = [], json }: VerifyOptions) =>
      withAudit(async (opened) => {
        const { readFile } = await import('node:fs/promises')
        const publicKeys = await Promise.all(publicKey.map((file) => readFile(file, 'utf8')))
        const report = await opened.verify({
          ...(anchors === undefined ? {} : { anchors }),
          publicKeys,
        })
        if (!report.sound) process.exitCode = exitCodes.state
        if (json) return output.json(report)
        for (const line of describeReport(report)) output.print(line)
      }),
    )

  audit
    .command('key')
    .description('print the public key with which anchors are verified')
    .action(() => withAudit(async ({ publicKey }) => output.print(publicKey.publicKey.trimEnd())))
}

function addFilters(command: Command): Command {
  return command
    .option('--from <time>', 'not before this time', toTime)
    .option('--to <time>', 'before this time', toTime)
    .option('--kind <kind>', 'only this kind, such as personDeleted', toKind)
    .option('--actor <actor>', 'only of this actor: its kind, or KIND:ID')
    .option('--subject <id>', 'only about this person, face, key or other thing')
    .option('--collection <name>', 'only of this collection')
    .option('--request <id>', 'only of this request')
}

function toQuery({ from, to, kind, actor, subject, collection, request }: ListOptions): AuditQuery {
  const requestId = request
  const given = { from, to, kind, actor, subject, collection, requestId }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function toRow({ at, kind, actor, address, subjects, details }: AuditEntry): readonly string[] {
  const about = Object.entries(subjects ?? {}).map(([of, ids]) =>
    ids.length === 1 ? `${of} ${ids[0]}` : `${ids.length} ${of}`,
  )
  const told = Object.entries(details ?? {}).map(([name, value]) => `${name} ${String(value)}`)
  return [
    ...[at, kind, `${actor.kind} ${actor.id}`, address ?? '', about.join(', ')],
    told.join(', '),
  ]
}

function describeReport({ sound, entries, chains, anchors, ...report }: AuditReport): string[] {
  const looked = `${entries} ${entries === 1 ? 'entry' : 'entries'} in ${formatCount(chains, 'chain')}`
  const against =
    anchors === 0
      ? 'No anchor was there: that the last entries were removed, or all were written again, cannot be seen.'
      : `Held against ${formatCount(anchors, 'anchor')}, the last of ${report.lastAnchorAt}.`
  return [
    ...(sound ? [`Sound: ${looked}.`] : [`NOT sound: ${looked}.`]),
    ...report.faults.map((fault) =>
      'line' in fault
        ? `  ${fault.kind}: line ${fault.line} of the anchors`
        : `  ${fault.kind}: chain ${fault.stream}, entry ${fault.sequence}`,
    ),
    against,
  ]
}

function toTime(text: string): string {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new InvalidArgumentError('Expected a date, or a date and a time.')
  return new Date(time).toISOString()
}

function toKind(text: string): AuditKind {
  const kind = auditKinds.find((known) => known === text)
  if (kind !== undefined) return kind
  throw new InvalidArgumentError(`Expected one of ${auditKinds.join(', ')}.`)
}

function toCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count
  throw new InvalidArgumentError('Expected a whole number from 1 to 1000.')
}
