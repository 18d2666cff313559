import { FaceError } from '../../core/errors.ts'
import type { FacesChanged, SetAsideStore } from '../ports/set-aside.ts'
import { toFaceChange } from '../rules/history.ts'
import { assertFaceIds } from '../rules/moves.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import { planSetAside, planTakeBack } from '../rules/set-aside.ts'
import { asideColumns, asideFaces, findStated, readAside } from './aside-faces.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import { appendEntry } from './history-rows.ts'
import { readSources } from './moves.ts'
import { findPerson } from './persons.ts'
import { readCrop, readText } from './rows.ts'
import { removeFaces, restoreFace } from './trash.ts'
import { revokeOwnRejections } from './trashed-statements.ts'

/** What is set aside, as {@link SetAsideStore} says. */
export function createSetAsideOperations(context: StoreContext): Synchronous<SetAsideStore> {
  const { db } = context

  /** Ids and places of those of the faces that are the person's, in a table or set aside. */
  function readOwn(
    personId: string,
    { faceIds, from }: { readonly faceIds: readonly string[]; readonly from: 'faces' | 'trash' },
  ): ReadonlyMap<string, string> {
    const source =
      from === 'faces'
        ? "image_hash || ' ' || box AS source FROM faces WHERE"
        : "(stored ->> 'image_hash') || ' ' || (stored ->> 'box') AS source FROM trash " +
          "WHERE record = 'setAside' AND"
    const rows = db.all(
      `SELECT id, ${source} person_id = ? AND id IN (SELECT value FROM json_each(?))`,
      [personId, JSON.stringify(faceIds.filter(isUlid))],
    )
    return new Map(rows.map((row) => [readText(row, 'id'), readText(row, 'source')]))
  }

  function answer<Outcome extends string>(
    collectionId: string,
    personId: string,
    { faces, entryId }: Omit<FacesChanged<Outcome>, 'person'>,
  ): FacesChanged<Outcome> {
    const person = findPerson(context, collectionId, personId)
    return { person, faces, ...(entryId === undefined ? {} : { entryId }) }
  }

  return {
    add(collectionId, personId, faceIds, { keep = 0, dryRun = false } = {}) {
      assertFaceIds(faceIds)
      findCollection(context, collectionId)
      const { faceCount } = findPerson(context, collectionId, personId)
      const present = new Set(readOwn(personId, { faceIds, from: 'faces' }).keys())
      const aside = new Set(readOwn(personId, { faceIds, from: 'trash' }).keys())
      const stated = findStated(context, [...present])
      const faces = planSetAside(faceIds, { present, aside, stated, faceCount, keep })
      if (dryRun) return answer(collectionId, personId, { faces })
      const ids = faces.flatMap(({ faceId, outcome }) => (outcome === 'setAside' ? [faceId] : []))
      const entry = appendEntry(context, collectionId, {
        kind: 'facesSetAside',
        transitions: ids.map((id) =>
          toFaceChange(id, { from: personId, to: { personId, setAside: true } }),
        ),
      })
      if (entry === undefined) return answer(collectionId, personId, { faces })
      removeFaces(context, { collectionId, entryId: entry.id, record: 'setAside' }, ids)
      return answer(collectionId, personId, { faces, entryId: entry.id })
    },

    list(collectionId, personId, options = {}) {
      const { after, limit } = parsePageOptions('setAside', options)
      findPerson(context, collectionId, personId)
      const rows = db.all(
        `SELECT ${asideColumns} FROM ${asideFaces} t.person_id = ? AND t.id > ? ORDER BY t.id LIMIT ?`,
        [personId, after, limit + 1],
      )
      return toPage('setAside', rows.map(readAside), limit)
    },

    getCrop(collectionId, personId, faceId) {
      findPerson(context, collectionId, personId)
      const there = readOwn(personId, { faceIds: [faceId], from: 'trash' })
      if (there.size === 0) throw new FaceError('faceNotFound')
      const row = db.get(
        'SELECT bytes AS crop, place AS crop_place FROM trashed_crops WHERE face_id = ?',
        [faceId],
      )
      return row && readCrop(row)
    },

    restore(collectionId, personId, faceIds) {
      assertFaceIds(faceIds)
      findCollection(context, collectionId)
      findPerson(context, collectionId, personId)
      const faces = planTakeBack(faceIds, {
        aside: readOwn(personId, { faceIds, from: 'trash' }),
        present: new Set(readOwn(personId, { faceIds, from: 'faces' }).keys()),
        sources: readSources(context, personId),
      })
      const ids = faces.flatMap(({ faceId, outcome }) => (outcome === 'restored' ? [faceId] : []))
      const entry = appendEntry(context, collectionId, {
        kind: 'facesRestored',
        transitions: ids.map((id) =>
          toFaceChange(id, { from: { personId, setAside: true }, to: personId }),
        ),
      })
      const removal = { collectionId, entryId: entry?.id }
      for (const id of ids) restoreFace(context, removal, id)
      // Whoever puts a face back has said the newer word about it.
      if (ids.length > 0) revokeOwnRejections(context, removal, [personId])
      return answer(collectionId, personId, {
        faces,
        ...(entry === undefined ? {} : { entryId: entry.id }),
      })
    },
  }
}
