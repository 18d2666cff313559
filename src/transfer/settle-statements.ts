import { isFaceError } from '../core/errors.ts'
import type { StepTracker } from './options.ts'
import type { RecordSource } from './records.ts'
import { compareRecords, restoreStatements, type Target } from './restore.ts'

/**
 * Makes the statements at the target those of the source: what only the target has was revoked at the
 * source, or said by nobody else than an earlier copy.
 *
 * @returns how many of the source are not at the target: their person or face is not there, or no
 *   embedding is of the model that is moved
 */
export async function settleStatements(
  source: RecordSource,
  target: Target,
  tracker: StepTracker,
): Promise<number> {
  const { store, collectionId } = target
  let differences = 0
  const stale: string[] = []
  for await (const { id, state } of compareRecords('statement', source, { target, tracker })) {
    differences++
    if (state !== 'missing') stale.push(id)
  }
  if (differences === 0) return 0
  for (const id of stale) {
    await store.statements.revoke(collectionId, id).catch((error: unknown) => {
      if (!isFaceError(error, 'statementNotFound')) throw error
    })
  }
  // Only now: a revoked one is in the way of the opposite that was said of the same face.
  await restoreStatements(source, target)
  let leftOut = 0
  for await (const { state } of compareRecords('statement', source, { target })) {
    if (state === 'missing') leftOut++
  }
  return leftOut
}
