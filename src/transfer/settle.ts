import { isFaceError } from '../core/errors.ts'
import type { Database } from '../storage/database.ts'
import { eachChangePage, eachPage } from '../storage/iterate.ts'
import type { Person } from '../storage/ports/persons.ts'
import { copyFace, type Ends, orUndefined, readFace, restorePersons } from './copy-faces.ts'
import type { StepTracker } from './options.ts'
import { createStoreSource, isSameFace, isSamePerson } from './records.ts'
import { compareRecords, type Difference, toConflict } from './restore.ts'
import { settleStatements } from './settle-statements.ts'

/** More means that the target's collection is not a copy. */
const maxDifferences = 10_000

/**
 * Compares both sides of a collection and makes them equal.
 *
 * @returns how many statements of the source are not at the target
 * @throws {FaceError} `collectionExists` when that cannot be
 */
export async function settle(
  ends: Ends,
  collectionId: string,
  { tracker, follow }: { readonly tracker: StepTracker; follow(): Promise<void> },
): Promise<number> {
  const source = createStoreSource(ends.from, collectionId)
  const where = { target: { store: ends.to, collectionId }, tracker }
  const faces: Difference[] = []
  for await (const difference of compareRecords('face', source, where)) {
    if (faces.length >= maxDifferences) throw toConflict(difference)
    faces.push(difference)
  }
  await follow()
  await settleFaces(ends, collectionId, faces)
  const persons: Difference[] = []
  for await (const difference of compareRecords('person', source, where)) {
    if (persons.length >= maxDifferences) throw toConflict(difference)
    persons.push(difference)
  }
  await settlePersons(ends, collectionId, { differences: persons, follow })
  return settleStatements(source, where.target, tracker)
}

/** @throws {FaceError} `collectionExists` when a person cannot be made what it is at the source */
async function settlePersons(
  ends: Ends,
  collectionId: string,
  { differences, follow }: { readonly differences: readonly Difference[]; follow(): Promise<void> },
): Promise<void> {
  const settleOne = async (difference: Difference): Promise<void> => {
    if (await settlePerson(ends, collectionId, difference)) return
    // Perhaps it was removed with its faces since they were compared; then the feed says so.
    await follow()
    if (!(await settlePerson(ends, collectionId, difference))) throw toConflict(difference)
  }
  for (const difference of differences) {
    if (difference.state === 'surplus') await settleOne(difference)
  }
  // An external id may have gone from one to another: who had it comes first.
  let waiting = differences.filter(({ state }) => state !== 'surplus')
  while (waiting.length > 0) {
    const blocked: Difference[] = []
    for (const difference of waiting) {
      try {
        await settleOne(difference)
      } catch (error) {
        if (!isFaceError(error, 'externalIdTaken')) throw error
        blocked.push(difference)
      }
    }
    const [first] = blocked
    if (first && blocked.length === waiting.length) throw toConflict(first)
    waiting = blocked
  }
}

/** Whether the target's person was changed by somebody else than a copy of the source's. */
function isNewer(there: Person, person: Person): boolean {
  return there.createdAt !== person.createdAt || there.updatedAt > person.updatedAt
}

/** @throws {FaceError} `collectionExists` when a face cannot be made what it is at the source */
async function settleFaces(
  ends: Ends,
  collectionId: string,
  differences: readonly Difference[],
): Promise<void> {
  const surplus: Difference[] = []
  for (const difference of differences) {
    if (difference.state !== 'surplus') continue
    if (await orUndefined(ends.to.faces.get(collectionId, difference.id))) surplus.push(difference)
  }
  const removed = await findRemoved(ends.from, collectionId, new Set(surplus.map(({ id }) => id)))
  for (const difference of surplus) {
    if (!removed.has(difference.id)) throw toConflict(difference)
    await copyFace(ends, collectionId, difference.id)
  }
  // Only now: a removed face may be in the way of one of the same place in the same image.
  for (const difference of differences) {
    if (difference.state !== 'different') continue
    if (!(await settleOwner(ends, collectionId, { faceId: difference.id })))
      throw toConflict(difference)
  }
  for (const difference of differences) {
    if (difference.state !== 'missing') continue
    if (!(await copyFace(ends, collectionId, difference.id))) throw toConflict(difference)
  }
}

