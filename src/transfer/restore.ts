import { FaceError, isFaceError } from '../core/errors.ts'
import type { Database } from '../storage/database.ts'
import type { StoredFace } from '../storage/ports/faces.ts'
import type { StepTracker } from './options.ts'
import {
  createStoreSource,
  isMovable,
  isSameFace,
  isSamePerson,
  isSameStatement,
  type PersonRecord,
  type RecordSource,
} from './records.ts'

export interface Target {
  readonly store: Database
  /** Its collection is there. */
  readonly collectionId: string
}

/** Each depends on those before it. */
export type RecordKind = 'person' | 'face' | 'statement'

/** A record that the target has otherwise than the source. */
export interface Difference {
  readonly kind: RecordKind
  readonly id: string
  /** State of the target: it has none, another one of this id, or one that the source does not have. */
  readonly state: 'missing' | 'different' | 'surplus'
}

export interface RestoreOptions {
  readonly tracker: StepTracker
  /** Default: as the store does. */
  readonly restorePersons?: (persons: readonly PersonRecord[]) => Promise<void>
  /** Gets a batch with a face whose person was not among the source's persons. */
  readonly onMissingPerson?: (faces: readonly StoredFace[]) => Promise<void>
}

/**
 * Restores all persons, faces and statements of the source; what is there already stays as it is, and
 * statements of which the person or the face is not there are left out.
 *
 * @throws {FaceError} `personNotFound` for a face of nobody when there is no `onMissingPerson`, and the store's errors
 */
export async function restoreRecords(
  source: RecordSource,
  { store, collectionId }: Target,
  options: RestoreOptions,
): Promise<void> {
  const { tracker, onMissingPerson } = options
  const {
    restorePersons = (persons: readonly PersonRecord[]) =>
      store.transfer.restorePersons(collectionId, persons),
  } = options
  for await (const persons of source.persons()) {
    await restorePersons(persons)
    tracker.advance(persons.length)
  }
  for await (const faces of source.faces()) {
    try {
      await store.transfer.restoreFaces(collectionId, faces)
    } catch (error) {
      if (!onMissingPerson || !isFaceError(error, 'personNotFound')) throw error
      await onMissingPerson(faces)
    }
    tracker.advance(faces.length)
  }
  await restoreStatements(source, { store, collectionId }, tracker)
}

/** Restores the statements alone, as {@link restoreRecords} does. */
export async function restoreStatements(
  source: RecordSource,
  { store, collectionId }: Target,
  tracker?: StepTracker,
): Promise<void> {
  for await (const statements of source.statements()) {
    await store.transfer.restoreStatements(collectionId, statements.filter(isMovable))
    tracker?.advance(statements.length)
  }
}

/** Reads both sides whole and answers where they differ, in id order. */
export async function* compareRecords(
  kind: RecordKind,
  source: RecordSource,
  {
    target,
    tracker,
    isSame = isSamePerson,
  }: {
    readonly target: Target
    readonly tracker?: StepTracker
    /** Of persons. */
    readonly isSame?: typeof isSamePerson
  },
): AsyncGenerator<Difference> {
  const there = createStoreSource(target.store, target.collectionId)
  if (kind === 'person') {
    yield* compare(kind, createReader(source.persons(), tracker), {
      there: createReader(there.persons()),
      isSame,
    })
  } else if (kind === 'face') {
    yield* compare(kind, createReader(source.faces(), tracker), {
      there: createReader(there.faces()),
      isSame: isSameFace,
    })
  } else {
    yield* compare(kind, createReader(source.statements(), tracker), {
      there: createReader(there.statements()),
      isSame: isSameStatement,
    })
  }
}

/** The error of a record that cannot be moved because of what the target has. */
export function toConflict({ kind, id, state }: Difference): FaceError {
  const what = {
    missing: `The ${kind} ${id} is there under another id or in another collection.`,
    different: `The ${kind} ${id} is there and differs.`,
    surplus: `The ${kind} ${id} is at the target only.`,
  }[state]
  return new FaceError('collectionExists', {
    detail: `${what} ${kind === 'statement' ? 'Revoke' : 'Delete'} the ${state === 'missing' ? 'collection' : kind} at the target to move it again.`,
  })
}

/** Merges two sequences in id order. */
async function* compare<T extends { readonly id: string }>(
  kind: RecordKind,
  source: Reader<T>,
  target: { readonly there: Reader<T>; isSame(a: T, b: T): boolean },
): AsyncGenerator<Difference> {
  const { there, isSame } = target
  try {
    let [a, b] = [await source.next(), await there.next()]
    while (a || b) {
      if (a && (!b || a.id < b.id)) {
        yield { kind, id: a.id, state: 'missing' }
        a = await source.next()
      } else if (b && (!a || b.id < a.id)) {
        yield { kind, id: b.id, state: 'surplus' }
        b = await there.next()
      } else if (a && b) {
        if (!isSame(a, b)) yield { kind, id: a.id, state: 'different' }
        a = await source.next()
        b = await there.next()
      }
    }
  } finally {
    await source.close()
    await there.close()
  }
}

interface Reader<T> {
  next(): Promise<T | undefined> | T | undefined
  /** Closes the files of batches that were not read to their end. */
  close(): Promise<void>
}

/** The items of batches one by one. */
function createReader<T>(batches: AsyncIterable<readonly T[]>, tracker?: StepTracker): Reader<T> {
  const iterator = batches[Symbol.asyncIterator]()
  let batch: readonly T[] = []
  let at = 0

  async function nextBatch(): Promise<T | undefined> {
    do {
      const result = await iterator.next()
      if (result.done) return undefined
      batch = result.value
    } while (batch.length === 0)
    tracker?.advance(batch.length)
    at = 1
    return batch[0]
  }

  return {
    next: () => (at < batch.length ? batch[at++] : nextBatch()),
    async close() {
      await iterator.return?.()
    },
  }
}
