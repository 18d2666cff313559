import { FaceError } from '../../core/errors.ts'
import type {
  MergeConsequences,
  MergeInput,
  Person,
  PersonPatch,
  PersonStore,
} from '../ports/persons.ts'
import { toFaceChange, toPersonChanges, toPersonRemoved, withoutPersons } from '../rules/history.ts'
import {
  assertAllFound,
  assertCover,
  assertFewFaces,
  assertMerge,
  mergeFields,
} from '../rules/merge.ts'
import { isUlid } from '../rules/pages.ts'
import { giveAside, readAside } from './aside-faces.ts'
import { findCollection, type MongoContext } from './context.ts'
import { addToCounts } from './counters.ts'
import { addToFaceCounts, giveFaces } from './face-owners.ts'
import { appendEntry, scrubHistory } from './history-documents.ts'
import { forgetLateAnswers, moveAnswers, retellAnswers } from './idempotency.ts'
import { toFaceSource } from './moves.ts'
import { revokeOwnRejections } from './own-rejections.ts'
import { toOnePerson, toPersons } from './person-documents.ts'
import { changePerson, type Merges, withStoredCover } from './persons.ts'
import { mergeStrangers } from './stranger-persons.ts'
import type { FaceDocument, PersonDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'
import { removeFaces, removePersons } from './trash.ts'
import { copyStatements } from './trashed-statements.ts'

interface Plan extends MergeConsequences {
  /** The one who survives, as before. */
  readonly into: Person
  readonly survivor: PersonDocument
  readonly patch: PersonPatch
  readonly others: readonly PersonDocument[]
  readonly moved: readonly FaceDocument[]
  readonly same: readonly FaceDocument[]
}

/** Merging persons, as {@link PersonStore} says. */
export function createMergeOperations(context: MongoContext): Pick<PersonStore, Merges> {
  const { faces, persons } = context.tables

  async function plan(
    collectionId: string,
    input: MergeInput,
    transaction: Transaction,
  ): Promise<Plan> {
    const { session } = transaction
    await findCollection(context, collectionId, transaction)
    const ids = [input.into, ...input.from].filter(isUlid)
    const documents = await persons.find({ _id: { $in: ids }, collectionId }, { session }).toArray()
    const found = new Map(documents.map((document) => [document._id, document]))
    assertAllFound(input, found)
    const survivor = found.get(input.into) as PersonDocument
    const others = input.from.map((id) => found.get(id) as PersonDocument)
    const [into, ...merged] = await toPersons(context, [survivor, ...others], transaction)
    if (into === undefined) throw new FaceError('personNotFound')
    assertFewFaces(merged)
    const all = await faces
      .find({ personId: { $in: ids } }, { session })
      .sort({ _id: 1 })
      .toArray()
    const sources = new Set(all.filter(({ personId }) => personId === into.id).map(toFaceSource))
    const moved: FaceDocument[] = []
    const same: FaceDocument[] = []
    for (const { _id } of others) {
      for (const face of all.filter(({ personId }) => personId === _id)) {
        const source = toFaceSource(face)
        const list = sources.has(source) ? same : moved
        list.push(face)
        sources.add(source)
      }
    }
    const own = all.filter(({ personId }) => personId === into.id)
    assertCover(
      input,
      [...own, ...moved].map(({ _id }) => _id),
    )
    const { person, patch, lost } = mergeFields(input, into, merged)
    return {
      ...{ into, survivor, others, moved, same, merged, patch, lost },
      person: { ...person, faceCount: into.faceCount + moved.length },
      movedFaces: moved.length,
      sameImageFaces: same.map(({ _id }) => _id),
    }
  }

  return {
    async mergeConsequences(collectionId, input) {
      assertMerge(input)
      return context.transact(async (transaction) =>
        toConsequences(await plan(collectionId, input, transaction)),
      )
    },

    async merge(collectionId, input, { undoable = false } = {}) {
      assertMerge(input)
      const answer = await context.transact(async (transaction) => {
        const planned = await plan(collectionId, input, transaction)
        const { into, survivor, others, merged, moved, same, patch } = planned
        // The cover may be of a face that is another person's now, and comes back with it.
        const was = input.coverFaceId === undefined ? into : withStoredCover(into, survivor)
        const changes = toPersonChanges(was, planned.person)
        const kept = await readAside(context, input.from, transaction)
        const aside = kept.map(({ _id: id, personId: from }) => {
          return { id, from, personId: into.id }
        })
        const entry = await appendEntry(context, collectionId, {
          kind: 'personsMerged',
          transitions: [
            ...(undoable ? changes : withoutPersons(changes, new Set([into.id]))),
            ...merged.map(toPersonRemoved),
            ...moved.map((face) => toFaceChange(face._id, { from: face.personId, to: into.id })),
            ...same.map((face) => toFaceChange(face._id, { from: face.personId })),
            ...aside.map(({ id, from, personId }) =>
              toFaceChange(id, {
                from: { personId: from, setAside: true },
                to: { personId, setAside: true },
              }),
            ),
          ],
          transaction,
        })
        // Earlier entries have what the person was called, too.
        const personIds = new Set(undoable ? [] : [into.id])
        await scrubHistory(context, collectionId, { personIds, transaction })
        const removal = { collectionId, ...(undoable ? { entryId: entry?.id } : {}), transaction }
        await removeFaces(context, removal, same)
        const gone = same.map(({ personId }) => ({ personId, faces: -1 }))
        await addToFaceCounts(context, gone, transaction)
        await giveFaces(
          context,
          moved.map(({ _id: id, personId: from }) => ({ id, from, personId: into.id })),
          transaction,
        )
        await giveAside(context, aside, transaction)
        await revokeOwnRejections(context, removal, [into.id])
        await moveAnswers(context, { faces: [], persons: toMoved(input) }, transaction)
        await copyStatements(context, { from: input.from, to: into.id, collectionId }, transaction)
        // The originals are kept; copies that mean nothing any more are not.
        await revokeOwnRejections(context, { collectionId, transaction }, [into.id])
        if (entry) {
          const { from, into: to } = input
          await mergeStrangers(context, { entryId: entry.id, from, to }, transaction)
        }
        await removePersons(context, removal, others)
        await addToCounts(context, collectionId, {
          ...{ transaction, persons: -others.length, faces: -same.length },
        })
        const changed = await changePerson(context, { document: survivor, patch }, transaction)
        const person = await toOnePerson(context, changed.document, transaction)
        return { ...toConsequences(planned), person, entryId: entry?.id ?? '' }
      }, input.into)
      await moveAnswers(context, { faces: [], persons: toMoved(input) })
      await forgetLateAnswers(context, [...input.from, ...answer.sameImageFaces])
      await retellAnswers(context, answer.person)
      return answer
    },
  }
}

function toMoved({ into, from }: MergeInput) {
  return from.map((id) => ({ id, personId: into }))
}

function toConsequences({
  person,
  merged,
  movedFaces,
  sameImageFaces,
  lost,
}: Plan): MergeConsequences {
  return { person, merged, movedFaces, sameImageFaces, lost }
}
