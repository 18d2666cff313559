import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeCrop, makeFace } from '../../helpers/faces.ts'
import { type DatabaseUnderTest, readPages, unknownId, withoutEntry } from './fixture.ts'

/** What the port `persons` does in every database. */
export function describePersons(under: () => DatabaseUnderTest): void {
  describe('persons', () => {
    let store: Database
    let collection: Collection

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store)
    })

    it('stores a person with metadata', async () => {
      const metadata = { badge: 7, tags: ['a', { deep: null }], nul: 'a\0b', half: '\ud800' }
      const person = await store.persons.create(collection.id, { name: '  Ann  ', metadata })
      expect(person).toMatchObject({ name: 'Ann', metadata, faceCount: 0 })
      expect(person.updatedAt).toBe(person.createdAt)
      expect(await store.persons.get(collection.id, person.id)).toEqual(person)
    })

    it.each([
      ['emoji', '👩‍🚀 Ann'],
      ['right-to-left text', 'محمد علي'],
      ['markup', '<script>alert(1)</script>'],
      ['a path', '../../etc/passwd'],
      ['SQL', `Robert'); DROP TABLE persons;--`],
      ['wildcards', '100%_*.?$where'],
      ['200 characters beyond the BMP', '𝒳'.repeat(200)],
    ])('keeps a name with %s as it is', async (_, given) => {
      const person = await store.persons.create(collection.id, { name: given })
      expect(person.name).toBe(given)
      const { items } = await store.persons.list(collection.id, { exactName: given })
      expect(items).toEqual([person])
      const contained = await store.persons.list(collection.id, {
        name: [...given].slice(0, 4).join(''),
      })
      expect(contained.items).toEqual([person])
    })

    it.each([
      ['empty', ''],
      ['blank', ' \t '],
      ['invisible', '\u200b\u200d'],
      ['with NUL', 'a\0b'],
      ['with a line break', 'a\nb'],
      ['with a line separator', 'a\u2028b'],
      ['with half a surrogate pair', 'a\ud800'],
      ['of 201 characters', 'a'.repeat(201)],
      ['of 10,000 characters', 'a'.repeat(10_000)],
      ['not text', 7 as unknown as string],
    ])('refuses a name that is %s', async (_, given) => {
      await expectCode(store.persons.create(collection.id, { name: given }), 'invalidName')
      const person = await store.persons.create(collection.id, { name: 'Ann' })
      await expectCode(
        store.persons.update(collection.id, person.id, { name: given }),
        'invalidName',
      )
      await expectCode(store.faces.add(collection.id, { name: given }, []), 'invalidName')
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 1, faces: 0 })
    })

    it.each([
      ['a list', []],
      ['text', 'x'],
      ['null', null],
      ['a function', () => 1],
      ['too large', { text: 'x'.repeat(16_384) }],
      ['a key __proto__', JSON.parse('{"a": {"__proto__": {"admin": true}}}')],
      ['a bigint', { n: 1n }],
      ['a cycle', makeCycle()],
      ['17 levels', makeNested(17)],
      ['10,000 levels', makeNested(10_000)],
      ['100,000 values', { list: Array(100_000).fill(0) }],
    ])('refuses metadata that is or has %s', async (_, given) => {
      const metadata = given as Record<string, unknown>
      await expectCode(
        store.persons.create(collection.id, { name: 'Ann', metadata }),
        'invalidMetadata',
      )
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 0, faces: 0 })
    })

    it('takes metadata of just the allowed size', async () => {
      const text = 'x'.repeat(16_384 - '{"text":""}'.length)
      const person = await store.persons.create(collection.id, { name: 'A', metadata: { text } })
      expect(person.metadata).toEqual({ text })
    })

    it('takes metadata of just the allowed depth, and brackets within text', async () => {
      const metadata = { nested: makeNested(15), text: '[{"'.repeat(100), '{[': ['\\"['] }
      const person = await store.persons.create(collection.id, { name: 'A', metadata })
      expect((await store.persons.list(collection.id)).items).toEqual([person])
      expect(person.metadata).toEqual(metadata)
    })

    it('gives two persons of one name two ids', async () => {
      const a = await store.persons.create(collection.id, { name: 'Ann' })
      const b = await store.persons.create(collection.id, { name: 'Ann' })
      expect(a.id < b.id).toBe(true)
      expect((await store.persons.list(collection.id, { exactName: 'Ann' })).items).toEqual([a, b])
    })

    it('finds names without regard to case and form, in every script', async () => {
      const names = ['Zoë Müller', 'STRASSE', 'Straße', 'ΟΔΥΣΣΕΥΣ', 'Ольга', 'ｆｕｌｌ', 'İpek']
      for (const given of names) await store.persons.create(collection.id, { name: given })
      const find = async (text: string) =>
        (await store.persons.list(collection.id, { name: text })).items.map((item) => item.name)
      expect(await find('ZOE\u0308')).toEqual(['Zoë Müller'])
      expect(await find('müll')).toEqual(['Zoë Müller'])
      expect(await find('strasse')).toEqual(['STRASSE', 'Straße'])
      expect(await find('οδυς')).toEqual(['ΟΔΥΣΣΕΥΣ'])
      expect(await find('ОЛЬ')).toEqual(['Ольга'])
      expect(await find('FULL')).toEqual(['ｆｕｌｌ'])
      expect(await find('%')).toEqual([])
      expect(await find('a\0')).toEqual([])
      expect(await find('')).toHaveLength(names.length)
    })

    it('matches an exact name only as a whole, in its stored form', async () => {
      await store.persons.create(collection.id, { name: 'Zoe\u0308' })
      const find = async (exactName: string) =>
        (await store.persons.list(collection.id, { exactName })).items.length
      expect(await find(' Zo\u00eb ')).toBe(1)
      expect(await find('zo\u00eb')).toBe(0)
      expect(await find('Zo')).toBe(0)
      expect(await find('Zo\u00eb\0')).toBe(0)
    })

    it('lists persons oldest first in pages, also while some are deleted', async () => {
      const ids: string[] = []
      for (let i = 0; i < 7; i++) {
        ids.push((await store.persons.create(collection.id, { name: `P${i}` })).id)
      }
      expect(ids).toEqual([...ids].sort())
      const first = await store.persons.list(collection.id, { limit: 3 })
      expect(first.items.map((item) => item.id)).toEqual(ids.slice(0, 3))
      await store.persons.delete(collection.id, ids[2]!)
      await store.persons.delete(collection.id, ids[3]!)
      const cursor = first.nextCursor!
      const second = await store.persons.list(collection.id, { limit: 3, cursor })
      expect(second.items.map((item) => item.id)).toEqual(ids.slice(4))
      expect(second.nextCursor).toBeUndefined()
    })

    it('ends a page early when its persons are large, and goes on where it ended', async () => {
      const ids: string[] = []
      for (let i = 0; i < 150; i++) {
        const metadata = { text: 'x'.repeat(i % 3 === 0 ? 16_000 : 9_000) }
        ids.push((await store.persons.create(collection.id, { name: `P${i}`, metadata })).id)
      }
      const pages = await readPages((page) => store.persons.list(collection.id, page), 1000)
      expect(pages.flat().map((item) => item.id)).toEqual(ids)
      for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(1.1 * 1024 * 1024)
      expect(pages.length).toBe(2)
    })

    it('refuses limits and cursors that it did not give', async () => {
      await store.persons.create(collection.id, { name: 'A' })
      await store.persons.create(collection.id, { name: 'B' })
      const { nextCursor } = await store.persons.list(collection.id, { limit: 1 })
      for (const limit of [0, -1, 1.5, 1001, Number.NaN]) {
        await expectCode(store.persons.list(collection.id, { limit }), 'invalidOption')
      }
      for (const cursor of ['', 'x', '../..', `${nextCursor}x`, `${nextCursor}=`, 'cDox']) {
        await expectCode(store.persons.list(collection.id, { cursor }), 'invalidCursor')
      }
      await expectCode(store.faces.list(collection.id, { cursor: nextCursor! }), 'invalidCursor')
      await expectCode(store.collections.list({ cursor: nextCursor! }), 'invalidCursor')
    })

    it('updates name and metadata, each alone', async () => {
      const before = await store.persons.create(collection.id, { name: 'A', metadata: { a: 1 } })
      await new Promise((resolve) => setTimeout(resolve, 5))
      const named = await store.persons.update(collection.id, before.id, { name: 'B' })
      expect(withoutEntry(named)).toEqual({
        ...before,
        name: 'B',
        revision: 2,
        updatedAt: named.updatedAt,
      })
      expect(named.updatedAt > before.updatedAt).toBe(true)
      const changed = await store.persons.update(collection.id, before.id, { metadata: { b: 2 } })
      expect(changed).toMatchObject({ name: 'B', metadata: { b: 2 } })
      expect((await store.persons.list(collection.id, { name: 'b' })).items).toEqual([
        withoutEntry(changed),
      ])
      expect((await store.persons.list(collection.id, { name: 'a' })).items).toEqual([])
    })

    it('keeps all fields, and takes each away again', async () => {
      const given = {
        ...{ name: 'Ann', aliases: [' Annie ', 'Ann', 'Annie', 'アン'], externalId: ' e-17 ' },
        ...{ notes: 'met in\n"Rome"\t', hidden: true, favourite: true, metadata: { a: 1 } },
      }
      const person = await store.persons.create(collection.id, given)
      expect(person).toMatchObject({
        ...given,
        ...{ aliases: ['Annie', 'アン'], externalId: 'e-17', revision: 1, faceCount: 0 },
      })
      expect(person).not.toHaveProperty('lastSeenAt')
      expect(await store.persons.get(collection.id, person.id)).toEqual(person)
      const { externalId: _, notes: _notes, ...without } = person
      const changed = await store.persons.update(collection.id, person.id, {
        ...{ aliases: [], externalId: null, notes: '', hidden: false, favourite: false },
      })
      expect(withoutEntry(changed)).toEqual({
        ...without,
        ...{ aliases: [], hidden: false, favourite: false, revision: 2 },
        updatedAt: changed.updatedAt,
      })
      const given2 = { notes: 'x', externalId: 'e-18' }
      const again = await store.persons.update(collection.id, person.id, given2)
      expect(again).toMatchObject({ ...given2, revision: 3, metadata: { a: 1 } })
      const none = await store.persons.update(collection.id, person.id, { notes: null })
      expect(none).not.toHaveProperty('notes')
      expect(none.externalId).toBe('e-18')
    })

    it.each([
      ['an alias that is no name', { aliases: ['a\nb'] }, 'invalidName'],
      ['51 aliases', { aliases: Array.from({ length: 51 }, (_, i) => `a${i}`) }, 'invalidOption'],
      ['aliases that are no list', { aliases: 'Ann' as unknown as string[] }, 'invalidOption'],
      ['an empty external id', { externalId: ' ' }, 'invalidOption'],
      ['an external id with NUL', { externalId: 'a\0b' }, 'invalidOption'],
      ['an external id of 201 characters', { externalId: 'x'.repeat(201) }, 'invalidOption'],
      ['notes of 10,001 characters', { notes: 'x'.repeat(10_001) }, 'invalidOption'],
      ['notes with NUL', { notes: 'a\0b' }, 'invalidOption'],
      ['notes with half a surrogate pair', { notes: '\ud800' }, 'invalidOption'],
    ] as const)('refuses %s', async (_, fields, code) => {
      await expectCode(store.persons.create(collection.id, { name: 'Ann', ...fields }), code)
      const person = await store.persons.create(collection.id, { name: 'Ann' })
      await expectCode(store.persons.update(collection.id, person.id, fields), code)
      expect(await store.persons.get(collection.id, person.id)).toEqual(person)
    })

    it('gives an external id to one person of a collection', async () => {
      const ann = await store.persons.create(collection.id, { name: 'Ann', externalId: '17' })
      const bob = await store.persons.create(collection.id, { name: 'Bob' })
      const taken = { info: { personId: ann.id }, code: 'externalIdTaken' }
      await expect(
        store.persons.create(collection.id, { name: 'Cid', externalId: '17' }),
      ).rejects.toMatchObject(taken)
      await expect(
        store.persons.update(collection.id, bob.id, { externalId: '17' }),
      ).rejects.toMatchObject(taken)
      const same = { name: 'Ann', externalId: '17' }
      await store.persons.update(collection.id, ann.id, same)
      const other = await makeCollection(store, { name: 'other' })
      await store.persons.create(other.id, same)
      await store.persons.delete(collection.id, ann.id)
      const given = await store.persons.update(collection.id, bob.id, { externalId: '17' })
      expect(given.externalId).toBe('17')
    })

    it('finds a person by external id before the name, and gives it to one without', async () => {
      const reuse = { ifExists: 'reuse' } as const
      const ann = await store.persons.create(collection.id, { name: 'Ann', externalId: '1' })
      const bob = await store.persons.create(collection.id, { name: 'Bob' })
      const obtain = (input: { name: string; externalId?: string }) =>
        store.persons.create(collection.id, { ...input, ...reuse })
      expect(await obtain({ name: 'Bob', externalId: '1' })).toEqual(ann)
      const known = await obtain({ name: 'Bob', externalId: '2' })
      expect(known).toMatchObject({ id: bob.id, externalId: '2', revision: 2 })
      // Bob has another external id: this is another Bob.
      const other = await obtain({ name: 'Bob', externalId: '3' })
      expect([ann.id, bob.id]).not.toContain(other.id)
      expect((await obtain({ name: 'Ann' })).id).toBe(ann.id)
      const added = await store.faces.add(collection.id, { name: 'x', externalId: '3', ...reuse }, [
        makeFace(1),
      ])
      expect(added).toMatchObject({ newPerson: false, person: { id: other.id, faceCount: 1 } })
      await expect(
        store.persons.create(collection.id, { name: 'x', externalId: '3', ifExists: 'refuse' }),
      ).rejects.toMatchObject({ code: 'personExists', info: { personIds: [other.id] } })
    })

    it('changes and deletes a person only as it was read', async () => {
      const { id, revision } = await store.persons.create(collection.id, { name: 'Ann' })
      const read = { ifRevision: revision }
      const changed = await store.persons.update(collection.id, id, { name: 'Bea' }, read)
      expect(changed.revision).toBe(revision + 1)
      const stale = { code: 'revisionMismatch', info: { revision: changed.revision } }
      await expect(
        store.persons.update(collection.id, id, { name: 'Cid' }, read),
      ).rejects.toMatchObject(stale)
      await expect(store.persons.delete(collection.id, id, read)).rejects.toMatchObject(stale)
      expect(await store.persons.get(collection.id, id)).toEqual(withoutEntry(changed))
      await store.persons.delete(collection.id, id, { ifRevision: changed.revision })
      await expectCode(store.persons.get(collection.id, id), 'personNotFound')
    })

    it('shows a cover while it is a face of the person', async () => {
      const added = await store.faces.add(collection.id, { name: 'Ann' }, [
        makeFace(1),
        makeFace(2),
      ])
      const bob = await store.faces.add(collection.id, { name: 'Bob' }, [makeFace(3)])
      const { id } = added.person
      const cover = (coverFaceId: string | null) =>
        store.persons.update(collection.id, id, { coverFaceId })
      for (const wrong of [bob.faces[0]!.id, unknownId, '', `${added.faces[0]!.id}\0`]) {
        await expectCode(cover(wrong), 'faceNotFound')
      }
      const [first, second] = added.faces
      const shown = await cover(first!.id)
      expect(shown).toMatchObject({ coverFaceId: first!.id, revision: 2, faceCount: 2 })
      expect((await store.persons.list(collection.id)).items[0]).toEqual(withoutEntry(shown))
      const renamed = await store.persons.update(collection.id, id, { name: 'Anna' })
      expect(renamed.coverFaceId).toBe(first!.id)
      await store.faces.delete(collection.id, first!.id)
      const { coverFaceId: _, ...without } = withoutEntry(renamed)
      expect(await store.persons.get(collection.id, id)).toEqual({ ...without, faceCount: 1 })
      await cover(second!.id)
      expect(await cover(null)).not.toHaveProperty('coverFaceId')
    })

    it('tells the face whose crop shows a person best, or the cover', async () => {
      const withCrops = await makeCollection(store, { name: 'crops', storeCrops: true })
      const { id } = withCrops
      const crop = makeCrop(Uint8Array.of(0xff, 0xd8, 1))
      const { quality } = makeFace(0)
      const turned = { ...quality!, pose: { yaw: 60, pitch: 0, roll: 0 } }
      const { person, faces } = await store.faces.add(id, { name: 'Ann' }, [
        makeFace(1, { crop, quality: { ...quality!, sizePx: 40 } }),
        makeFace(2, { crop }),
        makeFace(3, { crop, quality: turned }),
        makeFace(4),
      ])
      const [small, good, side, without] = faces.map((face) => face.id)
      const shown = async (of = person.id) => {
        const one = await store.persons.get(id, of)
        expect((await store.persons.list(id, { query: one.name })).items).toEqual([one])
        return one.shownFaceId
      }
      expect(person.shownFaceId).toBe(good)
      expect(await shown()).toBe(good)
      const cover = (coverFaceId: string | null) =>
        store.persons.update(id, person.id, { coverFaceId })
      expect((await cover(side!)).shownFaceId).toBe(side)
      expect(await shown()).toBe(side)
      // A cover without a crop shows nobody.
      expect((await cover(without!)).shownFaceId).toBe(good)
      await store.faces.move(id, [good!], { name: 'Bea' })
      expect(await shown()).toBe(side)
      const { entryId } = await store.faces.delete(id, side!, { undoable: true })
      expect(await shown()).toBe(small)
      await store.history.undo(id, entryId!, { undoable: true })
      expect(await shown()).toBe(side)
      await store.setAside.add(id, person.id, [side!])
      expect(await shown()).toBe(small)
      const bea = (await store.persons.list(id, { query: 'Bea' })).items[0]!
      expect(bea.shownFaceId).toBe(good)
      await store.persons.merge(id, { into: person.id, from: [bea.id] })
      expect(await shown()).toBe(good)
      const ben = await store.faces.add(collection.id, { name: 'Ben' }, [makeFace(5, { crop })])
      expect(ben.person).not.toHaveProperty('shownFaceId')
    })

    it('notes when a person was last seen, which is no change', async () => {
      const other = await makeCollection(store, { name: 'other' })
      const ann = await store.persons.create(collection.id, { name: 'Ann' })
      const bob = await store.persons.create(collection.id, { name: 'Bob' })
      const at = '2026-01-02T03:04:05.678Z'
      const entries = [
        { personId: ann.id, at },
        { personId: unknownId, at },
        { personId: 'x\0', at },
      ]
      await store.persons.seen(collection.id, entries)
      await store.persons.seen(other.id, [{ personId: bob.id, at }])
      await store.persons.seen(collection.id, [])
      expect(await store.persons.get(collection.id, ann.id)).toEqual({ ...ann, lastSeenAt: at })
      expect(await store.persons.get(collection.id, bob.id)).toEqual(bob)
      await store.persons.seen(collection.id, [
        { personId: ann.id, at: '2026-01-02T03:04:05.677Z' },
      ])
      expect((await store.persons.get(collection.id, ann.id)).lastSeenAt).toBe(at)
    })

    it('knows nothing of a person that is not there or is of another collection', async () => {
      const other = await makeCollection(store, { name: 'other' })
      const { id } = await store.persons.create(collection.id, { name: 'Ann' })
      const strangers: [string, string][] = [
        [other.id, id],
        [collection.id, unknownId],
        [collection.id, ''],
        [collection.id, `${id}\0`],
        [collection.id, "' OR 1=1 --"],
      ]
      for (const [c, p] of strangers) {
        await expectCode(store.persons.get(c, p), 'personNotFound')
        await expectCode(store.persons.update(c, p, { name: 'B' }), 'personNotFound')
        await expectCode(store.persons.delete(c, p), 'personNotFound')
        await expectCode(store.faces.add(c, p, [makeFace(1)]), 'personNotFound')
        await expectCode(
          store.faces.getEmbeddings({ id: c, modelId: 'test-model' }, { personId: p }),
          'personNotFound',
        )
      }
    })

    it('deletes a person with the faces, each of which is a change', async () => {
      const added = await store.faces.add(collection.id, { name: 'Ann' }, [
        makeFace(1),
        makeFace(2),
      ])
      const bob = await store.faces.add(collection.id, { name: 'Bob' }, [makeFace(3)])
      const cursor = await store.feed.latestCursor()
      await store.persons.delete(collection.id, added.person.id)
      await expectCode(store.persons.get(collection.id, added.person.id), 'personNotFound')
      for (const face of added.faces) {
        await expectCode(store.faces.get(collection.id, face.id), 'faceNotFound')
      }
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 1, faces: 1 })
      const changes = await store.feed.changes(cursor, 10)
      expect(changes.map((change) => [change.kind, change.faceId])).toEqual(
        added.faces.map((face) => ['faceRemoved', face.id]),
      )
      expect((await store.persons.get(collection.id, bob.person.id)).faceCount).toBe(1)
    })
  })
}

function makeCycle(): unknown {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  return cycle
}

function makeNested(levels: number): object {
  let nested = {}
  for (let level = 1; level < levels; level++) nested = { nested }
  return nested
}
