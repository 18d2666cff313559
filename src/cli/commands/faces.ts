import type { Command } from 'commander'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import type { CliContext } from '../context.ts'
import { listAll } from '../pages.ts'

interface ListOptions {
  readonly collection: string
  readonly person?: string
  readonly json?: boolean
}

/** `faces list|delete`. */
export function addFaces(program: Command, { output, withFaceWatcher }: CliContext): void {
  const faces = program.command('faces').description('stored enrolments of persons')

  faces
    .command('list')
    .description('list faces')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--person <id>', 'only faces of this person')
    .option('--json', 'print JSON')
    .action((options: ListOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection, person } = options
        const all = await listAll((page) =>
          faceWatcher.faces.list(collection, {
            ...page,
            ...(person === undefined ? {} : { personId: person }),
          }),
        )
        if (options.json) return output.json(all)
        output.table(
          ['id', 'person', 'model', 'size px', 'sharpness', 'created'],
          all.map((face) => [
            ...[face.id, face.personId, face.modelId, face.quality.sizePx.toFixed(0)],
            ...[face.quality.sharpness.toFixed(0), face.createdAt],
          ]),
        )
      }),
    )

  faces
    .command('delete <ids...>')
    .description('delete faces; it cannot be undone')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .action((ids: readonly string[], { collection }: ListOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        for (const id of ids) {
          const { personId } = await faceWatcher.faces.get(collection, id)
          await faceWatcher.faces.delete(collection, personId, id)
          output.print(`Deleted face ${id}.`)
        }
      }),
    )
}
