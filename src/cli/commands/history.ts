import type { Command } from 'commander'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import type { HistoryDetails, HistoryEntry } from '../../storage/ports/history.ts'
import type { CliContext } from '../context.ts'
import { formatCount, type Output, toPrintable } from '../output.ts'
import { addListOptions, type ListOptions, listRows } from '../pages.ts'

interface Options {
  readonly collection: string
  readonly json?: boolean
}

/** `history list|show|undo`. */
export function addHistory(program: Command, { output, withFaceWatcher }: CliContext): void {
  const history = program
    .command('history')
    .description('changes of persons and faces, and taking them back')
  const add = (usage: string, description: string) =>
    history
      .command(usage)
      .description(description)
      .option('--collection <name>', 'collection', defaultCollectionName)

  addListOptions(
    add('list', 'list changes, newest first').option(
      '--person <id>',
      'only changes about one person, who need not be there any more',
    ),
  ).action((options: Options & ListOptions & { person?: string }) =>
    withFaceWatcher(async ({ faceWatcher }) => {
      const { collection, person } = options
      const chosen = person === undefined ? {} : { personId: person }
      const page = await listRows(
        (part) => faceWatcher.history.list(collection, { ...part, ...chosen }),
        options,
        output,
      )
      if (options.json) return output.json(page)
      output.table(
        ['id', 'at', 'change', 'who', 'persons', 'faces', ''],
        page.items.map((entry) => [
          ...[entry.id, entry.at, entry.kind, toPrintable(entry.actor.name)],
          ...[String(entry.personIds.length), String(entry.faceCount), describeUndo(entry)],
        ]),
      )
    }),
  )

  add('show <id>', 'show a change, with how everything was before and after')
    .option('--json', 'print JSON')
    .action((id: string, { collection, json }: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const entry = await faceWatcher.history.get(collection, id)
        if (json) return output.json(entry)
        showEntry(entry, output)
      }),
    )

  add('undo <id>', 'take a change back; undoing that does it again')
    .option('--json', 'print JSON')
    .action((id: string, { collection, json }: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const entry = await faceWatcher.history.undo(collection, id)
        if (json) return output.json(entry)
        const what = `${formatCount(entry.personIds.length, 'person')}, ${formatCount(entry.faceCount, 'face')}`
        output.print(`Undone (${what}); "history undo ${entry.id}" does it again.`)
      }),
    )
}

function describeUndo({ undoes, undoneBy }: HistoryEntry): string {
  if (undoneBy !== undefined) return `undone by ${undoneBy}`
  return undoes === undefined ? '' : `undoes ${undoes}`
}

function showEntry(entry: HistoryDetails, output: Output): void {
  output.print(`${entry.kind} ${entry.at} by ${toPrintable(entry.actor.name)}`)
  const undo = describeUndo(entry)
  if (undo !== '') output.print(undo)
  output.print('')
  output.table(
    ['record', 'id', 'before', 'after'],
    entry.transitions.map(({ record, id, before, after }) => [
      ...[record, id, toPrintable(JSON.stringify(before)), toPrintable(JSON.stringify(after))],
    ]),
  )
}
