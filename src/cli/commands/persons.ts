import type { Command } from 'commander'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import type { CliContext } from '../context.ts'
import { listAll } from '../pages.ts'

interface Options {
  readonly collection: string
  readonly json?: boolean
}

/** `persons list|show|rename|delete`. */
export function addPersons(program: Command, { output, withFaceWatcher }: CliContext): void {
  const persons = program.command('persons').description('enrolled individuals')
  const add = (usage: string, description: string) =>
    persons
      .command(usage)
      .description(description)
      .option('--collection <name>', 'collection', defaultCollectionName)

  add('list', 'list persons')
    .option('--name <text>', 'only persons whose name contains this')
    .option('--json', 'print JSON')
    .action((options: Options & { name?: string }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection, name } = options
        const all = await listAll((page) =>
          faceWatcher.persons.list(collection, {
            ...page,
            ...(name === undefined ? {} : { name }),
          }),
        )
        if (options.json) return output.json(all)
        output.table(
          ['id', 'name', 'faces', 'created'],
          all.map((it) => [it.id, it.name, String(it.faceCount), it.createdAt]),
        )
      }),
    )

  add('show <id>', 'show a person with its faces')
    .option('--json', 'print JSON')
    .action((id: string, options: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection } = options
        const person = await faceWatcher.persons.get(collection, id)
        const faces = await listAll((page) =>
          faceWatcher.faces.list(collection, { ...page, personId: id }),
        )
        if (options.json) return output.json({ ...person, faces })
        output.table(
          ['id', 'name', 'faces', 'created', 'updated'],
          [
            [
              ...[person.id, person.name, String(person.faceCount)],
              ...[person.createdAt, person.updatedAt],
            ],
          ],
        )
        if (Object.keys(person.metadata).length > 0) {
          output.print(`metadata  ${JSON.stringify(person.metadata)}`)
        }
        output.print('')
        output.table(
          ['face', 'size px', 'sharpness', 'image sha256', 'created'],
          faces.map((face) => [
            face.id,
            face.quality.sizePx.toFixed(0),
            face.quality.sharpness.toFixed(0),
            face.imageHash.slice(0, 12),
            face.createdAt,
          ]),
        )
      }),
    )

  add('rename <id> <name>', "change a person's name").action(
    (id: string, name: string, options: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const person = await faceWatcher.persons.update(options.collection, id, { name })
        output.print(`Renamed ${person.id} to ${person.name}.`)
      }),
  )

  add('delete <ids...>', 'delete persons with all their faces; it cannot be undone').action(
    (ids: readonly string[], options: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        for (const id of ids) {
          await faceWatcher.persons.delete(options.collection, id)
          output.print(`Deleted person ${id}.`)
        }
      }),
  )
}
