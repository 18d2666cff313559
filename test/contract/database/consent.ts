import { beforeEach, describe, expect, it } from 'vitest'
import type { ConsentInput, ConsentState } from '../../../src/core/consent.ts'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { type DatabaseUnderTest, withoutEntry } from './fixture.ts'

const past = '2020-01-01T00:00:00.000Z'
const earlier = '2020-02-01T00:00:00.000Z'
const future = '9000-01-01T00:00:00.000Z'
const consent: ConsentInput = { basis: 'consent', purpose: 'Entrance', givenAt: past }

/** What every database makes of consents and of the rules that look at them. */
export function describeConsent(under: () => DatabaseUnderTest): void {
  describe('consent', () => {
    let store: Database
    let collection: Collection
    let id: string

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store)
      id = collection.id
    })

    const demand = async () => {
      const rule = { required: true, whenItEnds: 'stopMatching' } as const
      const changed = await store.collections.update(collection, { consent: rule })
      expect(changed?.consent).toEqual(rule)
    }

    it('keeps what was given, in UTC, and what is absent', async () => {
      const evidenceHash = 'a'.repeat(64)
      const given = { ...consent, purpose: ' Entrance ', textVersion: '3', evidenceHash } as const
      const ann = await store.persons.create(id, {
        ...{ name: 'Ann', consent: { ...given, expiresAt: '2020-02-01T01:00:00+01:00' } },
      })
      const stored = { ...consent, textVersion: '3', evidenceHash, expiresAt: earlier }
      expect(ann.consent).toEqual(stored)
      expect(await store.persons.get(id, ann.id)).toEqual(ann)
      const before = new Date(Date.now() - 60_000).toISOString()
      const { givenAt: _, ...undated } = consent
      const bob = await store.persons.create(id, { name: 'Bob', consent: undated })
      expect((bob.consent?.givenAt ?? '') > before).toBe(true)
      const changed = await store.persons.update(id, ann.id, { consent: null })
      expect(changed).not.toHaveProperty('consent')
      expect(changed.revision).toBe(ann.revision + 1)
      expect(withoutEntry(changed)).toEqual(await store.persons.get(id, ann.id))
    })

    it.each<[string, object]>([
      ['another basis', { basis: 'because' }],
      ['no purpose', { purpose: ' ' }],
      ['a purpose of 501 characters', { purpose: 'a'.repeat(501) }],
      ['a line break', { textVersion: 'a\nb' }],
      ['no time', { givenAt: 'yesterday' }],
      ['a time to come', { givenAt: future }],
      ['an end before its beginning', { expiresAt: past }],
      ['a withdrawal before its beginning', { withdrawnAt: '2019-01-01T00:00:00Z' }],
      ['no hash', { evidenceHash: 'ABC' }],
    ])('refuses a consent with %s', async (_, fields) => {
      const wrong = { ...consent, ...fields } as ConsentInput
      await expectCode(store.persons.create(id, { name: 'Ann', consent: wrong }), 'invalidOption')
      const ann = await store.persons.create(id, { name: 'Ann' })
      await expectCode(store.persons.update(id, ann.id, { consent: wrong }), 'invalidOption')
    })

    it('finds persons by how their consent is', async () => {
      const kinds: Record<ConsentState, (ConsentInput | undefined)[]> = {
        missing: [undefined],
        valid: [consent, { ...consent, expiresAt: future, withdrawnAt: future }],
        expired: [{ ...consent, expiresAt: earlier, withdrawnAt: future }],
        withdrawn: [{ ...consent, withdrawnAt: past, expiresAt: earlier }],
      }
      for (const [name, all] of Object.entries(kinds)) {
        for (const one of all) {
          await store.persons.create(id, { name, ...(one && { consent: one }) })
        }
      }
      for (const [state, all] of Object.entries(kinds)) {
        const { items } = await store.persons.list(id, { consent: state as ConsentState })
        expect(items.map(({ name }) => name)).toEqual(all.map(() => state))
      }
      await expectCode(store.persons.list(id, { consent: 'x' as never }), 'invalidOption')
    })

    it('enrols nobody without a valid one where it is required', async () => {
      const eve = await store.persons.create(id, { name: 'Eve' })
      await demand()
      await expectCode(store.faces.add(id, eve.id, [makeFace(1)]), 'consentRequired')
      await expectCode(store.faces.add(id, { name: 'New' }, [makeFace(1)]), 'consentRequired')
      expect(await store.collections.counts(id)).toEqual({ persons: 1, faces: 0 })
      await store.persons.update(id, eve.id, { consent: { ...consent, expiresAt: earlier } })
      await expectCode(store.faces.add(id, eve.id, [makeFace(1)]), 'consentRequired')
      await store.persons.update(id, eve.id, { consent })
      await store.faces.add(id, eve.id, [makeFace(1)])
      await store.faces.add(id, { name: 'New', consent }, [makeFace(2)])
      expect(await store.collections.counts(id)).toEqual({ persons: 2, faces: 2 })
    })

    it('tells a search until when the consent of an owner is valid', async () => {
      const given = { ...consent, expiresAt: future }
      const added = await store.faces.add(id, { name: 'Ann', consent: given }, [makeFace(1)])
      const bob = await store.faces.add(id, { name: 'Bob' }, [makeFace(2)])
      const faceIds = [...added.faces, ...bob.faces].map((face) => face.id)
      const read = async () => (await store.faces.lookUpNearest(collection, [faceIds])).owners
      expect((await read()).map((owner) => owner.personConsent)).toEqual([
        ...[{ expiresAt: future }, undefined],
      ])
      const other = await under().fixture.open()
      const withdrawn = { ...given, withdrawnAt: earlier }
      await other.persons.update(id, added.person.id, { consent: withdrawn })
      const ended = { expiresAt: future, withdrawnAt: earlier }
      expect((await read())[0]?.personConsent).toEqual(ended)
      expect((await store.faces.getOwners(id, faceIds))[0]?.personConsent).toEqual(ended)
    })

    it('is not taken away once it was withdrawn, nor made valid by an undo', async () => {
      const ann = await store.persons.create(id, { name: 'Ann', consent })
      const withdrawn = { ...consent, withdrawnAt: earlier }
      const { entryId } = await store.persons.update(id, ann.id, { consent: withdrawn })
      await expectCode(store.persons.update(id, ann.id, { consent: null }), 'invalidOption')
      await expectCode(store.history.undo(id, entryId!), 'undoRefused')
      const again = await store.persons.update(id, ann.id, { consent })
      expect(again.consent).toEqual(consent)
      // To take back that it was given again is no harm.
      await store.history.undo(id, again.entryId!)
      expect((await store.persons.get(id, ann.id)).consent).toEqual(withdrawn)
    })

    it('follows the newest word when persons are merged, and goes back with the undo', async () => {
      const ann = await store.persons.create(id, { name: 'Ann', consent })
      const withdrawn = { ...consent, withdrawnAt: earlier }
      const anna = await store.persons.create(id, { name: 'Anna', consent: withdrawn })
      const pair = { into: ann.id, from: [anna.id] }
      const merged = await store.persons.merge(id, pair, { undoable: true })
      expect(merged.person.consent).toEqual(withdrawn)
      expect(merged.lost).toEqual([{ personId: ann.id, field: 'consent', value: consent }])
      await store.history.undo(id, merged.entryId, { undoable: true })
      expect((await store.persons.get(id, ann.id)).consent).toEqual(consent)
      expect((await store.persons.get(id, anna.id)).consent).toEqual(withdrawn)
    })

    it('comes back with a person who was deleted, and moves with one', async () => {
      const person = await store.persons.create(id, { name: 'Ann', consent })
      const removed = await store.persons.delete(id, person.id, { undoable: true })
      await store.history.undo(id, removed.entryId!)
      const back = await store.persons.get(id, person.id)
      expect(back.consent).toEqual(consent)
      await store.persons.delete(id, person.id)
      await store.transfer.restorePersons(id, [back])
      expect((await store.persons.get(id, person.id)).consent).toEqual(consent)
    })

    it('erases only who is due, looked at when it is done', async () => {
      const { id: personId } = await store.persons.create(id, {
        ...{ name: 'Ann', consent: { ...consent, withdrawnAt: earlier } },
      })
      const ifDue = { rules: { consentEndedDays: 1 }, at: new Date().toISOString() }
      await store.persons.update(id, personId, { consent })
      await expectCode(store.persons.delete(id, personId, { ifDue }), 'revisionMismatch')
      await store.persons.update(id, personId, { consent: { ...consent, expiresAt: earlier } })
      await store.persons.delete(id, personId, { ifDue })
      await expectCode(store.persons.get(id, personId), 'personNotFound')
    })

    it('keeps the rules of a collection and takes them away', async () => {
      const retention = { unseenDays: 365, consentEndedDays: 0 }
      const rule = { required: true, whenItEnds: 'keep' } as const
      const made = await store.collections.create({
        ...{ name: 'kept', modelId: 'test-model', dimension: 4, storeCrops: false },
        ...{ policy: collection.policy, consent: rule, retention },
      })
      expect(made).toMatchObject({ consent: rule, retention })
      expect(await store.collections.get('kept')).toEqual(made)
      const changed = await store.collections.update(made, { consent: null, retention: null })
      expect(changed).not.toHaveProperty('consent')
      expect(changed).not.toHaveProperty('retention')
      expect(await store.collections.get('kept')).toEqual(changed)
    })
  })
}
