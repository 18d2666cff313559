import { type Static, Type } from 'typebox'
import { FaceError } from '../../core/errors.ts'
import type { OnProgress } from '../../core/progress.ts'
import type { JsonObject, NewJobItem } from '../../storage/ports/jobs.ts'
import { createArchiveFile } from '../archive/archive-file.ts'
import type { JobFile } from '../job-file.ts'
import type { JobContext, JobKind } from '../job-kind.ts'
import { parseInput } from './parse-input.ts'
import { openArchiveSource, type PhotoSource, toReadRejection } from './photo-source.ts'

const Input = Type.Object(
  { modelId: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
)
type Input = Static<typeof Input>

interface Checkpoint extends JsonObject {
  /** Bytes of the archive that is kept with the job. */
  readonly size: number
  /** Written together with the items. */
  readonly result?: JsonObject
}

/** Two photographs that the model takes for what they are not. */
interface ConfusedPair extends JsonObject {
  readonly thumbnails: readonly (Uint8Array | undefined)[]
}

/** What comparing photographs tells; the lists become the items of the job. */
interface Evaluated extends JsonObject {
  readonly failures: readonly { readonly file: string; readonly reason: string }[]
  readonly lookAlikes: readonly ConfusedPair[]
  readonly unlike: readonly ConfusedPair[]
}

export interface PhotographEvaluationKindOptions {
  /** Largest photograph, bytes. */
  readonly maxImageBytes: number
  /** Compares photographs of labelled people. */
  readonly evaluatePhotographs: (
    photographs: {
      readonly total: number
      each(): AsyncIterable<{
        readonly file: string
        readonly person: string
        read(): Promise<Uint8Array | undefined>
      }>
    },
    options: {
      readonly modelId: string
      readonly signal: AbortSignal
      readonly onProgress: OnProgress
    },
  ) => Promise<object>
}

/** The archive of labelled photographs that a job is to compare. */
export function toLabelledArchive(bytes: AsyncIterable<Uint8Array>): JobFile {
  return { bytes, toCheckpoint: (size) => ({ size }) satisfies Checkpoint }
}

/**
 * Measures how well a model tells the people of an archive apart, whose folders are people. Its items are
 * `unusable`, `lookAlike` and `unlike`, in this order. What is found depends on all photographs, so
 * another attempt begins again.
 */
export function createPhotographEvaluation({
  maxImageBytes,
  evaluatePhotographs,
}: PhotographEvaluationKindOptions): JobKind<Input> {
  return {
    name: 'photographEvaluation',
    parse: (input) => parseInput(Input, input),
    async run({ modelId }, context) {
      const { signal, report, save } = context
      const { size, result: before } = toState(context)
      if (before !== undefined) return before
      const file = createArchiveFile(size, context.getPart)
      const source = await openArchiveSource(file, maxImageBytes)
      const unnamed = new Set<string>()
      const photographs = {
        total: source.total,
        each: () => eachLabelled(source, unnamed),
      }
      const { failures, lookAlikes, unlike, ...result } = (await evaluatePhotographs(photographs, {
        ...{ modelId, signal, onProgress: report },
      })) as Evaluated
      const unusable = [
        ...failures,
        ...[...unnamed].map((name) => ({ file: name, reason: 'noName' })),
      ].map((body): NewJobItem => ({ rejected: true, body: { type: 'unusable', ...body } }))
      const items = [
        ...unusable,
        ...lookAlikes.map((pair) => toItem('lookAlike', pair)),
        ...unlike.map((pair) => toItem('unlike', pair)),
      ]
      await save({ size, result } satisfies Checkpoint, items)
      return result
    },
  }
}

function toState({ checkpoint }: JobContext): Checkpoint {
  if (checkpoint !== undefined) return checkpoint as Checkpoint
  throw new FaceError('invalidRequest', { detail: 'The upload of the photographs was cut off.' })
}

/** @param unnamed  is given the files that lie in no folder */
async function* eachLabelled(source: PhotoSource, unnamed: Set<string>) {
  for await (const { file, photo } of source.files(0)) {
    if (photo === undefined) continue
    const { person, read } = photo
    const name = person !== undefined && 'name' in person ? person.name : undefined
    if (name === undefined) {
      unnamed.add(file)
      continue
    }
    yield {
      ...{ file, person: name },
      async read() {
        try {
          return await read()
        } catch (error) {
          if (toReadRejection(file, error) === undefined) throw error
          return undefined
        }
      },
    }
  }
}

function toItem(type: string, { thumbnails, ...pair }: ConfusedPair): NewJobItem {
  const encoded = thumbnails.map((bytes) => bytes && Buffer.from(bytes).toString('base64'))
  return {
    rejected: false,
    body: { type, ...pair, thumbnails: encoded.map((text) => text ?? null) },
  }
}
