import { wait } from '../wait.ts'
import type { Scope } from './client.ts'
import { loadEntry, loadHistory, undoEntry } from './history.ts'
import { type ApiProblem, asProblem, isTemporary } from './problem.ts'
import type { HistoryEntry, Job, JobItem } from './types.ts'

/** A photograph that stays although its job is taken back. */
export interface KeptPhoto {
  readonly faceId: string
  readonly file: string
  readonly personName: string
  readonly problem: ApiProblem
}

/** How far a job is taken back. */
export interface UndoProgress {
  readonly total: number
  readonly undone: number
  readonly kept: readonly KeptPhoto[]
}

/** Entries that are read at once. */
const entriesAtOnce = 1_000

/** An entry that could not be taken back. */
interface Refused {
  readonly id: string
  readonly photos: readonly (EnrolledFace & { readonly faceId: string })[]
  readonly problem: ApiProblem
}

interface UndoOptions {
  readonly onProgress: (progress: UndoProgress) => void
  /** Ends it after the photograph that is in work. */
  readonly signal: AbortSignal
}

interface EnrolledFace {
  /** It was enrolled before this job came to it: perhaps by an attempt of its own. */
  readonly isFound: boolean
  readonly file: string
  readonly personName: string
}

/**
 * Takes back what a bulk enrolment has enrolled. The history has an entry for each photograph, which
 * is taken back by itself, the newest first: so a person whom the job made goes with the last one.
 * Entries of others about the same persons are left alone.
 *
 * @param items       of the photographs that were enrolled
 * @param onProgress  called after each photograph
 * @throws {ApiProblem} when the server does not answer; what was taken back until then stays so
 */
export async function undoBulkEnrolment(
  scope: Scope,
  { job, items }: { readonly job: Job; readonly items: readonly JobItem[] },
  { onProgress, signal }: UndoOptions,
): Promise<void> {
  const { faces, persons } = toEnrolled(items)
  let total = [...faces.values()].filter(({ isFound }) => !isFound).length
  let undone = 0
  let refused: Refused[] = []
  const report = () => {
    const kept = refused.flatMap(({ photos, problem }) =>
      photos.map((photo) => ({ ...photo, problem })),
    )
    onProgress({ total, undone, kept })
  }
  async function undo({ id, photos }: Pick<Refused, 'id' | 'photos'>): Promise<boolean> {
    const problem = await patiently(() => tryUndo(scope, id), signal)
    if (problem === undefined) undone += photos.length
    else refused.push({ id, photos, problem })
    report()
    return problem === undefined
  }

  report()
  for await (const { id, kind, undoneBy, personIds } of entriesSince(
    scope,
    job.createdAt,
    signal,
  )) {
    if (kind !== 'facesAdded' || undoneBy !== undefined) continue
    if (!personIds.some((person) => persons.has(person))) continue
    const { transitions } = await patiently(() => loadEntry(scope, id), signal)
    const photos = transitions.flatMap(({ record, id: faceId }) => {
      const face = record === 'face' ? faces.get(faceId) : undefined
      return face === undefined ? [] : [{ faceId, ...face }]
    })
    if (photos.length === 0) continue
    total += photos.filter(({ isFound }) => isFound).length
    await undo({ id, photos })
  }
  // Photographs of one moment stand in any order: what was in the way may have gone since.
  let hasGone = true
  while (hasGone && refused.length > 0) {
    const again = refused
    hasGone = false
    refused = []
    for (const one of again) {
      if (signal.aborted) refused.push(one)
      else if (await undo(one)) hasGone = true
    }
  }
  report()
}

/** The changes since a time, newest first, until `signal` is aborted. */
async function* entriesSince(
  scope: Scope,
  time: string,
  signal: AbortSignal,
): AsyncGenerator<HistoryEntry> {
  let cursor: string | undefined
  do {
    const query = { limit: entriesAtOnce, ...(cursor === undefined ? {} : { cursor }) }
    const page = await patiently(() => loadHistory(scope, query), signal)
    for (const entry of page.items) {
      if (signal.aborted || entry.at < time) return
      yield entry
    }
    cursor = page.nextCursor
  } while (cursor !== undefined)
}

/** @returns why it was refused; `undefined` when it is done */
async function tryUndo(scope: Scope, entry: string): Promise<ApiProblem | undefined> {
  try {
    await undoEntry(scope, entry)
    return undefined
  } catch (error) {
    const problem = asProblem(error)
    if (isTemporary(problem)) throw problem
    return problem
  }
}

/** Asks a busy server again when it says that it is worth it. */
async function patiently<Answer>(
  send: () => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  for (;;) {
    try {
      return await send()
    } catch (error) {
      const problem = asProblem(error)
      if (signal.aborted || problem.code === 'unreachable' || !isTemporary(problem)) throw problem
      await wait(problem.details.retryAfterMs ?? 1_000, signal)
    }
  }
}

/**
 * The faces that a job has enrolled, by their ids. Also those that it found enrolled already: after an
 * interruption they may be its own, and the history tells whether they came since it began.
 */
function toEnrolled(items: readonly JobItem[]) {
  const faces = new Map<string, EnrolledFace>()
  const persons = new Set<string>()
  for (const { personId, body } of items) {
    if (personId === undefined || typeof body.faceId !== 'string') continue
    const { faceId, file, personName, alreadyEnrolled } = body
    // A photograph that is there twice was enrolled the first time.
    if (faces.has(faceId)) continue
    faces.set(faceId, {
      file: String(file ?? ''),
      personName: String(personName ?? ''),
      isFound: alreadyEnrolled === true,
    })
    persons.add(personId)
  }
  return { faces, persons }
}
