import { mkdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { Command } from 'commander'
import { isFaceError } from '../../core/errors.ts'
import {
  defaultCollectionName,
  type FaceWatcher,
  type IdentifyResult,
} from '../../recognition/face-watcher.ts'
import type { ImageLimits } from '../../vision/pipeline/image-limits.ts'
import { toIdentifyLines, toLabel } from '../answers.ts'
import { mapInOrder } from '../concurrency.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { FileError, toFileError } from '../failures.ts'
import { assertImages, isFolder, listImageFiles, toLeftOutLines } from '../image-files.ts'
import { createInterrupt } from '../interrupt.ts'
import { loadImageFile } from '../load-image.ts'
import { integerOption, noReadTurnedHelp, toDetector } from '../option-parsers.ts'
import { toPrintable } from '../output.ts'
import { assertOutputs, forceHelp, writeOutput } from '../output-files.ts'

interface Options {
  readonly collection: string
  readonly candidates: number
  readonly draw?: string
  readonly force?: boolean
  /** False with `--no-read-turned`. */
  readonly readTurned: boolean
  readonly json?: boolean
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

type Answer =
  | ({ readonly file: string } & Identified)
  | { readonly file: string; readonly error: { readonly code: string; readonly message: string } }

/** `identify FILE|FOLDER`. */
export function addIdentify(program: Command, { output, withModels }: CliContext): void {
  program
    .command('identify <path>')
    .description('find out who is in an image, or in each image of a folder')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--candidates <n>', 'candidates of each face', integerOption(1, 100), 3)
    .option('--draw <out>', 'write the image with boxes and names; a folder when PATH is one')
    .option('--force', `with --draw: ${forceHelp}, never an image that is read`)
    .option('--no-read-turned', noReadTurnedHelp)
    .option('--json', 'print JSON; for a folder one line an image')
    .action((path: string, options: Options) => {
      const folder = isFolder(path)
      const found = listImageFiles([path])
      assertImages(found, [path])
      const files = found.files.map((image) => image.path)
      for (const line of toLeftOutLines(found)) output.note(line)
      return withModels(async ({ faceWatcher, workers }, config) => {
        await faceWatcher.collections.get(options.collection, { difficulty: 'none' })
        const jobs = await planJobs(files, folder, options)
        let unlabelled = false
        const run: Run = {
          ...{ faceWatcher, options, limits: config.limits },
          onUnlabelled: () => {
            if (!unlabelled) output.note('No fonts are installed: faces are numbered, not named.')
            unlabelled = true
          },
        }
        const identify = (job: Job) => identifyFile(job, run)
        let undrawn = 0
        const print = (file: string, result: IdentifyResult) => {
          for (const line of toIdentifyLines(file, result)) output.print(line)
        }
        if (!folder) {
          const { result, drawError } = await identify(jobs[0] as Job)
          if (options.json) output.json({ file: path, ...result })
          else print(path, result)
          if (drawError !== undefined) throw drawError
          return
        }
        const interrupt = createInterrupt(output, 'Finishing the images in work.')
        const order = { concurrency: workers + 1, stop: interrupt.signal }
        let answered = 0
        for await (const answer of mapInOrder(jobs, order, (job) => tryIdentify(job, identify))) {
          if ('result' in answer) {
            answered++
            if (answer.drawError !== undefined) {
              undrawn++
              output.note(answer.drawError.message)
            }
          }
          if (options.json) {
            const { file } = answer
            output.jsonLine('result' in answer ? { file, ...answer.result } : answer)
          } else if ('result' in answer) print(answer.file, answer.result)
          else output.print(`${toPrintable(answer.file)}: ${answer.error.message}`)
        }
        interrupt.release()
        if (interrupt.signal.aborted) process.exitCode = exitCodes.interrupted
        else if (answered === 0) process.exitCode = exitCodes.input
        else if (undrawn > 0) process.exitCode = exitCodes.state
      })
    })
}

async function planJobs(
  files: readonly string[],
  folder: boolean,
  { draw, force = false }: Options,
): Promise<readonly Job[]> {
  if (draw === undefined) return files.map((file) => ({ file }))
  const { assertDrawnFormat, drawnFormats } = await import('../draw.ts')
  const isDir = statSync(draw, { throwIfNoEntry: false })?.isDirectory() === true
  const guard = { flag: '--draw', force, inputs: files }
  if (!folder && !isDir) {
    assertDrawnFormat(draw)
    assertOutputs([draw], guard)
    return files.map((file) => ({ file, drawTo: draw }))
  }
  const taken = new Set<string>()
  const jobs = files.map((file) => {
    const extension = extname(file)
    const stem = basename(file, extension)
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
  /** The image was drawn on a machine without fonts. */
  readonly onUnlabelled: () => void
}

async function identifyFile(job: Job, run: Run): Promise<Identified> {
  const { faceWatcher, options } = run
  const image = await loadImageFile(job.file, run.limits.maxImageBytes)
  // The analyzer takes the bytes over; the drawing needs its own.
  const copy = job.drawTo === undefined ? undefined : image.bytes.slice()
  const { candidates, collection, readTurned } = options
  const result = await faceWatcher.identify(collection, image.bytes, {
    ...{ candidates, ...toDetector(readTurned) },
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
  { path, options, limits, onUnlabelled }: Run & { readonly path: string },
): Promise<void> {
  const { drawFaces } = await import('../draw.ts')
  const faces = result.faces.map((face) => ({
    box: face.detection.box,
    label: toLabel(face),
    decision: face.decision,
  }))
  const { file, labelled } = await drawFaces(image, faces, { format: extname(path), limits })
  await writeOutput(path, file, { flag: '--draw', force: options.force ?? false })
  if (!labelled) onUnlabelled()
}

/** In a folder a problem of one image is its result. */
async function tryIdentify(job: Job, identify: (job: Job) => Promise<Identified>): Promise<Answer> {
  const { file } = job
  try {
    return { file, ...(await identify(job)) }
  } catch (error) {
    if (error instanceof FileError) {
      return { file, error: { code: 'unreadable', message: error.sentence } }
    }
    if (!isFaceError(error) || error.kind === 'state' || error.kind === 'capacity') throw error
    return { file, error: { code: error.code, message: error.message } }
  }
}