/**
 * Gives a face at the target to whom it is of at the source. The feed does not tell of moves, merges and
 * their undo: no embedding changes.
 *
 * @returns whether the face is the same on both sides now
 */
async function settleOwner(
  ends: Ends,
  collectionId: string,
  { faceId, tries = 3 }: { readonly faceId: string; readonly tries?: number },
): Promise<boolean> {
  const { from, to } = ends
  const face = await readFace(from, collectionId, faceId)
  const there = await readFace(to, collectionId, faceId)
  if (!face || !there) return copyFace(ends, collectionId, faceId)
  if (!isSameFace({ ...there, personId: face.personId }, face)) return false
  if (there.personId === face.personId) return true
  const person = await orUndefined(from.persons.get(collectionId, face.personId))
  // Merged since the face was read.
  if (!person) return tries > 1 && settleOwner(ends, collectionId, { faceId, tries: tries - 1 })
  await restorePersons(to, collectionId, [person])
  const moved = await to.faces.move(collectionId, [faceId], person.id)
  return moved.faces.every(({ outcome }) => outcome === 'moved' || outcome === 'alreadyThere')
}

/** Those of the faces that the feed tells the removal of; it is read only when there are any. */
async function findRemoved(
  store: Database,
  collectionId: string,
  faceIds: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const removed = new Set<string>()
  if (faceIds.size === 0) return removed
  for await (const changes of eachChangePage(store, undefined)) {
    for (const { kind, collectionId: of, faceId } of changes) {
      if (kind === 'faceRemoved' && of === collectionId && faceId && faceIds.has(faceId)) {
        removed.add(faceId)
      }
    }
    if (removed.size === faceIds.size) break
  }
  return removed
}

/** Settles whose the faces are that somebody has at the target alone. @returns whether none is left */
async function giveAway(ends: Ends, collectionId: string, personId: string): Promise<boolean> {
  for await (const faces of eachPage((page) =>
    ends.to.faces.list(collectionId, { ...page, personId }),
  )) {
    for (const { id: faceId } of faces) {
      // A face that the source does not have is left: whether it was removed there, the feed says.
      if (!(await readFace(ends.from, collectionId, faceId))) return false
      if (!(await settleOwner(ends, collectionId, { faceId }))) return false
    }
  }
  return true
}

/** @returns whether the person is the same on both sides now; not when the target's is newer, or has faces */
async function settlePerson(
  ends: Ends,
  collectionId: string,
  { id }: Difference,
): Promise<boolean> {
  const { from, to } = ends
  const person = await orUndefined(from.persons.get(collectionId, id))
  const there = await orUndefined(to.persons.get(collectionId, id))
  if (!person) {
    if (there && !(await giveAway(ends, collectionId, id))) return false
    if (there) await orUndefined(to.persons.delete(collectionId, id))
    return true
  }
  if (!there) {
    await restorePersons(to, collectionId, [person])
    return (await orUndefined(to.persons.get(collectionId, id))) !== undefined
  }
  if (isSamePerson(person, there)) return true
  if (isNewer(there, person)) return false
  const cover = person.coverFaceId
  if (cover !== undefined) await settleOwner(ends, collectionId, { faceId: cover })
  const { name, aliases, externalId, notes, metadata, coverFaceId, hidden, favourite } = person
  const { consent = null } = person
  await to.persons.update(collectionId, id, {
    ...{ name, aliases, metadata, hidden, favourite, consent },
    ...{ externalId: externalId ?? null, notes: notes ?? null, coverFaceId: coverFaceId ?? null },
  })
  return true
}
