import { type Command, InvalidArgumentError } from 'commander'
import { isFaceError } from '../../core/errors.ts'
import { patchQualityGates } from '../../core/quality-gates.ts'
import type { QualityGatePatch, QualityGateSettings } from '../../core/types.ts'
import { assertRemovable } from '../../recognition/collections.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { describeDifficulty } from '../difficulty.ts'
import { UsageError } from '../failures.ts'
import {
  addKeepUnknownOption,
  describeKeepUnknown,
  type KeepUnknownOptions,
  toKeepUnknown,
} from '../keep-unknown-options.ts'
import { formatCount } from '../output.ts'
import { listAll } from '../pages.ts'
import { addPolicyOptions, type PolicyOptions, toPolicyPatch } from '../policy-options.ts'
import { addCollectionModels } from './collection-models.ts'

interface CreateOptions extends PolicyOptions, KeepUnknownOptions {
  readonly qualityGate?: QualityGatePatch
  readonly model?: string
  readonly storeCrops?: boolean
  readonly json?: boolean
}

type UpdateOptions = Omit<CreateOptions, 'model'> & { readonly name?: string }

/** `collections list|create|show|update|delete`, and what {@link addCollectionModels} adds. */
export function addCollections(program: Command, context: CliContext): void {
  const { output, withFaceWatcher } = context
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
        if (options.json) return output.json({ items: counted })
        output.table(
          ['name', 'model', 'persons', 'faces', 'created'],
          counted.map((it) => [
            ...[it.name, it.modelId, String(it.persons), String(it.faces), it.createdAt],
          ]),
        )
      }),
    )

  addSettings(
    collections
      .command('create <name>')
      .description('create a collection: a-z, 0-9, - and _, at most 64 characters'),
  )
    .option('--model <id>', 'embedder (default: models.embedder of the configuration)')
    .option('--store-crops', 'keep a crop of every enrolled face')
    .option('--json', 'print JSON')
    .action((name: string, options: CreateOptions) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { model, storeCrops, qualityGate } = options
        const created = await faceWatcher.collections.create({
          name,
          ...(model === undefined ? {} : { modelId: model }),
          policy: toPolicyPatch(options),
          ...(storeCrops === undefined ? {} : { storeCrops }),
          ...(qualityGate === undefined ? {} : { qualityGates: qualityGate }),
          ...toKeepUnknown(options),
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

  addSettings(
    collections
      .command('update <name>')
      .description('change how a collection decides and enrols, or its name'),
  )
    .option('--name <name>', 'a new name; the old one is free then')
    .option('--no-threshold', 'take the threshold back: the rates decide again')
    .option('--no-possible-threshold', 'take the possible threshold back')
    .option('--no-gallery-shift', 'do not raise thresholds by it')
    .option('--store-crops', 'keep a crop of every face enrolled from now on')
    .option('--no-keep-unknown', 'keep no strangers any more; those that are kept are erased')
    .option('--no-store-crops', 'keep no crops of faces enrolled from now on')
    .option('--json', 'print JSON')
    .action(async (name: string, options: UpdateOptions) => {
      const { json, storeCrops, qualityGate, keepUnknown, name: newName, ...changes } = options
      const hasOthers = [storeCrops, qualityGate, keepUnknown, newName].some(
        (option) => option !== undefined,
      )
      if (!hasOthers && Object.keys(changes).length === 0) {
        throw new UsageError('Say what to change, for instance --max-fpir 0.001 or --no-threshold.')
      }
      await withFaceWatcher(async ({ faceWatcher }) => {
        const updated = await faceWatcher.collections.update(name, {
          policy: toPolicyPatch(changes),
          ...(newName === undefined ? {} : { name: newName }),
          ...(storeCrops === undefined ? {} : { storeCrops }),
          ...(qualityGate === undefined ? {} : { qualityGates: qualityGate }),
          ...toKeepUnknown({ keepUnknown }),
        })
        if (json) return output.json(updated)
        const gates = updated.qualityGates ? `, ${describeGates(updated.qualityGates)}` : ''
        output.print(`Updated collection ${updated.name}: ${describePolicy(updated)}${gates}.`)
      })
    })

  collections
    .command('delete <name>')
    .description('delete a collection with its persons and faces')
    .option('--yes', yesHelp)
    .action((name: string, options: { yes?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        assertRemovable(name)
        const { persons, faces } = await faceWatcher.collections.get(name, { difficulty: 'none' })
        const held = `${formatCount(persons, 'person')} and ${formatCount(faces, 'face')}`
        const what = `This deletes the collection ${name} with ${held}.`
        if (!(await confirm(what, options, output))) return
        await faceWatcher.collections.delete(name)
        output.print(`Deleted ${name} with ${held}.`)
      }),
    )

  addCollectionModels(collections, context)
}

/** @param command  of a collection that is made or changed */
function addSettings(command: Command): Command {
  return addKeepUnknownOption(addPolicyOptions(command)).option(
    '--quality-gate <gate=limit>',
    'a limit for enrolment, such as minSizePx=80, or =off, or =default as the configuration says; can be given several times',
    addQualityGate,
  )
}

function addQualityGate(text: string, previous: QualityGatePatch = {}): QualityGatePatch {
  const [gate = '', limit = ''] = text.split('=', 2)
  const patch = { ...previous, [gate]: readLimit(limit) }
  try {
    patchQualityGates({}, patch)
    return patch
  } catch (error) {
    if (!isFaceError(error, 'invalidOption')) throw error
    throw new InvalidArgumentError(`Expected GATE=LIMIT. ${error.detail}`)
  }
}

/** @returns `null` for `default`, NaN for what is no limit */
function readLimit(text: string): number | 'off' | null {
  if (text === 'off') return text
  if (text === 'default') return null
  return text.trim() === '' ? Number.NaN : Number(text)
}

function describeGates(gates: QualityGateSettings): string {
  return Object.entries(gates)
    .map(([gate, limit]) => `${gate} ${limit}`)
    .join(', ')
}

function describePolicy({ policy }: Collection): string {
  const { maxFpir, possibleFpir, threshold, possibleThreshold, probeShift, galleryShift } = policy
  return [
    `maxFpir ${maxFpir}, possibleFpir ${possibleFpir}`,
    ...(threshold === undefined ? [] : [`threshold ${threshold}`]),
    ...(possibleThreshold === undefined ? [] : [`possibleThreshold ${possibleThreshold}`]),
    `probeShift ${probeShift ?? 'standard'}, galleryShift ${galleryShift ? 'on' : 'off'}`,
  ].join(', ')
}

function describeCollection(
  collection: Collection & { readonly persons: number; readonly faces: number },
): readonly string[] {
  return [
    `name        ${collection.name}`,
    `model       ${collection.modelId} (${collection.dimension} dimensions)`,
    ...(collection.second ? [`beside it   ${collection.second.modelId}`] : []),
    `persons     ${collection.persons}`,
    `faces       ${collection.faces}`,
    `crops       ${collection.storeCrops ? 'stored' : 'not stored'}`,
    `strangers   ${describeKeepUnknown(collection)}`,
    `policy      ${describePolicy(collection)}`,
    ...(collection.templateSecretId
      ? [`protected   by secret ${collection.templateSecretId}`]
      : []),
    ...(collection.qualityGates ? [`quality     ${describeGates(collection.qualityGates)}`] : []),
    `created     ${collection.createdAt}`,
  ]
}
