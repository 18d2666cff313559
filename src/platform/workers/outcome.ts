import { type FaceErrorRecord, fromErrorRecord, toErrorRecord } from '../../core/errors.ts'

/** Answer of a worker thread. Errors are values, because a thrown error loses its class on the way. */
export type Outcome<T> = { readonly value: T } | { readonly error: FaceErrorRecord }

/** Calls `work` in a worker thread, for an answer that can be sent. It does not throw. */
export function toOutcome<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() }
  } catch (error) {
    return { error: toErrorRecord(error) }
  }
}

/** The same as {@link toOutcome} for work that answers with a promise. */
export async function toOutcomeLater<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    return { error: toErrorRecord(error) }
  }
}

/**
 * The value of an answer that came from a worker thread.
 *
 * @throws {FaceError} the one that was thrown there
 */
export function readOutcome<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw fromErrorRecord(outcome.error)
  return outcome.value
}
