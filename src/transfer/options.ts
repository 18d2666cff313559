import { FaceError } from '../core/errors.ts'
import type { OnProgress } from '../core/progress.ts'
import type { Database } from '../storage/database.ts'
import { eachCollection, eachPage } from '../storage/iterate.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { PageOptions } from '../storage/ports/pages.ts'

/** Steps of transfers; each counts records: persons, faces, statements. */
export type TransferStage = 'export' | 'check' | 'import' | 'compare' | 'copy'

export interface TransferOptions {
  /** Names of the collections to move; default all. */
  readonly collections?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

/** Counts of what was moved. */
export interface TransferSummary {
  readonly collections: readonly CollectionSummary[]
}

export interface CollectionSummary {
  readonly name: string
  readonly persons: number
  readonly faces: number
  /** Rejections and confirmations. */
  readonly statements: number
  /**
   * Statements that were not moved: their person or face did not come along, only another model made
   * an embedding of them, or the target has another word about the same face.
   */
  readonly statementsLeftOut: number
  /** Persons and faces that the collection had besides those of an import; they are left as they are. */
  readonly others?: number
}

/** Counts the records of one step and stops it when the signal says so. */
export interface StepTracker {
  /** @throws {FaceError} `aborted` */
  advance(records: number): void
  /** @throws {FaceError} `aborted` */
  assertGoing(): void
}

/** @throws {FaceError} `aborted` when it is aborted already */
export function trackStep(
  stage: TransferStage,
  total: number,
  { signal, onProgress }: TransferOptions,
): StepTracker {
  let done = 0
  const assertGoing = () => {
    if (signal?.aborted) throw new FaceError('aborted')
  }
  const advance = (records: number) => {
    assertGoing()
    done += records
    // What comes while a step runs makes its total grow.
    onProgress?.({ stage, done, total: Math.max(total, done) })
  }
  advance(0)
  return { advance, assertGoing }
}

/**
 * The chosen collections of a store, all of them by default.
 *
 * @throws {FaceError} `collectionNotFound` when a name is not there
 */
export async function selectCollections(
  store: Database,
  names: readonly string[] | undefined,
): Promise<readonly Collection[]> {
  if (names) return Promise.all([...new Set(names)].map((name) => store.collections.get(name)))
  const collections: Collection[] = []
  for await (const collection of eachCollection(store)) collections.push(collection)
  return collections
}

/** Persons, faces and statements of collections of a store, together. */
export async function countRecords(
  store: Database,
  collections: readonly Collection[],
): Promise<number> {
  let records = 0
  for (const { id } of collections) {
    const { persons, faces } = await store.collections.counts(id)
    records += persons + faces + (await countStatements(store, id))
  }
  return records
}

/** Statements of a collection of a store. */
export async function countStatements(store: Database, collectionId: string): Promise<number> {
  let statements = 0
  const load = (options: PageOptions) => store.statements.list(collectionId, options)
  for await (const page of eachPage(load, { limit: 1000 })) statements += page.length
  return statements
}
