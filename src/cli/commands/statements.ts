import { type Command, Option } from 'commander'
import {
  defaultCollectionName,
  type FaceWatcher,
  type Stated,
  type StatementSubject,
} from '../../recognition/face-watcher.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { findPerson, personHelp } from '../find-person.ts'
import { loadImageFile } from '../load-image.ts'
import { noReadTurnedHelp, toDetector } from '../option-parsers.ts'
import { toPrintable } from '../output.ts'
import { addListOptions, type ListOptions, listRows } from '../pages.ts'

interface Options {
  readonly collection: string
}

interface AddOptions extends Options {
  readonly face?: string
  readonly faces: 'one' | 'largest'
  /** False with `--no-read-turned`. */
  readonly readTurned: boolean
  readonly enroll?: boolean
  readonly json?: boolean
}

/** The commands of one kind of statement. */
interface Kind {
  readonly noun: 'rejections' | 'confirmations'
  readonly description: string
  readonly add: string
}

const kinds: readonly Kind[] = [
  {
    noun: 'rejections',
    description: 'faces that are not a person, though they were taken for one',
    add: 'say of a face that it is not the person, who is then found no more for what resembles it',
  },
  {
    noun: 'confirmations',
    description: 'faces that are a person, which enrols nothing',
    add: 'say of a face that it is the person',
  },
]

/** `rejections add|list|revoke` and `confirmations add|list|revoke`. */
export function addStatements(program: Command, context: CliContext): void {
  for (const kind of kinds) addKind(program, context, kind)
}

function addKind(program: Command, context: CliContext, { noun, description, add }: Kind): void {
  const { output, withFaceWatcher, withModels } = context
  const group = program.command(noun).description(description)

  const adding = group
    .command('add <person> [file]')
    .description(`${add}; - is standard input`)
    .option('--face <id>', 'a stored face, of any person, instead of a file')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .addOption(
      new Option('--faces <which>', 'exactly one face, or the largest')
        .choices(['one', 'largest'])
        .default('one'),
    )
    .option('--no-read-turned', noReadTurnedHelp)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nThe person is ${personHelp}.`)
  if (noun === 'confirmations') adding.option('--enroll', 'enrol the face of the file, too')
  adding.action((person: string, file: string | undefined, options: AddOptions) => {
    const { collection, face, faces, readTurned } = options
    if ((file === undefined) === (face === undefined)) {
      throw new UsageError('Give either a file, or --face.')
    }
    const say = async (faceWatcher: FaceWatcher, subject: StatementSubject): Promise<void> => {
      const { id } = await findPerson(faceWatcher, collection, person)
      const given = { faces, ...toDetector(readTurned) }
      const stated: Stated =
        noun === 'rejections'
          ? await faceWatcher.rejections.add(collection, id, subject, given)
          : await faceWatcher.confirmations.add(collection, id, subject, {
              ...given,
              enroll: options.enroll ?? false,
            })
      if (options.json) return output.json(stated)
      const { statement, alreadyStated, revoked } = stated
      const before = alreadyStated ? ', said before' : ''
      output.print(`${capitalised(statement.kind)} ${statement.id}${before}.`)
      if (revoked) output.print(`It takes the place of ${revoked.kind} ${revoked.id}.`)
    }
    if (face !== undefined) {
      return withFaceWatcher(({ faceWatcher }) => say(faceWatcher, { faceId: face }))
    }
    return withModels(async ({ faceWatcher }, { limits }) => {
      const image = await loadImageFile(file as string, limits.maxImageBytes)
      await say(faceWatcher, image.bytes)
    })
  })

  addListOptions(
    group
      .command('list <person>')
      .description('what was said of a person, newest last')
      .option('--collection <name>', 'collection', defaultCollectionName),
  ).action((person: string, options: Options & ListOptions) =>
    withFaceWatcher(async ({ faceWatcher }) => {
      const { id } = await findPerson(faceWatcher, options.collection, person)
      const page = await listRows(
        (part) => faceWatcher[noun].list(options.collection, id, part),
        options,
        output,
      )
      if (options.json) return output.json(page)
      output.table(
        ['id', 'of', 'in force', 'by', 'created'],
        page.items.map((item) => [
          item.id,
          item.faceId === undefined ? 'an image or embedding' : `face ${item.faceId}`,
          item.inForce ? 'yes' : 'no',
          toPrintable(item.createdBy.name),
          item.createdAt,
        ]),
      )
    }),
  )

  group
    .command('revoke <person> <ids...>')
    .description('take back what was said')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .action((person: string, ids: readonly string[], { collection }: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { id } = await findPerson(faceWatcher, collection, person)
        // All are found first: a wrong id revokes nothing.
        for (const one of ids) await faceWatcher[noun].get(collection, id, one)
        for (const one of new Set(ids)) {
          await faceWatcher[noun].revoke(collection, id, one)
          output.print(`Revoked ${one}.`)
        }
      }),
    )
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
