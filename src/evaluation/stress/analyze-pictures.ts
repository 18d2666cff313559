import { FaceError } from '../../core/errors.ts'
import { inParallel } from '../../platform/concurrency/in-parallel.ts'
import type { Analysis, AnalyzedFace } from '../../vision/analyzer/analyzer-types.ts'
import { type EvaluationInput, imageFailures } from '../embeddings.ts'
import { appendFaces, type EmbeddedFace, type FoundFace, readFaces } from './face-cache.ts'

/** A picture to analyse, made when its turn comes. */
export interface PictureTask {
  /** Names the picture within its file of the cache. */
  readonly key: string
  /** The encoded picture, and which of its faces counts. */
  prepare(): Promise<{
    readonly bytes: Uint8Array
    choose(analysis: Analysis): AnalyzedFace | undefined
  }>
}

export interface AnalyzeContext {
  readonly input: Pick<EvaluationInput, 'analyzer' | 'modelId' | 'detector' | 'signal'>
  /** Where faces are kept between runs. */
  readonly cacheFile: string
  /** Called as pictures are done, also those from the cache. */
  readonly onDone: (count: number) => void
}

/** So many pictures are written to the cache at once; an aborted run loses no more. */
const picturesPerWrite = 200

/**
 * Analyses pictures, all workers busy, from the cache where it can.
 *
 * @returns one a task, in order
 * @throws {FaceError} `aborted` when the signal fires; and as `Analyzer.analyze` for problems that are not a picture's
 */
export async function analyzePictures(
  tasks: readonly PictureTask[],
  context: AnalyzeContext,
): Promise<readonly FoundFace[]> {
  const { input, cacheFile, onDone } = context
  const known = new Map(await readFaces(cacheFile))
  const missing = tasks.filter(({ key }) => !known.has(key))
  onDone(tasks.length - missing.length)
  for (let at = 0; at < missing.length; at += picturesPerWrite) {
    const batch = missing.slice(at, at + picturesPerWrite)
    const found: FoundFace[] = []
    try {
      // One more than the workers, so that none waits for the next picture.
      await inParallel(batch, input.analyzer.stats().workers + 1, async (task) => {
        if (input.signal?.aborted) throw new FaceError('aborted')
        found.push({ key: task.key, face: await analyzePicture(task, input) })
        onDone(1)
      })
    } finally {
      await appendFaces(cacheFile, found)
    }
    for (const each of found) known.set(each.key, each)
  }
  return tasks.map(({ key }) => known.get(key) as FoundFace)
}

async function analyzePicture(
  task: PictureTask,
  { analyzer, modelId, detector, signal }: AnalyzeContext['input'],
): Promise<EmbeddedFace | undefined> {
  const { bytes, choose } = await task.prepare()
  try {
    const analysis = await analyzer.analyze(bytes, {
      embedder: modelId,
      ...(detector === undefined ? {} : { detector }),
      ...(signal === undefined ? {} : { signal }),
    })
    const face = choose(analysis)
    return face?.embedding === undefined ? undefined : { ...face, embedding: face.embedding }
  } catch (error) {
    if (error instanceof FaceError && imageFailures.has(error.code)) return undefined
    throw error
  }
}
