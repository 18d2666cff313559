import type { Command } from 'commander'
import type { CollectionDetails, FaceWatcher } from '../../recognition/face-watcher.ts'
import type { IndexStatus } from '../../search/vector-index.ts'
import { version } from '../../version.ts'
import type { CliContext } from '../context.ts'
import { formatCount, type Output, toPrintable } from '../output.ts'
import { listAll } from '../pages.ts'

interface Options {
  readonly index?: boolean
  readonly json?: boolean
}

type StatusOfCollection = CollectionDetails & {
  readonly index?: IndexStatus & { readonly kind: string }
}

/** `status`. */
export function addStatus(program: Command, { output, withFaceWatcher }: CliContext): void {
  program
    .command('status')
    .description('what the data directory holds: version, models, collections')
    .option('--index', 'load the search indexes too, and say how each searches')
    .option('--json', 'print JSON')
    .action((options: Options) =>
      withFaceWatcher(async ({ faceWatcher }, config) => {
        const collections = await readCollections(faceWatcher, options)
        const { ready, reasons, persons, faces } = await faceWatcher.status()
        const models = await faceWatcher.models()
        const places = {
          dataDir: config.dataDir,
          store: config.store.kind,
          indexKind: config.index.kind,
        }
        if (options.json) {
          const facts = { version: version(), ...places, ready, reasons, persons, faces }
          return output.json({ ...facts, models, collections })
        }
        const installed = models.filter((model) => model.installed)
        const used = installed.map(({ id, isDefault }) => (isDefault ? `${id} *` : id))
        const lines = [
          ['version', version()],
          ['data', `${places.dataDir} (${places.store})`],
          ['index', places.indexKind],
          ['models', used.length === 0 ? 'none installed' : `${used.join(', ')} (* by default)`],
          ['ready', ready ? 'yes' : `no: ${reasons.join(' ')}`],
          ['holds', `${formatCount(persons, 'person')}, ${formatCount(faces, 'face')}`],
        ]
        for (const [name = '', value = ''] of lines) output.print(`${name.padEnd(9)}${value}`)
        output.print('')
        printCollections(collections, options, output)
      }),
    )
}

async function readCollections(
  faceWatcher: FaceWatcher,
  { index = false }: Options,
): Promise<readonly StatusOfCollection[]> {
  const all = await listAll((page) => faceWatcher.collections.list(page))
  return Promise.all(
    all.map(async ({ name }) => {
      const details = await faceWatcher.collections.get(name, { difficulty: 'none' })
      return index ? { ...details, index: await faceWatcher.index.status(name) } : details
    }),
  )
}

function printCollections(
  collections: readonly StatusOfCollection[],
  { index }: Options,
  output: Output,
): void {
  output.table(
    ['collection', 'model', 'persons', 'faces', ...(index ? ['index'] : [])],
    collections.map((it) => [
      ...[it.name, it.modelId, String(it.persons), String(it.faces)],
      ...(it.index === undefined ? [] : [describeIndex(it.index)]),
    ]),
  )
}

/** `exact, faces 3`. */
function describeIndex({ kind, ...facts }: IndexStatus & { readonly kind: string }): string {
  const known = Object.entries(facts).map(([fact, value]) => `${fact} ${String(value)}`)
  return toPrintable([kind, ...known].join(', '))
}
