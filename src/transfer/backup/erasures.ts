import { readFile } from 'node:fs/promises'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import writeFileAtomic from 'write-file-atomic'
import { FaceError, isFaceError } from '../../core/errors.ts'
import { systemCodeOf } from '../../platform/disk.ts'
import type { Aggregates } from '../../storage/database.ts'
import { eachCollection, eachPage } from '../../storage/iterate.ts'
import type { HistoryEntry } from '../../storage/ports/history.ts'
import { guardDisk } from './archive.ts'

// [Note: Erasures outlive backups]
// A backup has people who are deleted after it was made. The history says who that was, by ids and
// times alone; it is written down in a file of the data folder and in one beside the backups, and a
// restore deletes these people again, for good. What was deleted and can still be put back counts, too:
// somebody wanted it gone. A merge does not: the faces are another person's, who is the same
// individual; when that one is deleted, all who were merged into it are.

/** Name of the file, in the data folder and beside backups. */
export const ledgerFile = 'erasures.jsonl'

const Erasure = Type.Object({
  person: Type.String({ pattern: '^[0-9A-HJKMNP-TV-Z]{26}$' }),
  /** ISO 8601, UTC. */
  at: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' }),
  /** The deletion was taken back. */
  undone: Type.Optional(Type.Literal(true)),
})
/** That a person was deleted, or is there again; the last word counts. */
export type Erasure = Static<typeof Erasure>

/** The last word of each person. */
export type Erasures = ReadonlyMap<string, Erasure>

type Store = Pick<Aggregates, 'collections' | 'history' | 'persons'>

/** The last word of each person in several lists; of two at the same time, the deletion. */
export function mergeErasures(lists: readonly Iterable<Erasure>[]): Erasures {
  const merged = new Map<string, Erasure>()
  for (const list of lists) {
    for (const erasure of list) {
      const known = merged.get(erasure.person)
      const isLater = known === undefined || erasure.at > known.at
      if (isLater || (erasure.at === known.at && !erasure.undone)) {
        merged.set(erasure.person, erasure)
      }
    }
  }
  return merged
}

/**
 * Who was deleted, as the history of a database has it.
 *
 * @param since  ISO 8601; nothing of before is looked at. Default: all of it
 */
export async function collectErasures(store: Store, since = ''): Promise<readonly Erasure[]> {
  const found: Erasure[] = []
  for await (const { id } of eachCollection(store)) {
    found.push(...(await collectOf(store, id, since)))
  }
  return found
}

async function collectOf(
  store: Store,
  collectionId: string,
  since: string,
): Promise<readonly Erasure[]> {
  const isThere = createLookup(store, collectionId)
  const found: Erasure[] = []
  for await (const entry of eachEntry(store, collectionId)) {
    if (entry.at < since) break
    const { kind, at, personIds } = entry
    for (const person of personIds) {
      if (kind === 'undone' && (await isThere(person))) found.push({ person, at, undone: true })
      if (kind !== 'personDeleted' || (await isThere(person))) continue
      for (const id of await toIndividual(store, { collectionId, person, isThere })) {
        found.push({ person: id, at })
      }
    }
  }
  return found
}

/** Newest first. */
async function* eachEntry(
  { history }: Pick<Aggregates, 'history'>,
  collectionId: string,
  filter: { readonly personId?: string } = {},
): AsyncGenerator<HistoryEntry, void> {
  const pages = eachPage((options) => history.list(collectionId, { ...options, ...filter }), {
    limit: 1000,
  })
  for await (const page of pages) yield* page
}

/** A person, and all who were merged into it. */
async function toIndividual(
  store: Store,
  {
    collectionId,
    person,
    isThere,
  }: {
    readonly collectionId: string
    readonly person: string
    isThere(person: string): Promise<boolean>
  },
): Promise<ReadonlySet<string>> {
  const ids = new Set([person])
  for (const personId of ids) {
    for await (const entry of eachEntry(store, collectionId, { personId })) {
      if (entry.kind !== 'personsMerged' || entry.undoneBy !== undefined) continue
      for (const other of entry.personIds) if (!(await isThere(other))) ids.add(other)
    }
  }
  return ids
}

function createLookup(
  { persons }: Pick<Aggregates, 'persons'>,
  collectionId: string,
): (person: string) => Promise<boolean> {
  const known = new Map<string, boolean>()
  return async (person) => {
    const before = known.get(person)
    if (before !== undefined) return before
    const isThere = await persons.get(collectionId, person).then(
      () => true,
      (error: unknown) => {
        if (isFaceError(error, 'personNotFound')) return false
        throw error
      },
    )
    known.set(person, isThere)
    return isThere
  }
}

/** Deletes for good who was deleted. @returns how many of them were there */
export async function applyErasures(store: Store, erasures: Erasures): Promise<number> {
  let erased = 0
  for await (const { id: collectionId } of eachCollection(store)) {
    for (const { person, undone } of erasures.values()) {
      if (undone) continue
      try {
        await store.persons.delete(collectionId, person)
        erased++
      } catch (error) {
        if (!isFaceError(error, 'personNotFound')) throw error
      }
    }
  }
  return erased
}

/** What a file says; nothing when it is not there. @throws {FaceError} `invalidOption` when it is no such list */
export async function readErasures(path: string): Promise<readonly Erasure[]> {
  const text = await guardDisk(() =>
    readFile(path, 'utf8').catch((error: unknown) => {
      if (systemCodeOf(error) === 'ENOENT') return ''
      throw error
    }),
  )
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => {
      const value = parseLine(line)
      if (Value.Check(Erasure, value)) return value
      throw new FaceError('invalidOption', {
        detail: `Line ${i + 1} of a list of erasures is not one.`,
      })
    })
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Adds to a file what it does not say yet; its other lines stay. */
export async function addErasures(path: string, erasures: Iterable<Erasure>): Promise<void> {
  const before = await readErasures(path)
  const known = new Set(before.map(({ person }) => person))
  const news = [...erasures].filter(({ person, undone }) => !undone || known.has(person))
  const merged = mergeErasures([before, news])
  const lines = [...merged.values()].map((erasure) => `${JSON.stringify(erasure)}\n`).join('')
  if (lines === before.map((erasure) => `${JSON.stringify(erasure)}\n`).join('')) return
  await guardDisk(() => writeFileAtomic(path, lines, { mode: 0o600 }))
}
