import { type Command, Option } from 'commander'
import { probeShiftModes } from '../../core/policy.ts'
import type { ProbeShiftMode } from '../../core/types.ts'
import type { Collection } from '../../gallery/store.ts'
import type { CliContext } from '../context.ts'
import { describeDifficulty } from '../difficulty.ts'
import { exitCodes } from '../exit-codes.ts'
import { numberOption } from '../option-parsers.ts'
import { listAll } from '../pages.ts'

interface CreateOptions {
  readonly model?: string
  readonly maxFpir?: number
  readonly possibleFpir?: number
  readonly probeShift?: ProbeShiftMode
  readonly galleryShift?: boolean
  readonly storeCrops?: boolean
  readonly json?: boolean
}

/** `collections list|create|show|delete`. */
export function addCollections(program: Command, { output, withFaceWatcher }: CliContext): void {
  const collections = program
    .command('collections')
    .description('named galleries, each with one model and one decision policy')

  collections
    .command('list')
    .description('list the collections')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const all = await listAll((page) => faceWatcher.collections.list(page))
        const counted = await Promise.all(
          all.map(({ name }) => faceWatcher.collections.get(name, { difficulty: 'none' })),
        )
        if (options.json) return output.json(counted)
        output.table(
          ['name', 'model', 'persons', 'faces', 'created'],
          counted.map((it) => [
            ...[it.name, it.modelId, String(it.persons), String(it.faces), it.createdAt],
          ]),
        )
      }),
    )

  collections
    .command('create <name>')
    .description('create a collection: a-z, 0-9, - and _, at most 64 characters')
    .option('--model <id>', 'embedder (default: models.embedder of the configuration)')
    .option('--max-fpir <rate>', 'share of strangers that may match', numberOption(0, 1))
    .option('--possible-fpir <rate>', 'share of strangers shown as possible', numberOption(0, 1))
    .addOption(
      new Option(
        '--probe-shift <mode>',
        'whether thresholds rise where strangers are more alike than the model expects',
      ).choices(probeShiftModes),
    )
    .option(
      '--gallery-shift',
      'raise thresholds by what the people of the collection are more alike than the model expects',
    )
    .option('--store-crops', 'keep a crop of every enrolled face')
    .option('--json', 'print JSON')
    .action((name: string, options: CreateOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { model, maxFpir, possibleFpir, probeShift, galleryShift, storeCrops } = options
        const created = await faceWatcher.collections.create({
          name,
          ...(model === undefined ? {} : { modelId: model }),
          policy: {
            ...(maxFpir === undefined ? {} : { maxFpir }),
            ...(possibleFpir === undefined ? {} : { possibleFpir }),
            ...(probeShift === undefined ? {} : { probeShift }),
            ...(galleryShift === undefined ? {} : { galleryShift }),
          },
          ...(storeCrops === undefined ? {} : { storeCrops }),
        })
        if (options.json) return output.json(created)
        output.print(`Created collection ${created.name} with model ${created.modelId}.`)
      }),
    )

  collections
    .command('show <name>')
    .description('show a collection with its counts and thresholds')
    .option('--json', 'print JSON')
    .action((name: string, options: { json?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const collection = await faceWatcher.collections.get(name, { difficulty: 'wait' })
        if (options.json) return output.json(collection)
        for (const line of describeCollection(collection)) output.print(line)
        const { match, possible, basis, extrapolated } = collection.thresholds
        output.print(
          `thresholds  match ${match.toFixed(3)}, possible ${possible.toFixed(3)} (${basis === 'manual' ? 'set by hand' : 'from the measured FMR curve'}${extrapolated ? ', extrapolated' : ''})`,
        )
        if (collection.difficulty) output.print(describeDifficulty(collection.difficulty))
      }),
    )

  collections
    .command('delete <name>')
    .description('delete a collection with its persons and faces')
    .option('--yes', 'do it: it cannot be undone')
    .action((name: string, options: { yes?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { persons, faces } = await faceWatcher.collections.get(name, { difficulty: 'none' })
        if (!options.yes) {
          output.note(
            `This deletes ${name} with ${persons} persons and ${faces} faces for ever. Add --yes to do it.`,
          )
          process.exitCode = exitCodes.usage
          return
        }
        await faceWatcher.collections.delete(name)
        output.print(`Deleted ${name} with ${persons} persons and ${faces} faces.`)
      }),
    )
}

function describeCollection(
  collection: Collection & { readonly persons: number; readonly faces: number },
): readonly string[] {
  const { policy } = collection
  return [
    `name        ${collection.name}`,
    `model       ${collection.modelId} (${collection.dimension} dimensions)`,
    `persons     ${collection.persons}`,
    `faces       ${collection.faces}`,
    `crops       ${collection.storeCrops ? 'stored' : 'not stored'}`,
    `policy      maxFpir ${policy.maxFpir}, possibleFpir ${policy.possibleFpir}, probeShift ${policy.probeShift ?? 'standard'}, galleryShift ${policy.galleryShift ? 'on' : 'off'}`,
    `created     ${collection.createdAt}`,
  ]
}
