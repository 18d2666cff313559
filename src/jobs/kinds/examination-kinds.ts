import { type Static, Type } from 'typebox'
import type { GalleryReport } from '../../recognition/examination/gallery-report.ts'
import type { MergeSuggestions } from '../../recognition/examination/merge-suggestions.ts'
import type { FaceWatcher } from '../../recognition/face-watcher.ts'
import type { JsonObject, NewJobItem } from '../../storage/ports/jobs.ts'
import type { JobContext, JobKind } from '../job-kind.ts'
import { findCollectionName } from './collection-name.ts'
import { parseInput } from './parse-input.ts'

const Nothing = Type.Object({}, { additionalProperties: false })

const MergeInput = Type.Object(
  { maxWrong: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1000 })) },
  { additionalProperties: false },
)
type MergeInput = Static<typeof MergeInput>

/** What the report tells; what it lists are the job's items. */
export type ReportResult = Omit<GalleryReport, 'missedFaces' | 'pairs' | 'weak'> & {
  readonly collection: string
}

/** What looking for persons who are there twice tells; the pairs are the job's items. */
export type MergeResult = Omit<MergeSuggestions, 'suggestions'> & { readonly collection: string }

/**
 * Examines a gallery with its own faces. Its items are `missedFace`, `alikePair` and `weakPerson`, in
 * this order. What is found depends on all faces, so another attempt begins again.
 */
export function createGalleryReport(
  useCases: Pick<FaceWatcher, 'as'>,
): JobKind<Record<string, never>> {
  return {
    name: 'galleryReport',
    parse: (input) => parseInput(Nothing, input) as Record<string, never>,
    run: (_input, context) =>
      runOnce(useCases, context, async ({ examination }, collection, options) => {
        const { missedFaces, pairs, weak, ...result } = await examination.gallery(
          collection,
          options,
        )
        const items = [
          ...missedFaces.map(({ personId, ...face }) =>
            toItem('missedFace', personId, { personId, ...face }),
          ),
          ...pairs.map((pair) => toItem('alikePair', pair.personIds[0], { ...pair })),
          ...weak.map((person) => toItem('weakPerson', person.personId, { ...person })),
        ]
        return { result: { collection, ...result } satisfies ReportResult, items }
      }),
  }
}

/** Looks for persons who are in the gallery twice. Its items are the pairs, the surest first. */
export function createMergeSuggestions(useCases: Pick<FaceWatcher, 'as'>): JobKind<MergeInput> {
  return {
    name: 'mergeSuggestions',
    parse: (input) => parseInput(MergeInput, input),
    run: ({ maxWrong }, context) =>
      runOnce(useCases, context, async ({ examination }, collection, options) => {
        const { suggestions, ...result } = await examination.merges(collection, {
          ...options,
          maxWrong,
        })
        const items = suggestions.map((pair) =>
          toItem('mergeSuggestion', pair.personIds[0], { ...pair }),
        )
        return { result: { collection, ...result } satisfies MergeResult, items }
      }),
  }
}

interface Examined {
  readonly result: JsonObject
  readonly items: readonly NewJobItem[]
}

/** Writes result and items as a whole, so that an attempt after it has nothing to do. */
async function runOnce(
  useCases: Pick<FaceWatcher, 'as'>,
  { job, caller, signal, report, save, checkpoint }: JobContext,
  examine: (
    faceWatcher: FaceWatcher,
    collection: string,
    options: { readonly signal: AbortSignal; onProgress(done: number, total: number): void },
  ) => Promise<Examined>,
): Promise<JsonObject> {
  if (checkpoint !== undefined) return checkpoint
  const faceWatcher = useCases.as(caller)
  const collection = await findCollectionName(faceWatcher, job.collectionId)
  const { result, items } = await examine(faceWatcher, collection, {
    signal,
    onProgress: (done, total) => report({ stage: 'faces', done, total }),
  })
  await save(result, items)
  return result
}

/** An item goes with the person; the other one of a pair is named by an id that then leads nowhere. */
function toItem(type: string, personId: string, body: JsonObject): NewJobItem {
  return { rejected: false, personId, body: { type, ...body } }
}
