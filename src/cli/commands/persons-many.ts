import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import { FaceError } from '../../core/errors.ts'
import { applyPersonsTable, type TableResult } from '../../recognition/apply-persons-table.ts'
import { hasCrops, toCropsZip } from '../../recognition/crops-zip.ts'
import { toPersonsCsv, toPersonsJson } from '../../recognition/persons-table.ts'
import type { PageOptions } from '../../storage/ports/pages.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { toFileError } from '../failures.ts'
import { findPerson } from '../find-person.ts'
import { formatCount, type Output, toPrintable } from '../output.ts'
import { assertOutputs, forceHelp } from '../output-files.ts'
import { addPersonFilters, type PersonFilterOptions, toPersonFilters } from '../person-options.ts'

interface ExportOptions extends PersonFilterOptions {
  readonly collection: string
  readonly format: 'csv' | 'json'
  readonly out?: string
  readonly force?: boolean
}

interface ApplyOptions {
  readonly collection: string
  readonly dryRun?: boolean
  readonly erase?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

type AddCommand = (usage: string, description: string) => Command

/** `persons export|apply|photos`. */
export function addPersonsMany(add: AddCommand, { output, withFaceWatcher }: CliContext): void {
  addPersonFilters(add('export', 'write persons as CSV or JSON'))
    .addOption(
      new Option('--format <format>', 'of the list').choices(['csv', 'json']).default('csv'),
    )
    .option('--out <file>', 'write to this file instead of standard output')
    .option('--force', forceHelp)
    .action((options: ExportOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection, format, out, force = false } = options
        const filters = toPersonFilters(options)
        const load = (page: PageOptions) =>
          faceWatcher.persons.list(collection, { ...filters, ...page })
        // A wrong question leaves no file behind.
        await load({ limit: 1 })
        const pieces = format === 'csv' ? toPersonsCsv(load) : toPersonsJson(load)
        await writePieces(pieces, out, force)
      }),
    )

  add('apply <file>', 'change or delete the persons of a CSV file, as "persons export" writes it')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--erase', 'erase whom the file deletes at once; "history undo" cannot put them back')
    .option('--yes', yesHelp)
    .option('--json', 'print JSON')
    .action((file: string, options: ApplyOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection, dryRun = false, json } = options
        const csv = await readFile(file).catch((error: unknown) => {
          throw toFileError(file, error)
        })
        const rehearsed = await applyPersonsTable(faceWatcher, collection, { csv, dryRun: true })
        const { deleted } = rehearsed
        const verb = options.erase ? 'erases' : 'deletes'
        const what = `This ${verb} ${formatCount(deleted, 'person')} from ${collection}.`
        if (!dryRun && deleted > 0 && !(await confirm(what, options, output))) return
        const result = dryRun
          ? rehearsed
          : await applyPersonsTable(faceWatcher, collection, {
              csv,
              ...(options.erase ? { erase: 'now' } : {}),
            })
        if (json) output.json(result)
        else tellResult(result, output)
        if (result.failed > 0) process.exitCode = exitCodes.input
      }),
    )

  add('photos <person>', 'write the stored crops of a person, by id or name, as a zip')
    .requiredOption('--out <file>', 'the zip file')
    .option('--force', forceHelp)
    .action((idOrName: string, options: { collection: string; out: string; force?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection, out, force = false } = options
        const { id, name } = await findPerson(faceWatcher, collection, idOrName)
        if (!(await hasCrops(faceWatcher, collection, id))) {
          throw new FaceError('notFound', {
            detail: 'No crop is stored of any face of the person.',
          })
        }
        await writePieces(toCropsZip(faceWatcher, collection, id), out, force)
        output.note(`The crops of ${toPrintable(name)} are in ${out}.`)
      }),
    )
}

async function writePieces(
  pieces: AsyncIterable<string | Uint8Array>,
  out: string | undefined,
  force: boolean,
): Promise<void> {
  if (out === undefined) {
    return pipeline(pieces, process.stdout, { end: false })
  }
  assertOutputs([out], { flag: '--out', force, inputs: [] })
  await pipeline(pieces, createWriteStream(out, { mode: 0o600 })).catch((error: unknown) => {
    throw toFileError(out, error)
  })
}

function tellResult(
  { dryRun, changed, deleted, unchanged, failed, lines }: TableResult,
  output: Output,
): void {
  const said = lines.filter(({ status }) => status !== 'unchanged')
  if (said.length > 0) {
    output.table(
      ['line', 'what', 'person', 'id', 'why'],
      said.map(({ line, status, name, id, message }) => [
        ...[String(line), status, name ?? '', id ?? '', message ?? ''],
      ]),
    )
  }
  const counts = `${changed} changed, ${deleted} deleted, ${unchanged} as they were, ${failed} failed.`
  output.print(dryRun ? `Nothing was done. It would be: ${counts}` : counts)
}
