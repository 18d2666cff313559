import { basename, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { Composition } from '../../compose/compose.ts'
import type { Config } from '../../config/config.ts'
import type { ListedPhoto } from '../../jobs/archive/list.ts'
import type { BulkEnrollInput } from '../../jobs/kinds/bulk-enroll.ts'
import { defaultCollectionName, type FaceWatcher } from '../../recognition/face-watcher.ts'
import { createEnrollSummary } from '../bulk-enroll.ts'
import type { CliContext } from '../context.ts'
import { toEnrollLines } from '../enroll-summary.ts'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../failures.ts'
import { findPerson, personHelp } from '../find-person.ts'
import {
  assertImages,
  type ImageFile,
  type ImageFiles,
  listImageFiles,
  toLeftOutLines,
} from '../image-files.ts'
import { loadImageFile, standardInput } from '../load-image.ts'
import { integerOption, noReadTurnedHelp } from '../option-parsers.ts'
import { formatCount, toPrintable } from '../output.ts'
import { detachHelp, detachJob, runInFront } from '../run-job.ts'

interface Options {
  readonly name?: string
  readonly person?: string
  readonly collection: string
  readonly faces: 'one' | 'largest'
  readonly duplicates: 'warn' | 'reject' | 'ignore'
  readonly qualityGates: boolean
  readonly readTurned: boolean
  readonly concurrency?: number
  readonly strict?: boolean
  readonly dryRun?: boolean
  readonly detach?: boolean
  readonly json?: boolean
}

/** `enroll PATHS...`. */
export function addEnroll(program: Command, context: CliContext): void {
  const { output, withFaceWatcher, withModels } = context
  program
    .command('enroll <paths...>')
    .description(
      'enrol people: a folder with one folder a person (its name is the name), or files (- is standard input) with --name',
    )
    .option('--name <name>', 'all images show the person of this name')
    .option('--person <person>', `all images show one person: ${personHelp}`)
    .option('--collection <name>', 'collection', defaultCollectionName)
    .addOption(
      new Option('--faces <which>', 'images with exactly one face, or the largest face of each')
        .choices(['one', 'largest'])
        .default('one'),
    )
    .addOption(
      new Option('--duplicates <what>', 'when the face looks like another person')
        .choices(['warn', 'reject', 'ignore'])
        .default('warn'),
    )
    .option('--no-quality-gates', 'enrol faces of poor quality, too')
    .option('--no-read-turned', noReadTurnedHelp)
    .option(
      '--concurrency <n>',
      'images in work at once (default: by cores)',
      integerOption(1, 256),
    )
    .option('--strict', 'exit with 3 when any image was rejected, not only when all were')
    .option('--dry-run', 'look at all images, say what would be done, and store nothing')
    .option('--detach', `${detachHelp}; it has to run on this machine`)
    .option('--json', 'print JSON')
    .action((paths: readonly string[], options: Options) => {
      if (options.name !== undefined && options.person !== undefined) {
        throw new UsageError('Give --name or --person, not both.')
      }
      const found = listImageFiles(paths)
      assertImages(found, paths)
      assertNamed(found, paths, options)
      for (const line of toLeftOutLines(found)) output.note(line)
      // A server has the models that it needs.
      const open = options.detach ? withFaceWatcher : withModels
      return open((opened, config) => enroll(context, options, { found, opened, config }))
    })
}

/** So many that loading networks in all workers first costs nothing. */
const manyPhotos = 20

async function enroll(
  context: CliContext,
  options: Options,
  {
    found,
    opened,
    config,
  }: { readonly found: ImageFiles; readonly opened: Composition; readonly config: Config },
): Promise<void> {
  const { output } = context
  const { jobs, faceWatcher } = opened
  const { collection, dryRun = false, json } = options
  // The collection is looked at first: a wrong name is one error, not one for each image.
  const { modelId } = await faceWatcher.collections.get(collection, { difficulty: 'none' })
  const photos = await toPhotos(found, options, {
    ...{ faceWatcher, maxImageBytes: config.limits.maxImageBytes },
  })
  const [{ toListFile }, { toMachine }] = await Promise.all([
    import('../../jobs/kinds/bulk-enroll.ts'),
    import('../../jobs/kinds/this-machine.ts'),
  ])
  const file = toListFile(photos)
  const request = { kind: 'bulkEnroll', collection, input: toInput(options, toMachine()) }
  if (options.detach) return detachJob(jobs, request, { output, json, file })
  const told = createEnrollSummary({ collection, dryRun, images: photos.length })
  // Otherwise the first images take as long as loading networks, and the remaining time is a bad guess.
  if (photos.length >= manyPhotos) await opened.analyzer.warmUp(modelId)
  const startedAt = performance.now()
  let failure: { readonly error: unknown } | undefined
  const outcome = await runInFront(jobs, request, {
    ...{ context, file, onItems: told.add },
    stopping: 'Finishing the images in work; Ctrl-C again stops at once.',
  }).catch((error: unknown) => {
    failure = { error }
    return undefined
  })
  const seconds = (performance.now() - startedAt) / 1000
  const interrupted = outcome !== undefined && outcome.job.state !== 'done'
  const summary = told.toSummary()
  if (json) {
    const skippedFolders = found.skipped.map(({ path }) => path)
    const ignoredFiles = found.ignored
    output.json({ ...summary, ignoredFiles, skippedFolders, interrupted, seconds })
  } else {
    const isOnePerson = options.name !== undefined || options.person !== undefined
    const run = { seconds, ignored: found.ignored, isOnePerson }
    for (const line of toEnrollLines(summary, run)) output.print(line)
  }
  if (failure !== undefined) throw failure.error
  const { rejected, enrolled, alreadyEnrolled } = summary
  const allRejected = rejected.length > 0 && enrolled + alreadyEnrolled === 0
  if (interrupted) process.exitCode = exitCodes.interrupted
  else if (allRejected || (options.strict && rejected.length > 0)) {
    process.exitCode = exitCodes.input
  }
}

function toInput(options: Options, machine: string): BulkEnrollInput {
  const { faces, duplicates, qualityGates, readTurned, concurrency, dryRun } = options
  return {
    ...{ source: 'list', machine, faces, duplicates },
    ...(qualityGates ? {} : { skipQualityGates: true }),
    ...(readTurned ? {} : { readTurned }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(dryRun === undefined ? {} : { dryRun }),
  }
}

async function toPhotos(
  { files }: ImageFiles,
  { name, person, collection }: Options,
  {
    faceWatcher,
    maxImageBytes,
  }: { readonly faceWatcher: FaceWatcher; readonly maxImageBytes: number },
): Promise<readonly ListedPhoto[]> {
  const one = person === undefined ? undefined : await findPerson(faceWatcher, collection, person)
  const toPhoto = async ({ path, folder = '' }: ImageFile): Promise<ListedPhoto> => ({
    file: path,
    // Nobody else could read it, nor read it again.
    at:
      path === standardInput
        ? { image: (await loadImageFile(path, maxImageBytes)).bytes }
        : { path: resolve(path) },
    person: one === undefined ? { name: name ?? folder } : { id: one.id },
  })
  return Promise.all(files.map(toPhoto))
}

/** @throws {UsageError} when nothing says whose face an image shows */
function assertNamed(found: ImageFiles, paths: readonly string[], { name, person }: Options): void {
  if (name !== undefined || person !== undefined) return
  const stray = found.files.filter((file) => file.folder === undefined)
  const [first] = stray
  if (first !== undefined) {
    const example = basename(resolve(paths[0] ?? ''))
    throw new UsageError(
      `${first.path}${stray.length > 1 ? ` and ${formatCount(stray.length - 1, 'more image')}` : ''}: whose face is it? Expected one folder a person inside the given folder; images of one person take --name, for instance --name "${toPrintable(example)}".`,
    )
  }
}
