import type { Command } from 'commander'
import { defaultFaceCap, maxComparedFaces } from '../../recognition/examination/person-quality.ts'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { findPerson } from '../find-person.ts'
import { integerOption } from '../option-parsers.ts'
import { formatCount, type Output, toPrintable } from '../output.ts'
import { addListOptions, type ListOptions, listRows } from '../pages.ts'

interface Options {
  readonly collection: string
  readonly json?: boolean
}

interface AddOptions extends Options {
  readonly cap?: number
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** `set-aside add|list|restore`. */
export function addSetAside(program: Command, { output, withFaceWatcher }: CliContext): void {
  const setAside = program
    .command('set-aside')
    .description('faces of persons that no search finds until they are put back')
  const add = (usage: string, description: string) =>
    setAside
      .command(usage)
      .description(description)
      .option('--collection <name>', 'collection', defaultCollectionName)

  add('add <person> [faces...]', 'set faces of a person, by id or name, aside')
    .option(
      '--cap <n>',
      `instead of ids: how many faces the person keeps, such as ${defaultFaceCap}`,
      integerOption(1, maxComparedFaces),
    )
    .option('--dry-run', 'say what would be done, and change nothing')
    .option('--yes', yesHelp)
    .option('--json', 'print JSON')
    .action((idOrName: string, ids: readonly string[], options: AddOptions) => {
      const { collection, cap, dryRun = false, json } = options
      if ((cap === undefined) === (ids.length === 0)) {
        throw new UsageError('Say which faces: their ids, or --cap.')
      }
      return withFaceWatcher(async ({ faceWatcher }) => {
        const { id, name } = await findPerson(faceWatcher, collection, idOrName)
        const which = cap === undefined ? { faceIds: [...new Set(ids)] } : { cap }
        const foretold = await faceWatcher.setAside.add(collection, id, which, { dryRun: true })
        const count = foretold.faces.filter(({ outcome }) => outcome === 'setAside').length
        const what = `This sets ${formatCount(count, 'face')} of ${toPrintable(name)} aside.`
        if (!dryRun && count > 0 && !(await confirm(what, options, output))) return
        const done = dryRun ? foretold : await faceWatcher.setAside.add(collection, id, which)
        if (json) return output.json(done)
        tellOutcomes(done.faces, output)
        const { faceCount } = done.person
        output.print(
          dryRun
            ? `Nothing was done. It would set ${formatCount(count, 'face')} aside.`
            : `${toPrintable(name)} has ${formatCount(faceCount, 'face')} that searches find.`,
        )
        tellUndo(done.entryId, output)
      })
    })

  addListOptions(
    add('list <person>', 'list the faces of a person, by id or name, that are set aside'),
  ).action((idOrName: string, options: Options & ListOptions) =>
    withFaceWatcher(async ({ faceWatcher }) => {
      const { collection } = options
      const { id } = await findPerson(faceWatcher, collection, idOrName)
      const page = await listRows(
        (part) => faceWatcher.setAside.list(collection, id, part),
        options,
        output,
      )
      if (options.json) return output.json(page)
      output.table(
        ['id', 'model', 'crop', 'created', 'set aside'],
        page.items.map((face) => [
          ...[face.id, face.modelId, face.hasCrop ? 'stored' : ''],
          ...[face.createdAt, face.setAsideAt ?? ''],
        ]),
      )
    }),
  )

  add('restore <person> <faces...>', 'put faces of a person, by id or name, back')
    .option('--json', 'print JSON')
    .action((idOrName: string, ids: readonly string[], { collection, json }: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { id, name } = await findPerson(faceWatcher, collection, idOrName)
        const done = await faceWatcher.setAside.restore(collection, id, [...new Set(ids)])
        if (json) return output.json(done)
        tellOutcomes(done.faces, output)
        for (const faceId of done.missingEmbedding) {
          output.print(`${faceId}  has no embedding of the model that answers: no search finds it`)
        }
        const { faceCount } = done.person
        output.print(`${toPrintable(name)} has ${formatCount(faceCount, 'face')}.`)
        tellUndo(done.entryId, output)
      }),
    )
}

function tellOutcomes(
  faces: readonly { readonly faceId: string; readonly outcome: string }[],
  output: Output,
): void {
  for (const { faceId, outcome } of faces) output.print(`${faceId}  ${outcome}`)
}

function tellUndo(entryId: string | undefined, output: Output): void {
  if (entryId !== undefined) output.print(`"history undo ${entryId}" takes it back.`)
}
