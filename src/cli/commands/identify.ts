import { mkdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { Command } from 'commander'
import { isFaceError } from '../../core/errors.ts'
import {
  defaultCollectionName,
  type FaceWatcher,
  type IdentifyResult,
} from '../../recognition/face-watcher.ts'
import { toIdentifyLines, toLabel } from '../answers.ts'
import { mapInOrder } from '../concurrency.ts'
import type { CliContext } from '../context.ts'
import { exitCodes, FileError, UsageError } from '../failures.ts'
import { isFolder, listImageFiles, loadImageFile } from '../image-files.ts'
import { createInterrupt } from '../interrupt.ts'
import { integerOption, noReadTurnedHelp, toDetector } from '../option-parsers.ts'
import { toPrintable } from '../output.ts'

interface Options {
  readonly collection: string
  readonly candidates: number
  readonly draw?: string
  /** False with `--no-read-turned`. */
  readonly readTurned: boolean
  readonly json?: boolean
}

interface Job {
  readonly file: string
  /** Where the marked image goes. */
  readonly drawTo?: string
}

type Answer =
  | { readonly file: string; readonly result: IdentifyResult }
  | { readonly file: string; readonly error: { readonly code: string; readonly message: string } }

/** `identify FILE|FOLDER`. */
export function addIdentify(program: Command, { output, withModels }: CliContext): void {
  program
    .command('identify <path>')
    .description('find out who is in an image, or in each image of a folder')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--candidates <n>', 'candidates of each face', integerOption(1, 100), 3)
    .option('--draw <out>', 'write the image with boxes and names; a folder when PATH is one')
    .option('--no-read-turned', noReadTurnedHelp)
    .option('--json', 'print JSON; for a folder one line an image')
    .action((path: string, options: Options) => {
      const folder = isFolder(path)
      const files = folder ? listImageFiles([path]).files.map((image) => image.path) : [path]
      if (files.length === 0) throw new UsageError(`There are no images in ${path}.`)
      return withModels(async ({ faceWatcher, workers }, config) => {
        await faceWatcher.collections.get(options.collection, { difficulty: 'none' })
        const jobs = await planJobs(files, folder, options.draw)
        let unlabelled = false
        const run = {
          ...{ faceWatcher, options, maxImageBytes: config.limits.maxImageBytes },
          onUnlabelled: () => {
            if (!unlabelled) output.note('No fonts are installed: faces are numbered, not named.')
            unlabelled = true
          },
        }
        const identify = (job: Job) => identifyFile(job, run)
        const print = (file: string, result: IdentifyResult) => {
          for (const line of toIdentifyLines(file, result)) output.print(line)
        }
        if (!folder) {
          const result = await identify(jobs[0] as Job)
          if (options.json) output.json({ file: path, ...result })
          else print(path, result)
          return
        }
        const interrupt = createInterrupt(output, 'Finishing the images in work.')
        const order = { concurrency: workers + 1, stop: interrupt.signal }
        let answered = 0
        for await (const answer of mapInOrder(jobs, order, (job) => tryIdentify(job, identify))) {
          if ('result' in answer) answered++
          if (options.json) {
            const { file } = answer
            output.jsonLine('result' in answer ? { file, ...answer.result } : answer)
          } else if ('result' in answer) print(answer.file, answer.result)
          else output.print(`${toPrintable(answer.file)}: ${answer.error.message}`)
        }
        interrupt.release()
        if (interrupt.signal.aborted) process.exitCode = exitCodes.interrupted
        else if (answered === 0) process.exitCode = exitCodes.input
      })
    })
}

async function planJobs(
  files: readonly string[],
  folder: boolean,
  draw: string | undefined,
): Promise<readonly Job[]> {
  if (draw === undefined) return files.map((file) => ({ file }))
  const { assertDrawnFormat, drawnFormats } = await import('../draw.ts')
  const isDir = statSync(draw, { throwIfNoEntry: false })?.isDirectory() === true
  if (!folder && !isDir) {
    assertDrawnFormat(draw)
    return files.map((file) => ({ file, drawTo: draw }))
  }
  mkdirSync(draw, { recursive: true })
  const taken = new Set<string>()
  return files.map((file) => {
    const extension = extname(file)
    const stem = basename(file, extension)
    const ending = drawnFormats.includes(extension.toLowerCase()) ? extension : '.jpg'
    let name = `${stem}${ending}`
    // Subfolders may hold files of the same name.
    for (let copy = 2; taken.has(name.toLowerCase()); copy++) name = `${stem}-${copy}${ending}`
    taken.add(name.toLowerCase())
    return { file, drawTo: join(draw, name) }
  })
}

async function identifyFile(
  job: Job,
  run: {
    readonly faceWatcher: FaceWatcher
    readonly options: Options
    readonly maxImageBytes: number
    /** The image was drawn on a machine without fonts. */
    readonly onUnlabelled: () => void
  },
): Promise<IdentifyResult> {
  const { faceWatcher, options } = run
  const image = await loadImageFile(job.file, run.maxImageBytes)
  // The analyzer takes the bytes over; the drawing needs its own.
  const copy = job.drawTo === undefined ? undefined : image.bytes.slice()
  const { candidates, collection, readTurned } = options
  const result = await faceWatcher.identify(collection, image.bytes, {
    ...{ candidates, ...toDetector(readTurned) },
  })
  if (copy !== undefined && job.drawTo !== undefined) {
    const { drawFaces } = await import('../draw.ts')
    const faces = result.faces.map((face) => ({
      box: face.detection.box,
      label: toLabel(face),
      decision: face.decision,
    }))
    const labelled = await drawFaces(copy, faces, job.drawTo)
    if (!labelled) run.onUnlabelled()
  }
  return result
}

/** In a folder a problem of one image is its result. */
async function tryIdentify(
  job: Job,
  identify: (job: Job) => Promise<IdentifyResult>,
): Promise<Answer> {
  const { file } = job
  try {
    return { file, result: await identify(job) }
  } catch (error) {
    const { message } = error as Error
    if (error instanceof FileError) return { file, error: { code: 'unreadable', message } }
    if (!isFaceError(error) || error.kind === 'state' || error.kind === 'capacity') throw error
    return { file, error: { code: error.code, message } }
  }
}
