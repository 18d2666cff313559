import type { Command } from 'commander'
import { isFaceError } from '../core/errors.ts'
import { mapInOrder } from '../platform/concurrency/map-in-order.ts'
import { exitCodes } from './exit-codes.ts'
import { FileError } from './failures.ts'
import { assertImages, isFolder, listImageFiles, toLeftOutLines } from './image-files.ts'
import { createInterrupt } from './interrupt.ts'
import { type Output, toPrintable } from './output.ts'

/** The images that a command was given. */
export interface GivenImages {
  readonly files: readonly string[]
  /** One image that was named: its problem is an error, and its JSON stands over several lines. */
  readonly isOne: boolean
}

/** Flags of a command that answers for each image. */
export interface EachImageOptions {
  readonly strict?: boolean
  readonly json?: boolean
}

/** How a command answers for an image. */
export interface ImageAnswer<Job, Result> {
  readonly analyze: (job: Job) => Promise<Result>
  /** The JSON beside `file`. */
  readonly toBody: (result: Result) => object
  /** For people. */
  readonly print: (file: string, result: Result) => void
}

type Answer<Result> =
  | { readonly file: string; readonly result: Result }
  | { readonly file: string; readonly error: { readonly code: string; readonly message: string } }

/** @param command  that answers for each image */
export function addEachImageOptions(command: Command): Command {
  return command
    .option('--strict', 'exit with 3 when any image cannot be used, not only when all cannot')
    .option('--json', 'print JSON; for a folder or several images one line an image')
}

/**
 * The images of files, folders and `-`; what of the folders is left out is named.
 *
 * @throws {FileError | UsageError} as `listImageFiles`, and when there are no images
 */
export function listGivenImages(paths: readonly string[], output: Output): GivenImages {
  const found = listImageFiles(paths)
  assertImages(found, paths)
  for (const line of toLeftOutLines(found)) output.note(line)
  const [only = ''] = paths
  return {
    files: found.files.map(({ path }) => path),
    isOne: paths.length === 1 && !isFolder(only),
  }
}

/**
 * Answers for each image, in order. Of several, one that cannot be used is a result and the others go
 * on; Ctrl-C finishes those in work. Sets the exit code: 3 when no image could be used, with
 * `--strict` when any could not.
 *
 * @param jobs  at least one
 * @throws {FaceError | FileError} of the only image; of several, what would meet the next one too
 */
export async function answerEachImage<Job extends { readonly file: string }, Result>(
  jobs: readonly Job[],
  { analyze, toBody, print }: ImageAnswer<Job, Result>,
  run: {
    readonly output: Output
    readonly isOne: boolean
    readonly options: EachImageOptions
    readonly concurrency: number
  },
): Promise<void> {
  const { output, isOne, options, concurrency } = run
  if (isOne) {
    const [job] = jobs as readonly [Job]
    const result = await analyze(job)
    if (options.json) output.json({ file: job.file, ...toBody(result) })
    else print(job.file, result)
    return
  }
  const interrupt = createInterrupt(output, 'Finishing the images in work.')
  const order = { concurrency, stop: interrupt.signal }
  let [answered, refused] = [0, 0]
  try {
    for await (const answer of mapInOrder(jobs, order, (job) => tryOne(job, analyze))) {
      const { file } = answer
      if ('result' in answer) {
        answered++
        if (options.json) output.jsonLine({ file, ...toBody(answer.result) })
        else print(file, answer.result)
      } else {
        refused++
        if (options.json) output.jsonLine(answer)
        else output.print(`${toPrintable(file)}: ${answer.error.message}`)
      }
    }
  } finally {
    interrupt.release()
  }
  if (interrupt.signal.aborted) process.exitCode = exitCodes.interrupted
  else if (answered === 0 || (options.strict && refused > 0)) process.exitCode = exitCodes.input
}

/** Of several images a problem of one is its result. */
async function tryOne<Job extends { readonly file: string }, Result>(
  job: Job,
  analyze: (job: Job) => Promise<Result>,
): Promise<Answer<Result>> {
  const { file } = job
  try {
    return { file, result: await analyze(job) }
  } catch (error) {
    if (error instanceof FileError) {
      return { file, error: { code: 'unreadable', message: error.sentence } }
    }
    if (!isFaceError(error) || error.kind === 'state' || error.kind === 'capacity') throw error
    return { file, error: { code: error.code, message: error.message } }
  }
}
