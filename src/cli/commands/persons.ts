import { type Command, Option } from 'commander'
import { toCreatedPersonBody } from '../../recognition/bodies.ts'
import { defaultCollectionName, type FaceWatcher } from '../../recognition/face-watcher.ts'
import {
  type IfExists,
  type Metadata,
  type Person,
  waysIfExists,
} from '../../storage/ports/persons.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { findPerson } from '../find-person.ts'
import { collectOption, metadataHelp, parseMetadataOption } from '../option-parsers.ts'
import { formatCount, formatWhole, type Output, toPrintable } from '../output.ts'
import { addListOptions, type ListOptions, listAll, listRows } from '../pages.ts'

interface Options {
  readonly collection: string
  readonly json?: boolean
}

interface CreateOptions extends Options {
  readonly metadata?: Metadata
  readonly ifExists: IfExists
}

interface UpdateOptions extends Options {
  readonly name?: string
  readonly metadata?: Metadata
  readonly removeMetadata?: readonly string[]
}

/** Persons that a question names one by one. */
const maxNamed = 10

/** `persons list|show|create|update|rename|delete`. */
export function addPersons(program: Command, context: CliContext): void {
  const { output, withFaceWatcher } = context
  const persons = program.command('persons').description('enrolled individuals')
  const add = (usage: string, description: string) =>
    persons
      .command(usage)
      .description(description)
      .option('--collection <name>', 'collection', defaultCollectionName)

  addListOptions(
    add('list', 'list persons').option('--name <text>', 'only persons whose name contains this'),
  ).action((options: Options & ListOptions & { name?: string }) =>
    withFaceWatcher(async ({ faceWatcher }) => {
      const { collection, name } = options
      const chosen = name === undefined ? {} : { name }
      const page = await listRows(
        (part) => faceWatcher.persons.list(collection, { ...part, ...chosen }),
        options,
        output,
      )
      if (options.json) return output.json(page)
      output.table(
        ['id', 'name', 'faces', 'created'],
        page.items.map((it) => [it.id, it.name, String(it.faceCount), it.createdAt]),
      )
    }),
  )

  add('show <person>', 'show a person, by id or name, with its faces')
    .option('--json', 'print JSON')
    .action((idOrName: string, options: Options) =>
      withFaceWatcher(({ faceWatcher }) => showPerson(faceWatcher, idOrName, options, output)),
    )

  add('create <name>', 'make a person without faces; "enroll --person" adds them')
    .option('--metadata <entry>', metadataHelp, parseMetadataOption)
    .addOption(
      new Option('--if-exists <what>', 'when somebody has exactly this name')
        .choices(waysIfExists)
        .default('create'),
    )
    .option('--json', 'print JSON')
    .action((name: string, options: CreateOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection, metadata, ifExists } = options
        const created = await faceWatcher.persons.create(collection, {
          ...{ name, ifExists },
          ...(metadata === undefined ? {} : { metadata }),
        })
        if (options.json) return output.json(toCreatedPersonBody(created))
        output.print(`Person ${created.name} is ${created.id}.`)
      }),
    )

  add('update <person>', 'change the name or the metadata of a person, by id or name')
    .option('--name <name>', 'the new name')
    .option('--metadata <entry>', `add or replace: ${metadataHelp}`, parseMetadataOption)
    .option('--remove-metadata <key>', 'can be given several times', collectOption)
    .option('--json', 'print JSON')
    .action((idOrName: string, options: UpdateOptions) => updatePerson(context, idOrName, options))

  add('rename <person> <name>', 'change the name of a person, by id or name').action(
    (idOrName: string, name: string, { collection }: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { id } = await findPerson(faceWatcher, collection, idOrName)
        const person = await faceWatcher.persons.update(collection, id, { name })
        output.print(`Renamed ${person.id} to ${person.name}.`)
      }),
  )

  add('delete <persons...>', 'delete persons, by id or name, with all their faces')
    .option('--erase', 'erase at once; "history undo" cannot put it back')
    .option('--yes', yesHelp)
    .action(
      (idsOrNames: readonly string[], options: Options & { yes?: boolean; erase?: boolean }) =>
        withFaceWatcher(async ({ faceWatcher }) => {
          const { collection } = options
          // All are found first: a wrong name deletes nobody.
          const found: Person[] = []
          for (const given of idsOrNames)
            found.push(await findPerson(faceWatcher, collection, given))
          const chosen = [...new Map(found.map((person) => [person.id, person])).values()]
          const what = `This deletes ${describePersons(chosen)} from ${collection}.`
          if (!(await confirm(what, options, output))) return
          for (const { id, name } of chosen) {
            await faceWatcher.persons.delete(collection, id, options.erase ? { erase: 'now' } : {})
            output.print(`Deleted person ${toPrintable(name)} (${id}).`)
          }
        }),
    )
}

async function showPerson(
  faceWatcher: FaceWatcher,
  idOrName: string,
  { collection, json }: Options,
  output: Output,
): Promise<void> {
  const person = await findPerson(faceWatcher, collection, idOrName)
  const faces = await listAll((page) =>
    faceWatcher.faces.list(collection, { ...page, personId: person.id }),
  )
  if (json) return output.json({ ...person, faces })
  output.table(
    ['id', 'name', 'faces', 'created', 'updated'],
    [[person.id, person.name, String(person.faceCount), person.createdAt, person.updatedAt]],
  )
  if (Object.keys(person.metadata).length > 0) {
    output.print(`metadata  ${JSON.stringify(person.metadata)}`)
  }
  output.print('')
  output.table(
    ['face', 'size px', 'sharpness', 'image sha256', 'created'],
    faces.map((face) => [
      face.id,
      formatWhole(face.quality?.sizePx),
      formatWhole(face.quality?.sharpness),
      face.imageHash.slice(0, 12),
      face.createdAt,
    ]),
  )
}

async function updatePerson(
  { output, withFaceWatcher }: CliContext,
  idOrName: string,
  { collection, name, metadata, removeMetadata = [], json }: UpdateOptions,
): Promise<void> {
  const changesMetadata = metadata !== undefined || removeMetadata.length > 0
  if (name === undefined && !changesMetadata) {
    throw new UsageError('Say what to change: --name, --metadata or --remove-metadata.')
  }
  await withFaceWatcher(async ({ faceWatcher }) => {
    const person = await findPerson(faceWatcher, collection, idOrName)
    const kept = Object.entries(person.metadata).filter(([key]) => !removeMetadata.includes(key))
    const updated = await faceWatcher.persons.update(collection, person.id, {
      ...(name === undefined ? {} : { name }),
      ...(changesMetadata ? { metadata: { ...Object.fromEntries(kept), ...metadata } } : {}),
    })
    if (json) return output.json(updated)
    output.print(
      `Updated ${updated.name} (${updated.id}): metadata ${JSON.stringify(updated.metadata)}.`,
    )
  })
}

/** `Ann (3 faces), Bea (1 face)`. */
function describePersons(persons: readonly Person[]): string {
  const named = persons
    .slice(0, maxNamed)
    .map(({ name, faceCount }) => `${toPrintable(name)} (${formatCount(faceCount, 'face')})`)
  const others = persons.slice(maxNamed)
  if (others.length === 0) return named.join(', ')
  const faces = others.reduce((sum, { faceCount }) => sum + faceCount, 0)
  return `${named.join(', ')} and ${formatCount(others.length, 'more person')} (${formatCount(faces, 'face')})`
}
