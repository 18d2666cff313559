import { setImmediate } from 'node:timers/promises'
import {
  compareRow,
  computeAgreement,
  computeDet,
  countOutcomes,
  type DetPoint,
  decideRow,
  type ModelOutcome,
  type ModelSample,
  type RowDecision,
} from '../core/model-comparison.ts'
import type { LongOptions } from '../gallery/gallery.ts'
import { readEmbeddings, sampleFaces } from '../gallery/person-sample.ts'
import type { Collection, CollectionModel } from '../storage/ports/collections.ts'
import { toEmbeddingBatch } from '../storage/rules/embedding.ts'
import { findCurve, type RecognitionDependencies } from './dependencies.ts'

/** How two models of a collection decide about its own faces. */
export interface ModelComparison {
  /** Faces with embeddings of both models that were compared: of at most 500 people, at most two each. */
  readonly faces: number
  readonly persons: number
  /** Share of these faces, each searched for among the others, for which both models answer the same. */
  readonly agreement: number
  readonly models: readonly ComparedModel[]
}

/** One of the two: the model that answers, then the second one. */
export interface ComparedModel extends ModelOutcome {
  /** Empty where nobody has two faces, and at rates for which there are too few pairs. */
  readonly det: readonly DetPoint[]
}

/** People of the sample: enough for rates of 1 in 10,000, few enough for a second of work. */
const comparedPersons = 500
const facesEach = 2

/**
 * Compares the models of a collection on a sample of its faces: each is searched for among the others
 * at each model's policy. A row is compared in a turn of the event loop.
 */
export async function compareModels(
  { gallery, models }: RecognitionDependencies,
  collection: Collection & { readonly second: CollectionModel },
  { onProgress, signal }: LongOptions = {},
): Promise<ModelComparison> {
  const { second } = collection
  const sampled = await sampleFaces(gallery, collection.id, {
    ...{ persons: comparedPersons, facesEach, signal },
  })
  const faceIds = sampled.map(({ faceId }) => faceId)
  const read = ({ modelId }: CollectionModel) =>
    readEmbeddings(gallery, { set: { id: collection.id, modelId }, faceIds, signal })
  const first = await read(collection)
  const other = await read(second)
  const both = sampled.filter(({ faceId }) => first.has(faceId) && other.has(faceId))
  const persons = both.map(({ personId }) => personId)
  const decisions: (readonly (RowDecision | undefined)[])[] = []
  const compared: ComparedModel[] = []
  const sides = [
    { ...collection, rows: first },
    { ...second, rows: other },
  ]
  for (const [i, { modelId, dimension, policy, rows }] of sides.entries()) {
    const sample: ModelSample = {
      ...{ persons, dimension, policy, curve: findCurve(models, modelId) },
      embeddings: toEmbeddingBatch(
        both.map(({ faceId }) => faceId),
        both.map(({ faceId }) => rows.get(faceId) as Float32Array),
      ).embeddings,
    }
    const { decided, det } = await searchEach(sample, signal, (done) =>
      onProgress?.(i * persons.length + done, 2 * persons.length),
    )
    decisions.push(decided)
    compared.push({ ...countOutcomes(modelId, persons, decided), det })
  }
  return {
    faces: both.length,
    persons: new Set(persons).size,
    agreement: computeAgreement(decisions[0] ?? [], decisions[1] ?? []),
    models: compared,
  }
}

async function searchEach(
  sample: ModelSample,
  signal: AbortSignal | undefined,
  onRow: (done: number) => void,
): Promise<{
  readonly decided: readonly (RowDecision | undefined)[]
  readonly det: readonly DetPoint[]
}> {
  const { persons } = sample
  const similarities = new Float32Array(persons.length)
  const mated: number[] = []
  const nonMated: number[] = []
  const decided: (RowDecision | undefined)[] = []
  for (const [row, person] of persons.entries()) {
    compareRow(sample, row, similarities)
    decided.push(decideRow(sample, row, similarities))
    for (let other = 0; other < row; other++) {
      const pairs = persons[other] === person ? mated : nonMated
      pairs.push(similarities[other] as number)
    }
    onRow(row + 1)
    await setImmediate()
    signal?.throwIfAborted()
  }
  return { decided, det: computeDet({ mated, nonMated }) }
}
