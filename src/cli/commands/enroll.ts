import { basename, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { defaultCollectionName, type FaceWatcher } from '../../recognition/face-watcher.ts'
import { bulkEnroll, type EnrollJob } from '../bulk-enroll.ts'
import type { CliContext } from '../context.ts'
import { toEnrollLines } from '../enroll-summary.ts'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../failures.ts'
import { findPerson, personHelp } from '../find-person.ts'
import { assertImages, type ImageFiles, listImageFiles, toLeftOutLines } from '../image-files.ts'
import { createInterrupt } from '../interrupt.ts'
import { integerOption, noReadTurnedHelp, toDetector } from '../option-parsers.ts'
import { formatCount, toPrintable } from '../output.ts'
import { createProgress } from '../progress.ts'

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
  readonly json?: boolean
}

/** `enroll PATHS...`. */
export function addEnroll(program: Command, { output, withModels }: CliContext): void {
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
    .option('--json', 'print JSON')
    .action((paths: readonly string[], options: Options) => {
      if (options.name !== undefined && options.person !== undefined) {
        throw new UsageError('Give --name or --person, not both.')
      }
      const found = listImageFiles(paths)
      assertImages(found, paths)
      assertNamed(found, paths, options)
      for (const line of toLeftOutLines(found)) output.note(line)
      return withModels(async ({ faceWatcher, workers }, config) => {
        // The collection is looked at first: a wrong name is one error, not one for each image.
        await faceWatcher.collections.get(options.collection, { difficulty: 'none' })
        const jobs = await toJobs(found, options, faceWatcher)
        const progress = await createProgress(output, {
          ...{ label: 'Enrolling', unit: 'images', total: jobs.length },
        })
        const interrupt = createInterrupt(
          output,
          'Finishing the images in work; Ctrl-C again stops at once.',
        )
        const startedAt = performance.now()
        const summary = await bulkEnroll(jobs, {
          ...{ faceWatcher, collection: options.collection },
          concurrency: Math.min(options.concurrency ?? workers * 2, config.analyzer.maxQueue),
          maxImageBytes: config.limits.maxImageBytes,
          enroll: {
            ...{ faces: options.faces, duplicates: options.duplicates },
            ...{ skipQualityGates: !options.qualityGates, ...toDetector(options.readTurned) },
          },
          onProgress: (done) => progress.update(done),
          stop: interrupt.signal,
        }).finally(() => {
          progress.stop()
          interrupt.release()
        })
        const seconds = (performance.now() - startedAt) / 1000
        const interrupted = interrupt.signal.aborted
        if (options.json) {
          const { failure: _, ...rest } = summary
          const skippedFolders = found.skipped.map(({ path }) => path)
          output.json({
            ...rest,
            ignoredFiles: found.ignored,
            skippedFolders,
            interrupted,
            seconds,
          })
        } else {
          const isOnePerson = options.name !== undefined || options.person !== undefined
          const run = { seconds, ignored: found.ignored, isOnePerson }
          for (const line of toEnrollLines(summary, run)) output.print(line)
        }
        if (summary.failure !== undefined) throw summary.failure
        const { rejected, enrolled, alreadyEnrolled } = summary
        const allRejected = rejected.length > 0 && enrolled + alreadyEnrolled === 0
        if (interrupted) process.exitCode = exitCodes.interrupted
        else if (allRejected || (options.strict && rejected.length > 0)) {
          process.exitCode = exitCodes.input
        }
      })
    })
}

async function toJobs(
  { files }: ImageFiles,
  { name, person, collection }: Options,
  faceWatcher: FaceWatcher,
): Promise<readonly EnrollJob[]> {
  if (person !== undefined) {
    const { id } = await findPerson(faceWatcher, collection, person)
    return files.map(({ path }) => ({ path, person: { id } }))
  }
  return files.map(({ path, folder = '' }) => ({ path, person: { name: name ?? folder } }))
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
