import { type Command, Option } from 'commander'
import { toCreatedPersonBody } from '../../recognition/bodies.ts'
import { defaultCollectionName, type FaceWatcher } from '../../recognition/face-watcher.ts'
import {
  type IfExists,
  type Metadata,
  type OnAmbiguous,
  type Person,
  waysIfExists,
  waysOnAmbiguous,
} from '../../storage/ports/persons.ts'
import { confirm, yesHelp } from '../confirm.ts'
import {
  addConsentOptions,
  type ConsentOptions,
  describeConsent,
  toConsentInput,
} from '../consent-options.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { findPerson } from '../find-person.ts'
import {
  collectOption,
  integerOption,
  metadataHelp,
  parseMetadataOption,
} from '../option-parsers.ts'
import { formatCount, formatWhole, type Output, toPrintable } from '../output.ts'
import { addListOptions, type ListOptions, listAll, listRows } from '../pages.ts'
import {
  addPersonFilters,
  type PersonFilterOptions,
  toPersonFilters,
  yesNoOption,
} from '../person-options.ts'
import { type UpdateOptions, updatePerson } from '../update-person.ts'
import { addPersonsMany } from './persons-many.ts'

interface Options {
  readonly collection: string
  readonly json?: boolean
}

interface CreateOptions extends Options, ConsentOptions {
  readonly alias?: readonly string[]
  readonly externalId?: string
  readonly notes?: string
  readonly metadata?: Metadata
  readonly hidden?: 'yes' | 'no'
  readonly favourite?: 'yes' | 'no'
  readonly ifExists: IfExists
  readonly onAmbiguous: OnAmbiguous
}

interface DeleteOptions extends Options {
  readonly yes?: boolean
  readonly erase?: boolean
  readonly ifRevision?: number
}

const ifRevisionHelp = 'only if this is the revision of the person, as "persons show" tells it'

/** Persons that a question names one by one. */
const maxNamed = 10

