import { FaceError } from '../../core/errors.ts'
import type { FacesChanged, SetAsideOptions, SetAsideStore } from '../ports/set-aside.ts'
import { toFaceChange } from '../rules/history.ts'
import { assertFaceIds } from '../rules/moves.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import { planSetAside, planTakeBack } from '../rules/set-aside.ts'
import { findStated, toAsideFace, withoutVectors } from './aside-faces.ts'
import { findCollection, type MongoContext, readWithModel } from './context.ts'
import { addToCounts } from './counters.ts'
import { toCrop } from './documents.ts'
import { addToFaceCounts } from './face-owners.ts'
import { toSource } from './face-writes.ts'
import { appendEntry } from './history-documents.ts'
import { forgetLateAnswers } from './idempotency.ts'
import { revokeOwnRejections } from './own-rejections.ts'
import { toOnePerson } from './person-documents.ts'
import { findPerson, findPersonDocument } from './persons.ts'
import type { FaceDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'
import { removeFaces, restoreFaces } from './trash.ts'

const record = 'setAside'

/** What is set aside, as {@link SetAsideStore} says. */
export function createSetAsideOperations(context: MongoContext): SetAsideStore {
  const { faces, trash, crops } = context.tables

  /** A person, and those of the faces that are the person's, in a table or set aside. */
  async function readOwn(
    collectionId: string,
    { personId, faceIds }: { readonly personId: string; readonly faceIds: readonly string[] },
    transaction: Transaction,
  ) {
    const { session } = transaction
    const collection = await findCollection(context, collectionId, transaction)
    const wanted = { personId, transaction }
    const person = await findPersonDocument(context, collectionId, wanted)
    const those = { _id: { $in: faceIds.filter(isUlid) }, personId }
    const present = await faces.find(those, { session }).sort({ _id: 1 }).toArray()
    const aside = await trash
      .find({ ...those, record }, { session })
      .sort({ _id: 1 })
      .toArray()
    return { collection, person, present, aside }
  }

  async function answer<Outcome extends string>(
    collectionId: string,
    { personId, faces: outcomes, entryId }: Told<Outcome>,
    transaction: Transaction,
  ): Promise<FacesChanged<Outcome>> {
    const wanted = { personId, transaction }
    const document = await findPersonDocument(context, collectionId, wanted)
    const person = await toOnePerson(context, document, transaction)
    return { person, faces: outcomes, ...(entryId === undefined ? {} : { entryId }) }
  }

  async function setAside(
    collectionId: string,
    { personId, faceIds, keep = 0, dryRun = false }: Given & SetAsideOptions,
    transaction: Transaction,
  ) {
    const own = await readOwn(collectionId, { personId, faceIds }, transaction)
    const present = own.present.map(({ _id }) => _id)
    const outcomes = planSetAside(faceIds, {
      present: new Set(present),
      aside: new Set(own.aside.map(({ _id }) => _id)),
      stated: await findStated(context, present, transaction),
      ...{ faceCount: own.person.faceCount, keep },
    })
    const going = new Set(
      outcomes.flatMap(({ faceId, outcome }) => (outcome === 'setAside' ? [faceId] : [])),
    )
    const entry = dryRun
      ? undefined
      : await appendEntry(context, collectionId, {
          kind: 'facesSetAside',
          transitions: [...going].map((id) =>
            toFaceChange(id, { from: personId, to: { personId, setAside: true } }),
          ),
          transaction,
        })
    if (entry !== undefined) {
      const found = own.present.filter(({ _id }) => going.has(_id))
      await removeFaces(context, { collectionId, entryId: entry.id, record, transaction }, found)
      const change = -found.length
      await addToFaceCounts(context, [{ personId, faces: change }], transaction)
      await addToCounts(context, collectionId, { transaction, persons: 0, faces: change })
    }
    return answer(
      collectionId,
      { personId, faces: outcomes, ...(entry && { entryId: entry.id }) },
      transaction,
    )
  }

  async function takeBack(
    collectionId: string,
    { personId, faceIds }: Given,
    transaction: Transaction,
  ) {
    const { session } = transaction
    const own = await readOwn(collectionId, { personId, faceIds }, transaction)
    const sources = new Map(own.aside.map(({ _id, face }) => [_id, toSource(face as FaceDocument)]))
    const images = own.aside.flatMap(({ face }) => face?.imageHash ?? [])
    const same = await faces.find({ personId, imageHash: { $in: images } }, { session }).toArray()
    const outcomes = planTakeBack(faceIds, {
      aside: sources,
      present: new Set(own.present.map(({ _id }) => _id)),
      sources: new Set(same.map(toSource)),
    })
    const coming = new Set(
      outcomes.flatMap(({ faceId, outcome }) => (outcome === 'restored' ? [faceId] : [])),
    )
    const entry = await appendEntry(context, collectionId, {
      kind: 'facesRestored',
      transitions: [...coming].map((id) =>
        toFaceChange(id, { from: { personId, setAside: true }, to: personId }),
      ),
      transaction,
    })
    if (entry !== undefined) {
      const kept = own.aside.filter(({ _id }) => coming.has(_id))
      const removal = { collectionId, entryId: entry.id, transaction }
      await restoreFaces(context, removal, { collection: own.collection, kept })
      // Whoever puts a face back has said the newer word about it.
      await revokeOwnRejections(context, removal, [personId])
      await addToFaceCounts(context, [{ personId, faces: kept.length }], transaction)
      await addToCounts(context, collectionId, { transaction, persons: 0, faces: kept.length })
    }
    return answer(
      collectionId,
      { personId, faces: outcomes, ...(entry && { entryId: entry.id }) },
      transaction,
    )
  }

  return {
    async add(collectionId, personId, faceIds, options = {}) {
      assertFaceIds(faceIds)
      const given = { personId, faceIds, ...options }
      const changed = await context.transact(
        (transaction) => setAside(collectionId, given, transaction),
        personId,
      )
      if (changed.entryId !== undefined) await forgetLateAnswers(context, faceIds)
      return changed
    },

    async list(collectionId, personId, options = {}) {
      const { after, limit } = parsePageOptions('setAside', options)
      await findPerson(context, collectionId, personId)
      const result = await readWithModel(context, collectionId, () =>
        trash
          .find({ personId, record, _id: { $gt: after } }, { projection: withoutVectors })
          .sort({ _id: 1 })
          .limit(limit + 1)
          .toArray(),
      )
      const found = result?.found.map((kept) => toAsideFace(kept, result)) ?? []
      return toPage('setAside', found, limit)
    },

    async getCrop(collectionId, personId, faceId) {
      await findPerson(context, collectionId, personId)
      const one = { _id: String(faceId), personId, record } as const
      if (!(await trash.findOne(one, { projection: { _id: 1 } }))) {
        throw new FaceError('faceNotFound')
      }
      const crop = await crops.findOne({ _id: faceId })
      return crop ? toCrop(crop) : undefined
    },

    restore(collectionId, personId, faceIds) {
      assertFaceIds(faceIds)
      return context.transact(
        (transaction) => takeBack(collectionId, { personId, faceIds }, transaction),
        personId,
      )
    },
  }
}

interface Given {
  readonly personId: string
  readonly faceIds: readonly string[]
}

interface Told<Outcome> extends Omit<FacesChanged<Outcome>, 'person'> {
  readonly personId: string
}
