import type { Command } from 'commander'
import { toFaceEmbeddingBody } from '../../recognition/bodies.ts'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import type { Face } from '../../storage/ports/faces.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { findPerson, personHelp } from '../find-person.ts'
import { formatCount, formatWhole, toPrintable } from '../output.ts'
import { addListOptions, type ListOptions, listRows } from '../pages.ts'

interface Options {
  readonly collection: string
}

/** `faces list|show|delete`. */
export function addFaces(program: Command, { output, withFaceWatcher }: CliContext): void {
  const faces = program.command('faces').description('stored enrolments of persons')

  addListOptions(
    faces
      .command('list')
      .description('list the faces of a collection or of a person')
      .option('--collection <name>', 'collection', defaultCollectionName)
      .option('--person <person>', `only faces of one person: ${personHelp}`),
  ).action((options: Options & ListOptions & { person?: string }) =>
    withFaceWatcher(async ({ faceWatcher }) => {
      const { collection, person } = options
      const chosen =
        person === undefined
          ? {}
          : { personId: (await findPerson(faceWatcher, collection, person)).id }
      const page = await listRows(
        (part) => faceWatcher.faces.list(collection, { ...part, ...chosen }),
        options,
        output,
      )
      if (options.json) return output.json(page)
      output.table(
        ['id', 'person', 'model', 'size px', 'sharpness', 'created'],
        page.items.map((face) => [
          ...[face.id, face.personId, face.modelId, formatWhole(face.quality?.sizePx)],
          ...[formatWhole(face.quality?.sharpness), face.createdAt],
        ]),
      )
    }),
  )

  faces
    .command('show <id>')
    .description('show a face')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--embedding', 'with its embedding, as personal as a photograph')
    .option('--json', 'print JSON')
    .action((id: string, options: Options & { embedding?: boolean; json?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection } = options
        const face = await faceWatcher.faces.get(collection, id)
        const stored = options.embedding
          ? toFaceEmbeddingBody(await faceWatcher.faces.embedding(collection, id))
          : undefined
        const embedding = stored && { dimension: stored.dimension, embedding: stored.embedding }
        if (options.json) return output.json({ ...face, ...embedding })
        const { name } = await faceWatcher.persons.get(collection, face.personId)
        output.print(`id          ${face.id}`)
        output.print(`person      ${face.personId} (${toPrintable(name)})`)
        const missing = face.missingEmbedding
          ? ' (no embedding of it: no search finds the face)'
          : ''
        output.print(`model       ${face.modelId}${missing}`)
        output.print(`image       ${describeImage(face)}`)
        output.print(`crop        ${face.hasCrop ? 'stored' : 'not stored'}`)
        output.print(`created     ${face.createdAt}`)
        if (stored) output.print(`embedding   ${JSON.stringify(stored.embedding)}`)
      }),
    )

  faces
    .command('delete <ids...>')
    .description('delete faces')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--erase', 'erase at once; "history undo" cannot put it back')
    .option('--yes', yesHelp)
    .action((ids: readonly string[], options: Options & { yes?: boolean; erase?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { collection } = options
        // All are found first: a wrong id deletes nothing.
        const found: Face[] = []
        for (const id of new Set(ids)) found.push(await faceWatcher.faces.get(collection, id))
        const names: string[] = []
        for (const personId of new Set(found.map((face) => face.personId))) {
          const { name } = await faceWatcher.persons.get(collection, personId)
          names.push(toPrintable(name))
        }
        const what = `This deletes ${formatCount(found.length, 'face')} of ${names.join(', ')}.`
        if (!(await confirm(what, options, output))) return
        for (const { id } of found) {
          await faceWatcher.faces.delete(collection, id, options.erase ? { erase: 'now' } : {})
          output.print(`Deleted face ${id}.`)
        }
      }),
    )
}

function describeImage({ quality, imageHash }: Face): string {
  if (!quality) return 'none; enrolled from an embedding'
  const { sizePx, sharpness } = quality
  return `SHA-256 ${imageHash}; face ${formatWhole(sizePx)} px, sharpness ${formatWhole(sharpness)}`
}