/** `persons list|show|create|update|withdraw-consent|rename|delete`. */
export function addPersons(program: Command, context: CliContext): void {
  const { output, withFaceWatcher } = context
  const persons = program.command('persons').description('enrolled individuals')
  const add = (usage: string, description: string) =>
    persons
      .command(usage)
      .description(description)
      .option('--collection <name>', 'collection', defaultCollectionName)

  addListOptions(addPersonFilters(add('list', 'list or search persons'))).action(
    (options: Options & ListOptions & PersonFilterOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection } = options
        const chosen = toPersonFilters(options)
        const page = await listRows(
          (part) => faceWatcher.persons.list(collection, { ...part, ...chosen }),
          options,
          output,
        )
        if (options.json) return output.json(page)
        output.table(
          ['id', 'name', 'faces', 'last seen', 'created'],
          page.items.map((it) => [
            ...[it.id, it.name, String(it.faceCount), it.lastSeenAt ?? '', it.createdAt],
          ]),
        )
      }),
  )

  add('show <person>', 'show a person, by id or name, with its faces')
    .option('--json', 'print JSON')
    .action((idOrName: string, options: Options) =>
      withFaceWatcher(({ faceWatcher }) => showPerson(faceWatcher, idOrName, options, output)),
    )

  addConsentOptions(
    add('create <name>', 'make a person without faces; "enroll --person" adds them'),
  )
    .option('--alias <name>', 'another name; can be given several times', collectOption)
    .option('--external-id <id>', 'what another system calls the person')
    .option('--notes <text>', 'free text')
    .option('--metadata <entry>', metadataHelp, parseMetadataOption)
    .addOption(yesNoOption('--hidden', 'whether lists of people leave the person out'))
    .addOption(yesNoOption('--favourite', 'whether the person is a favourite'))
    .addOption(
      new Option('--if-exists <what>', 'when somebody has this external id, or exactly this name')
        .choices(waysIfExists)
        .default('create'),
    )
    .addOption(
      new Option('--on-ambiguous <what>', 'with "--if-exists reuse", when several have the name')
        .choices(waysOnAmbiguous)
        .default('reject'),
    )
    .option('--json', 'print JSON')
    .action((name: string, options: CreateOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection, alias, externalId, notes, metadata, hidden, favourite } = options
        const { ifExists, onAmbiguous } = options
        const created = await faceWatcher.persons.create(collection, {
          ...{ name, ifExists, onAmbiguous },
          ...(alias === undefined ? {} : { aliases: alias }),
          ...(externalId === undefined ? {} : { externalId }),
          ...(notes === undefined ? {} : { notes }),
          ...(metadata === undefined ? {} : { metadata }),
          ...(hidden === undefined ? {} : { hidden: hidden === 'yes' }),
          ...(favourite === undefined ? {} : { favourite: favourite === 'yes' }),
          ...toConsentInput(options),
        })
        if (options.json) return output.json(toCreatedPersonBody(created))
        output.print(`Person ${created.name} is ${created.id}.`)
      }),
    )

  addConsentOptions(add('update <person>', 'change fields of a person, by id or name'))
    .option('--no-consent', 'take the consent away; "withdraw-consent" withdraws it')
    .option('--name <name>', 'the new name')
    .option('--add-alias <name>', 'can be given several times', collectOption)
    .option('--remove-alias <name>', 'can be given several times', collectOption)
    .option('--external-id <id>', 'what another system calls the person')
    .option('--no-external-id', 'take the external id away')
    .option('--notes <text>', 'free text')
    .option('--no-notes', 'take the notes away')
    .option('--cover <face>', 'id of the face that shows the person')
    .option('--no-cover', 'let no face in particular show the person')
    .addOption(yesNoOption('--hidden', 'whether lists of people leave the person out'))
    .addOption(yesNoOption('--favourite', 'whether the person is a favourite'))
    .option('--metadata <entry>', `add or replace: ${metadataHelp}`, parseMetadataOption)
    .option('--remove-metadata <key>', 'can be given several times', collectOption)
    .option('--if-revision <n>', ifRevisionHelp, integerOption(1, Number.MAX_SAFE_INTEGER))
    .option('--json', 'print JSON')
    .action((idOrName: string, options: UpdateOptions) => updatePerson(context, idOrName, options))

  add('withdraw-consent <person>', 'withdraw the consent of a person, by id or name')
    .option('--at <time>', 'from when, ISO 8601; default: now')
    .option('--json', 'print JSON')
    .action((idOrName: string, options: Options & { readonly at?: string }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection, at, json } = options
        const { id } = await findPerson(faceWatcher, collection, idOrName)
        const given = at === undefined ? {} : { at }
        const person = await faceWatcher.persons.withdrawConsent(collection, id, given)
        if (json) return output.json(person)
        output.print(
          `The consent of ${toPrintable(person.name)} (${id}) is withdrawn from ${person.consent?.withdrawnAt}.`,
        )
      }),
    )

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
    .option('--if-revision <n>', ifRevisionHelp, integerOption(1, Number.MAX_SAFE_INTEGER))
    .option('--yes', yesHelp)
    .action((idsOrNames: readonly string[], options: DeleteOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection, erase, ifRevision } = options
        if (ifRevision !== undefined && idsOrNames.length > 1) {
          throw new UsageError('--if-revision is about one person.')
        }
        // All are found first: a wrong name deletes nobody.
        const found: Person[] = []
        for (const given of idsOrNames) found.push(await findPerson(faceWatcher, collection, given))
        const chosen = [...new Map(found.map((person) => [person.id, person])).values()]
        const what = `This deletes ${describePersons(chosen)} from ${collection}.`
        if (!(await confirm(what, options, output))) return
        for (const { id, name } of chosen) {
          await faceWatcher.persons.delete(collection, id, {
            ...(erase ? { erase: 'now' } : {}),
            ...(ifRevision === undefined ? {} : { ifRevision }),
          })
          output.print(`Deleted person ${toPrintable(name)} (${id}).`)
        }
      }),
    )

  addPersonsMany(add, context)
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
    ['id', 'name', 'faces', 'revision', 'created', 'updated'],
    [
      [
        ...[person.id, person.name, String(person.faceCount), String(person.revision)],
        ...[person.createdAt, person.updatedAt],
      ],
    ],
  )
  for (const line of toFieldLines(person)) output.print(line)
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

/** Fields that the person has besides the name. */
function toFieldLines(person: Person): readonly string[] {
  const { aliases, externalId, notes, coverFaceId, hidden, favourite, lastSeenAt } = person
  const { consent } = person
  return [
    ...(aliases.length === 0 ? [] : [`aliases  ${aliases.map(toPrintable).join(', ')}`]),
    ...(externalId === undefined ? [] : [`external id  ${toPrintable(externalId)}`]),
    ...(notes === undefined ? [] : [`notes  ${toPrintable(notes)}`]),
    ...(coverFaceId === undefined ? [] : [`cover  ${coverFaceId}`]),
    ...(hidden ? ['hidden'] : []),
    ...(favourite ? ['favourite'] : []),
    ...(consent === undefined ? [] : [`consent  ${describeConsent(consent)}`]),
    ...(lastSeenAt === undefined ? [] : [`last seen  ${lastSeenAt}`]),
  ]
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
