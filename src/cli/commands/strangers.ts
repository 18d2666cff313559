import { type Command, Option } from 'commander'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import type { StrangerChange } from '../../recognition/strangers/strangers-api.ts'
import {
  type IfExists,
  type OnAmbiguous,
  waysIfExists,
  waysOnAmbiguous,
} from '../../storage/ports/persons.ts'
import { type Stranger, strangerStatuses } from '../../storage/ports/strangers.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { findPerson, personHelp } from '../find-person.ts'
import { collectOption, integerOption } from '../option-parsers.ts'
import { formatCount, toPrintable } from '../output.ts'
import { addListOptions, type ListOptions, listAll, listRows } from '../pages.ts'
import { addStrangerSearches } from './stranger-searches.ts'

interface Options {
  readonly collection: string
  readonly json?: boolean
}

interface AssignOptions extends Options {
  readonly person?: string
  readonly name?: string
  readonly ifExists?: IfExists
  readonly onAmbiguous?: OnAmbiguous
  readonly sighting?: readonly string[]
  readonly maxFaces?: number
}

/** `strangers list|show|assign|ignore|discard`, and what {@link addStrangerSearches} adds. */
export function addStrangers(program: Command, context: CliContext): void {
  const { output, withFaceWatcher } = context
  const strangers = program
    .command('strangers')
    .description('people who were seen and are not enrolled, in collections that keep them')
  const add = (usage: string, description: string) =>
    strangers
      .command(usage)
      .description(description)
      .option('--collection <name>', 'collection', defaultCollectionName)

  addListOptions(add('list', 'list strangers'))
    .addOption(new Option('--status <status>', 'only these').choices(strangerStatuses))
    .addOption(
      new Option('--sort <key>', 'which comes first')
        .choices(['latest', 'count'])
        .default('latest'),
    )
    .action(
      (
        options: Options & ListOptions & { status?: Stranger['status']; sort: 'latest' | 'count' },
      ) =>
        withFaceWatcher(async ({ faceWatcher }) => {
          const { collection, status, sort } = options
          await faceWatcher.strangers.settle(collection)
          const chosen = { sort, ...(status === undefined ? {} : { status }) }
          const page = await listRows(
            (part) => faceWatcher.strangers.list(collection, { ...part, ...chosen }),
            options,
            output,
          )
          if (options.json) return output.json(page)
          output.table(
            ['id', 'status', 'sightings', 'first seen', 'last seen'],
            page.items.map((it) => [
              ...[it.id, it.status, String(it.count), it.firstSeenAt, it.lastSeenAt],
            ]),
          )
        }),
    )

  add('show <stranger>', 'show a stranger, its sightings, and persons whom it resembles')
    .option('--json', 'print JSON')
    .action((id: string, options: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection } = options
        await faceWatcher.strangers.settle(collection)
        const stranger = await faceWatcher.strangers.get(collection, id)
        const suggestions = await faceWatcher.strangers.suggestions(collection, stranger.id)
        const sightings = await listAll((page) =>
          faceWatcher.strangers.sightings(collection, { ...page, strangerId: stranger.id }),
        )
        if (options.json) return output.json({ ...stranger, suggestions, sightings })
        output.print(`id          ${stranger.id}`)
        output.print(`status      ${describeStatus(stranger)}`)
        output.print(`seen        ${stranger.firstSeenAt} to ${stranger.lastSeenAt}`)
        for (const { personName, personId, similarity, rate, rateExtrapolated } of suggestions) {
          const often = `1 in ${Math.floor(1 / rate).toLocaleString('en')}`
          output.print(
            `looks like  ${toPrintable(personName)} (${personId}): ${similarity.toFixed(3)}, expected rate ${rateExtrapolated ? 'rarer than ' : ''}${often}`,
          )
        }
        output.table(
          ['sighting', 'seen', 'source', 'crop'],
          sightings.map((it) => [
            ...[it.id, it.seenAt, toPrintable(it.source ?? ''), it.hasCrop ? 'stored' : ''],
          ]),
        )
      }),
    )

  add('assign <stranger>', 'say who a stranger is: enrols some of its sightings')
    .option('--person <person>', personHelp)
    .option('--name <name>', 'a new person of this name')
    .addOption(
      new Option(
        '--if-exists <what>',
        'with "--name", when somebody has exactly this name',
      ).choices(waysIfExists),
    )
    .addOption(
      new Option(
        '--on-ambiguous <what>',
        'with "--if-exists reuse", when several have the name',
      ).choices(waysOnAmbiguous),
    )
    .option(
      '--sighting <id>',
      'a sighting to enrol; can be given several times (default: the best)',
      collectOption,
    )
    .option('--max-faces <n>', 'sightings that are enrolled at most', integerOption(0, 20))
    .option('--json', 'print JSON')
    .action(async (id: string, options: AssignOptions) => {
      const { collection, person, name, ifExists, onAmbiguous, sighting, maxFaces } = options
      if ((person === undefined) === (name === undefined)) {
        throw new UsageError('Say who it is: --person PERSON, or --name NAME for a new one.')
      }
      if (person !== undefined && (ifExists ?? onAmbiguous) !== undefined) {
        throw new UsageError('--if-exists and --on-ambiguous go with --name.')
      }
      await withFaceWatcher(async ({ faceWatcher }) => {
        const who =
          person === undefined
            ? {
                ...{ name: name as string },
                ...(ifExists === undefined ? {} : { ifExists }),
                ...(onAmbiguous === undefined ? {} : { onAmbiguous }),
              }
            : (await findPerson(faceWatcher, collection, person)).id
        const assigned = await faceWatcher.strangers.assign(collection, id, who, {
          ...(sighting === undefined ? {} : { sightingIds: sighting }),
          ...(maxFaces === undefined ? {} : { maxFaces }),
        })
        if (options.json) return output.json(assigned)
        const faces = formatCount(assigned.faces.length, 'face')
        output.print(
          `${assigned.stranger.id} is ${toPrintable(assigned.person.name)} (${assigned.person.id}); ${faces} enrolled.`,
        )
      })
    })

  add('ignore <strangers...>', 'show strangers, and those very like them, no more')
    .option('--undo', 'show them again')
    .option('--json', 'print JSON')
    .action((ids: readonly string[], options: Options & { undo?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const change = options.undo ? faceWatcher.strangers.show : faceWatcher.strangers.ignore
        const items = await change(options.collection, ids)
        if (options.json) return output.json({ items })
        const what = options.undo ? 'shown again' : 'ignored'
        for (const { id, outcome } of items) {
          output.print(`${id} ${toOutcomeText(outcome, what)}`)
        }
      }),
    )

  add('discard <strangers...>', 'erase what is not a face, with its sightings')
    .option('--yes', yesHelp)
    .option('--json', 'print JSON')
    .action((ids: readonly string[], options: Options & { yes?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const what = `This erases ${formatCount(ids.length, 'stranger')} with all sightings.`
        if (!(await confirm(what, options, output))) return
        const items = await faceWatcher.strangers.discard(options.collection, ids)
        if (options.json) return output.json({ items })
        for (const { id, outcome } of items) {
          output.print(`${id} ${toOutcomeText(outcome, 'erased')}`)
        }
      }),
    )

  addStrangerSearches(strangers, context)
}

function describeStatus({ status, personId, likeId }: Stranger): string {
  if (personId !== undefined) return `${status}: person ${personId}`
  return likeId === undefined ? status : `${status}, like ${likeId}`
}

function toOutcomeText(outcome: StrangerChange['outcome'], done: string): string {
  if (outcome === 'assigned') return 'is a person'
  return outcome === 'done' ? done : 'not found'
}
