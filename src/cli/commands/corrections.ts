import type { Command } from 'commander'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import type { MergeConsequences, Person } from '../../storage/ports/persons.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { findPerson, personHelp } from '../find-person.ts'
import { formatCount, type Output, toPrintable } from '../output.ts'

interface MergeOptions {
  readonly collection: string
  readonly into: string
  readonly name?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

interface MoveOptions {
  readonly collection: string
  readonly to?: string
  readonly newPerson?: string
  readonly removeEmptied?: boolean
  readonly json?: boolean
}

/** `persons merge` and `faces move`, in the groups that are there. */
export function addCorrections(program: Command, context: CliContext): void {
  const { output, withFaceWatcher } = context
  const group = (name: string) =>
    program.commands.find((command) => command.name() === name) ?? program.command(name)

  group('persons')
    .command('merge <persons...>')
    .description('merge persons, by id or name, into one, who gets their faces')
    .requiredOption('--into <person>', `who survives: ${personHelp}`)
    .option('--name <name>', 'name of the one who survives (default: its own)')
    .option('--dry-run', 'say what would be done, and change nothing')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--yes', yesHelp)
    .option('--json', 'print JSON')
    .action((idsOrNames: readonly string[], options: MergeOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection, name } = options
        const find = (given: string) => findPerson(faceWatcher, collection, given)
        const into = await find(options.into)
        const others: Person[] = []
        for (const given of idsOrNames) others.push(await find(given))
        const from = [...new Set(others.map(({ id }) => id))]
        const input = { into: into.id, from, ...(name === undefined ? {} : { name }) }
        const foretold = await faceWatcher.persons.mergeConsequences(collection, input)
        if (options.dryRun && options.json) return output.json(foretold)
        if (!options.json) describeMerge(foretold, output)
        if (options.dryRun) return
        const names = others.map((person) => toPrintable(person.name)).join(', ')
        const what = `This merges ${names} into ${toPrintable(into.name)}.`
        if (!(await confirm(what, options, output))) return
        const done = await faceWatcher.persons.merge(collection, input)
        if (options.json) return output.json(done)
        output.print(`Merged into ${done.person.id}; "history undo ${done.entryId}" takes it back.`)
      }),
    )

  group('faces')
    .command('move <ids...>')
    .description('give faces to another person, or a new one')
    .option('--to <person>', `who gets them: ${personHelp}`)
    .option('--new-person <name>', 'a person who is made for them')
    .option('--remove-emptied', 'delete persons who have no face left')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--json', 'print JSON')
    .action((ids: readonly string[], options: MoveOptions) => {
      const { collection, to, newPerson, removeEmptied = false } = options
      if ((to === undefined) === (newPerson === undefined)) {
        throw new UsageError('Say who gets them: --to or --new-person.')
      }
      return withFaceWatcher(async ({ faceWatcher }) => {
        const target =
          to === undefined
            ? { name: newPerson as string }
            : (await findPerson(faceWatcher, collection, to)).id
        const faceIds = [...new Set(ids)]
        const moved = await faceWatcher.faces.move(collection, faceIds, target, { removeEmptied })
        if (options.json) return output.json(moved)
        const count = moved.faces.filter(({ outcome }) => outcome === 'moved').length
        const { name, id } = moved.person
        output.print(`Moved ${formatCount(count, 'face')} to ${toPrintable(name)} (${id}).`)
        for (const { faceId, outcome } of moved.faces) {
          if (outcome !== 'moved') output.print(`${faceId}  ${outcome}`)
        }
        if (moved.entryId !== undefined) {
          output.print(`"history undo ${moved.entryId}" takes it back.`)
        }
      })
    })
}

function describeMerge(
  { person, movedFaces, sameImageFaces, lost }: MergeConsequences,
  output: Output,
): void {
  output.print(
    `${toPrintable(person.name)} (${person.id}) gets ${formatCount(movedFaces, 'face')} and has ${person.faceCount} then.`,
  )
  if (sameImageFaces.length > 0) {
    const faces = formatCount(sameImageFaces.length, 'face')
    output.print(`${faces} of the same photograph twice: deleted.`)
  }
  for (const { personId, field, value } of lost) {
    output.print(`Lost: ${field} of ${personId}: ${toPrintable(JSON.stringify(value))}`)
  }
}
