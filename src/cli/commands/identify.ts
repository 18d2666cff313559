import { mkdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { Command } from 'commander'
import { toIdentifyBody } from '../../recognition/bodies.ts'
import {
  defaultCandidates,
  defaultCollectionName,
  type FaceWatcher,
  type IdentifyResult,
  maxCandidates,
} from '../../recognition/face-watcher.ts'
import type { ImageLimits } from '../../vision/pipeline/image-limits.ts'
import { toColoredLine, toIdentifyLines, toLabel } from '../answers.ts'
import type { CliContext } from '../context.ts'
import { describeMissing, type MissingLetters } from '../draw-letters.ts'
import {
  addEachImageOptions,
  answerEachImage,
  type EachImageOptions,
  type ImageAnswer,
  listGivenImages,
} from '../each-image.ts'
import { exitCodes } from '../exit-codes.ts'
import { type FileError, toFileError } from '../failures.ts'
import { statOrUndefined } from '../file-identity.ts'
import { loadImageFile, standardInput } from '../load-image.ts'
import { integerOption, noReadTurnedHelp, toDetector } from '../option-parsers.ts'
import type { Output } from '../output.ts'
import { assertOutputs, forceHelp, writeOutput } from '../output-files.ts'

interface Options extends EachImageOptions {
  readonly collection: string
  readonly candidates: number
  readonly source?: string
  /** False with `--no-keep-unknown`. */
  readonly keepUnknown: boolean
  readonly draw?: string
  readonly force?: boolean
  /** False with `--no-read-turned`. */
  readonly readTurned: boolean
}

interface Job {
  readonly file: string
  /** Where the marked image goes. */
  readonly drawTo?: string
}

interface Identified {
  readonly result: IdentifyResult
  /** The faces were found, and the image with them could not be written. */
  readonly drawError?: FileError
}

/** `identify PATHS...`. */
export function addIdentify(program: Command, { output, withModels }: CliContext): void {
  addEachImageOptions(
    program
      .command('identify <paths...>')
      .description('find out who is in images: files, folders, or - for standard input')
      .option('--collection <name>', 'collection', defaultCollectionName)
      .option(
        '--candidates <n>',
        'candidates of each face',
        integerOption(1, maxCandidates),
        defaultCandidates,
      )
      .option('--source <text>', 'where the images were taken; kept with strangers')
      .option('--no-keep-unknown', 'keep no strangers of these images')
      .option('--draw <out>', 'write the image with boxes and names; a folder for several images')
      .option('--force', `with --draw: ${forceHelp}, never an image that is read`)
      .option('--no-read-turned', noReadTurnedHelp),
  ).action((paths: readonly string[], options: Options) => {
    const { files, isOne } = listGivenImages(paths, output)
    return withModels(async ({ faceWatcher, workers }, config) => {
      await faceWatcher.collections.get(options.collection, { difficulty: 'none' })
      const jobs = await planJobs(files, isOne, options)
      const notices = createDrawNotices(output)
      const run: Run = { faceWatcher, options, limits: config.limits, notices }
      let undrawn = 0
      const answer: ImageAnswer<Job, Identified> = {
        async analyze(job) {
          const identified = await identifyFile(job, run)
          if (identified.drawError !== undefined) {
            undrawn++
            output.note(identified.drawError.message)
          }
          return identified
        },
        toBody: ({ result }) => toIdentifyBody(result),
        print: (file, { result }) => {
          for (const line of toIdentifyLines(file, result)) output.print(toColoredLine(line))
        },
      }
      const concurrency = workers + 1
      await answerEachImage(jobs, answer, { output, isOne, options, concurrency })
      if (undrawn > 0) process.exitCode ??= exitCodes.state
    })
  })
}

/** Says once a command what the marked images could not show. */
function createDrawNotices(output: Output): Run['notices'] {
  const said = new Set<string>()
  return (missing) => {
    const line = describeMissing(missing)
    if (line === undefined || said.has(line)) return
    said.add(line)
    output.note(line)
  }
}

async function planJobs(
  files: readonly string[],
  isOne: boolean,
  { draw, force = false }: Options,
): Promise<readonly Job[]> {
  if (draw === undefined) return files.map((file) => ({ file }))
  const { assertDrawnFormat, drawnFormats } = await import('../draw.ts')
  const isDir = statOrUndefined(draw)?.isDirectory() === true
  const guard = { flag: '--draw', force, inputs: files }
  if (isOne && !isDir) {
    assertDrawnFormat(draw)
    assertOutputs([draw], guard)
    return files.map((file) => ({ file, drawTo: draw }))
  }
  const taken = new Set<string>()
  const jobs = files.map((file) => {
    const extension = extname(file)
    const stem = file === standardInput ? 'standard-input' : basename(file, extension)
    const ending = drawnFormats.includes(extension.toLowerCase()) ? extension : '.jpg'
    let name = `${stem}${ending}`
    // Subfolders may hold files of the same name.
    for (let copy = 2; taken.has(name.toLowerCase()); copy++) name = `${stem}-${copy}${ending}`
    taken.add(name.toLowerCase())
    return { file, drawTo: join(draw, name) }
  })
  assertOutputs(
    jobs.map(({ drawTo }) => drawTo),
    guard,
  )
  try {
    mkdirSync(draw, { recursive: true })
  } catch (error) {
    throw toFileError(`--draw ${draw}`, error)
  }
  return jobs
}

interface Run {
  readonly faceWatcher: FaceWatcher
  readonly options: Options
  readonly limits: ImageLimits
  /** Told of each marked image what it could not show. */
  readonly notices: (missing: MissingLetters) => void
}

async function identifyFile(job: Job, run: Run): Promise<Identified> {
  const { faceWatcher, options } = run
  const image = await loadImageFile(job.file, run.limits.maxImageBytes)
  // The analyzer takes the bytes over; the drawing needs its own.
  const copy = job.drawTo === undefined ? undefined : image.bytes.slice()
  const { candidates, collection, keepUnknown, readTurned, source } = options
  const result = await faceWatcher.identify(collection, image.bytes, {
    ...{ candidates, keepUnknown, ...toDetector(readTurned) },
    ...(source === undefined ? {} : { source }),
  })
  if (copy === undefined || job.drawTo === undefined) return { result }
  try {
    await draw(copy, result, { ...run, path: job.drawTo })
    return { result }
  } catch (error) {
    return { result, drawError: toFileError(`--draw ${job.drawTo}`, error) }
  }
}

async function draw(
  image: Uint8Array,
  result: IdentifyResult,
  { path, options, limits, notices }: Run & { readonly path: string },
): Promise<void> {
  const { drawFaces } = await import('../draw.ts')
  const faces = result.faces.map((face) => ({
    box: face.detection.box,
    label: toLabel(face),
    decision: face.decision,
  }))
  const { file, missing } = await drawFaces(image, faces, { format: extname(path), limits })
  await writeOutput(path, file, { flag: '--draw', force: options.force ?? false })
  notices(missing)
}
