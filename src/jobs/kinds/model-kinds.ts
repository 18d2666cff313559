import { type Static, Type } from 'typebox'
import { isFaceError } from '../../core/errors.ts'
import type { ModelComparison } from '../../recognition/compare-models.ts'
import type { FaceWatcher } from '../../recognition/face-watcher.ts'
import type { UnfilledFace } from '../../recognition/second-model.ts'
import type { JsonObject, NewJobItem } from '../../storage/ports/jobs.ts'
import type { JobContext, JobKind } from '../job-kind.ts'
import { withPatience } from '../patience.ts'
import { findCollectionName } from './collection-name.ts'
import { parseInput } from './parse-input.ts'

const MigrationInput = Type.Object(
  {
    modelId: Type.String({ minLength: 1, maxLength: 200 }),
    /** Changes to the policy; checked when the model is begun. */
    policy: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    /** Whether the model answers in the end; default true. */
    switch: Type.Optional(Type.Boolean()),
    /** Also where faces have no embedding of it; default false. */
    allowMissing: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
type MigrationInput = Static<typeof MigrationInput>

/** How far faces are filled. */
interface Counts extends JsonObject {
  /** The model that answered when the job began. */
  readonly from: string
  readonly filled: number
  readonly unfilled: number
}

interface Checkpoint extends Counts {
  /** Faces that lacked an embedding at the beginning. */
  readonly total: number
  /** Id of the last face that was looked at. */
  readonly after?: string
  /** What comparing answered; the switch is what is left. */
  readonly outcome?: Outcome
}

interface Outcome {
  readonly comparison: ModelComparison
  /** Faces without an embedding of the model, which no search by it finds. */
  readonly missing: number
}

/** What a migration did. */
export interface MigrationResult extends Counts, Outcome {
  readonly collection: string
  readonly to: string
  readonly switched: boolean
}

/**
 * Moves a collection to another model: fills it from the stored crops while the present one answers,
 * compares how both decide, and lets it answer. The present one stays beside it, so that one can go
 * back, until {@link createModelErasure}. Its items are the faces that could not be filled.
 */
export function createModelMigration(useCases: Pick<FaceWatcher, 'as'>): JobKind<MigrationInput> {
  return {
    name: 'modelMigration',
    parse: (input) => parseInput(MigrationInput, input),

    async run(input, context): Promise<MigrationResult> {
      const { modelId } = input
      const faceWatcher = useCases.as(context.caller)
      const collection = await findCollectionName(faceWatcher, context.job.collectionId)
      const begun = await begin(faceWatcher, collection, { input, context })
      const completed = await complete(faceWatcher, collection, { begun, context })
      const { outcome, total: _, after: _after, ...counts } = completed
      const result = { collection, ...counts, ...outcome, to: modelId, switched: false }
      if (input.switch === false) return result
      return { ...result, ...(await switchOver(faceWatcher, collection, input)) }
    },
  }
}

/** Lets the model answer, unless faces have no embedding of it; some may have come since they were counted. */
async function switchOver(
  { secondModel }: FaceWatcher,
  collection: string,
  { modelId, allowMissing = false }: MigrationInput,
): Promise<Pick<MigrationResult, 'switched'> & Partial<Outcome>> {
  try {
    await secondModel.switchTo(collection, modelId, { allowMissing })
    return { switched: true }
  } catch (error) {
    const missing = isFaceError(error, 'modelConflict') ? error.info?.missing : undefined
    if (typeof missing !== 'number') throw error
    return { switched: false, missing }
  }
}

async function begin(
  { collections, secondModel }: FaceWatcher,
  collection: string,
  { input, context }: { readonly input: MigrationInput; readonly context: JobContext },
): Promise<Checkpoint> {
  const saved = context.checkpoint as Checkpoint | undefined
  if (saved !== undefined) return saved
  const { modelId: from } = await collections.get(collection, { difficulty: 'none' })
  const { modelId, policy } = input
  await secondModel.begin(collection, { modelId, policy })
  const total = await secondModel.countLacking(collection)
  const state = { from, filled: 0, unfilled: 0, total }
  await context.save(state)
  return state
}

/** Fills and compares. The models change places with the switch, so neither is done after it. */
async function complete(
  faceWatcher: FaceWatcher,
  collection: string,
  { begun, context }: { readonly begun: Checkpoint; readonly context: JobContext },
): Promise<Checkpoint & { readonly outcome: Outcome }> {
  const { signal, report, save } = context
  if (begun.outcome !== undefined) return { ...begun, outcome: begun.outcome }
  const filled = await fill(faceWatcher, collection, { begun, context })
  const { secondModel } = faceWatcher
  const comparison = await secondModel.compare(collection, {
    signal,
    onProgress: (done, total) => report({ stage: 'comparisons', done, total }),
  })
  const missing = await secondModel.countLacking(collection)
  const completed = { ...filled, outcome: { comparison, missing } }
  await save(completed)
  return completed
}

async function fill(
  { secondModel }: FaceWatcher,
  collection: string,
  { begun, context }: { readonly begun: Checkpoint; readonly context: JobContext },
): Promise<Checkpoint> {
  const { signal, report, save } = context
  let state = begun
  for (;;) {
    const { after } = state
    const part = await withPatience(() => secondModel.fill(collection, { after, signal }), signal)
    signal.throwIfAborted()
    if (part.next === undefined) return state
    state = {
      ...state,
      filled: state.filled + part.filled,
      unfilled: state.unfilled + part.unfilled.length,
      after: part.next,
    }
    const done = state.filled + state.unfilled
    report({ stage: 'faces', done, total: Math.max(state.total, done) })
    await save(state, part.unfilled.map(toItem))
  }
}

function toItem({ personId, ...body }: UnfilledFace): NewJobItem {
  return { rejected: true, personId, body: { ...body } }
}

const ErasureInput = Type.Object(
  { modelId: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
)
type ErasureInput = Static<typeof ErasureInput>

/** Ends the second model of a collection and erases its embeddings. */
export function createModelErasure(useCases: Pick<FaceWatcher, 'as'>): JobKind<ErasureInput> {
  return {
    name: 'modelErasure',
    parse: (input) => parseInput(ErasureInput, input),

    async run({ modelId }, { caller, job, signal, checkpoint, report, save }) {
      const faceWatcher = useCases.as(caller)
      const collection = await findCollectionName(faceWatcher, job.collectionId)
      const { faces } = await faceWatcher.collections.get(collection, { difficulty: 'none' })
      await faceWatcher.secondModel.end(collection, modelId)
      let erased = Number(checkpoint?.erased ?? 0)
      for (;;) {
        signal.throwIfAborted()
        const some = await faceWatcher.secondModel.erase(collection, modelId)
        if (some === 0) return { collection, modelId, erased }
        erased += some
        report({ stage: 'embeddings', done: erased, total: Math.max(faces, erased) })
        await save({ erased })
      }
    },
  }
}
