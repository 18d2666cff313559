import { type Static, Type } from 'typebox'
import { FaceError, isFaceError } from '../../core/errors.ts'
import { findDue, type RetentionRule, retentionRules } from '../../core/retention.ts'
import type { FaceWatcher } from '../../recognition/face-watcher.ts'
import type { JobStore, JsonObject, NewJobItem } from '../../storage/ports/jobs.ts'
import type { Person, RemovalCondition } from '../../storage/ports/persons.ts'
import type { JobContext, JobKind } from '../job-kind.ts'
import { findCollectionName } from './collection-name.ts'
import { parseInput } from './parse-input.ts'

const RetentionInput = Type.Object(
  {
    /** Nobody is erased; the items tell who would be. */
    dryRun: Type.Optional(Type.Boolean()),
    /** Only persons whom this run, a dry one, reported. */
    reportId: Type.Optional(Type.String({ maxLength: 100 })),
  },
  { additionalProperties: false },
)
type RetentionInput = Static<typeof RetentionInput>

/** What a run tells, and saves from where it goes on. */
export interface RetentionResult extends JsonObject {
  readonly collection: string
  readonly dryRun: boolean
  /** Persons who were looked at. */
  readonly looked: number
  /** Persons who are due, by rule. */
  readonly due: Readonly<Record<RetentionRule, number>>
  /** Persons who were erased. */
  readonly erased: number
  /** Persons who were due and are left, because they were changed or seen meanwhile. */
  readonly left: number
}

/** The progress that is saved. */
interface Saved extends JsonObject {
  readonly result: RetentionResult
  readonly cursor?: string
  readonly isDone: boolean
}

/** Where reports are read. */
interface ReportStore {
  readonly jobs: Pick<JobStore, 'get' | 'items'>
}

/** Persons who are read together, and after whom the progress is saved. */
const pageLimit = 500

/**
 * Erases the persons of a collection who are due by its rules, for good, page by page; nothing spares
 * favourites. Its items are `duePerson` of a dry run, which go with the persons, and `erasedPerson` of any
 * other, which have nothing of a person but the id. Whether a person is still due is looked at again in
 * the transaction of the erasure.
 */
export function createRetention({
  faceWatcher: useCases,
  store,
}: {
  readonly faceWatcher: Pick<FaceWatcher, 'as'>
  readonly store: ReportStore
}): JobKind<RetentionInput> {
  return {
    name: 'retention',
    parse: (input) => parseInput(RetentionInput, input),
    async run({ dryRun = false, reportId }, context) {
      const { job, caller, signal, report } = context
      const faceWatcher = useCases.as(caller)
      const collection = await findCollectionName(faceWatcher, job.collectionId)
      const reported =
        reportId === undefined ? undefined : await readReport(store, reportId, job.collectionId)
      let saved = toSaved(context) ?? begin(collection, dryRun)
      const { persons: total } = await faceWatcher.collections.get(collection, {
        difficulty: 'none',
      })
      while (!saved.isDone) {
        signal.throwIfAborted()
        const { retention: rules = {} } = await faceWatcher.collections.get(collection, {
          difficulty: 'none',
        })
        const page = await faceWatcher.persons.list(collection, {
          limit: pageLimit,
          ...(saved.cursor === undefined ? {} : { cursor: saved.cursor }),
        })
        const at = new Date().toISOString()
        const items: NewJobItem[] = []
        let { looked, erased, left } = saved.result
        const due = { ...saved.result.due }
        for (const person of page.items) {
          looked++
          const found = findDue(rules, person, at)
          if (found === undefined || reported?.has(person.id) === false) continue
          due[found.rule]++
          const { id: personId } = person
          if (dryRun) {
            items.push({
              rejected: false,
              personId,
              body: { type: 'duePerson', personId, ...found },
            })
          } else if (await erase(faceWatcher, collection, { person, ifDue: { rules, at } })) {
            erased++
            items.push({ rejected: false, body: { type: 'erasedPerson', personId, ...found } })
          } else left++
        }
        const result = { ...saved.result, looked, due, erased, left }
        const { nextCursor: cursor } = page
        saved = {
          result,
          isDone: cursor === undefined,
          ...(cursor === undefined ? {} : { cursor }),
        }
        await context.save(saved, items)
        report({ stage: 'persons', done: Math.min(looked, total), total })
      }
      return saved.result
    },
  }
}

function begin(collection: string, dryRun: boolean): Saved {
  const none = Object.fromEntries(retentionRules.map((rule) => [rule, 0]))
  const due = none as Record<RetentionRule, number>
  return { result: { collection, dryRun, looked: 0, due, erased: 0, left: 0 }, isDone: false }
}

function toSaved({ checkpoint }: JobContext): Saved | undefined {
  return checkpoint as Saved | undefined
}

/** @returns `false` when the person is not due any more, or not there */
async function erase(
  { persons }: FaceWatcher,
  collection: string,
  { person, ifDue }: { readonly person: Person } & Required<Pick<RemovalCondition, 'ifDue'>>,
): Promise<boolean> {
  try {
    await persons.delete(collection, person.id, { erase: 'now', ifDue })
    return true
  } catch (error) {
    if (isFaceError(error, 'revisionMismatch') || isFaceError(error, 'personNotFound')) return false
    throw error
  }
}

/** Ids of the persons whom a dry run reported. @throws {FaceError} `jobNotFound`, `invalidOption` */
async function readReport(
  { jobs }: ReportStore,
  reportId: string,
  collectionId: string | undefined,
): Promise<ReadonlySet<string>> {
  const job = await jobs.get(reportId)
  const isReport = job.kind === 'retention' && job.input.dryRun === true && job.state === 'done'
  if (!isReport || job.collectionId !== collectionId) {
    throw new FaceError('invalidOption', {
      detail: 'reportId: expected a dry run of this collection that is done.',
    })
  }
  const ids = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await jobs.items(reportId, { limit: 1000, ...(cursor && { cursor }) })
    for (const { personId } of page.items) if (personId !== undefined) ids.add(personId)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return ids
}
