import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import type { DatabaseFixture, DatabaseUnderTest } from './fixture.ts'

/** What the port `answers` does in every database. */
export function describeAnswers(under: () => DatabaseUnderTest): void {
  describe('kept answers', () => {
    let store: Database
    let fixture: DatabaseFixture

    beforeEach(() => {
      ;({ store, fixture } = under())
    })

    it('claims a key once and answers the response later', async () => {
      expect(await store.answers.claim('k', 'hash')).toBeUndefined()
      expect(await store.answers.claim('k', 'other')).toEqual({ requestHash: 'hash' })
      const response = { status: 201, body: '{"ok":"ünï"}' }
      await store.answers.complete('k', response)
      const record = { requestHash: 'hash', response }
      expect(await store.answers.claim('k', 'hash')).toEqual(record)
      expect(await (await fixture.open()).answers.claim('k', 'hash')).toEqual(record)
    })

    it('forgets an answer with the person, face or collection that it tells of', async () => {
      const { id } = await makeCollection(store)
      const keep = async (): Promise<{ person: string; face: string }> => {
        await store.answers.claim('k', 'hash')
        const { person, faces } = await store.faces.add(id, { name: 'Ann' }, [makeFace(1)])
        const body = JSON.stringify({ person, faces: faces.map((face) => ({ face })) })
        await store.answers.complete('k', { status: 201, body })
        const kept = await store.answers.claim('k', 'hash')
        expect(kept?.response?.body).toBe(body)
        return { person: person.id, face: faces[0]!.id }
      }
      const gone = () => expect.poll(() => store.answers.claim('k', 'hash'), { timeout: 10_000 })
      await store.faces.delete(id, (await keep()).face)
      await gone().toBeUndefined()
      await store.answers.complete('k', undefined)
      await store.persons.delete(id, (await keep()).person)
      await gone().toBeUndefined()
      await store.answers.complete('k', undefined)
      await keep()
      await store.collections.delete('default')
      await gone().toBeUndefined()
    })

    it('answers with the name and metadata of now', async () => {
      const { id } = await makeCollection(store)
      const person = await store.persons.create(id, { name: 'Ann', metadata: { a: 1 } })
      const warning = { personId: person.id, personName: 'Ann' }
      const body = JSON.stringify({ person, warnings: [warning] })
      await store.answers.claim('before', 'hash')
      await store.answers.complete('before', { status: 201, body })
      const patch = { name: 'Anna', metadata: { b: 2 } }
      await store.persons.update(id, person.id, patch)
      await store.answers.claim('after', 'hash')
      await store.answers.complete('after', { status: 201, body })
      for (const key of ['before', 'after']) {
        const kept = await store.answers.claim(key, 'hash')
        expect(JSON.parse(kept!.response!.body)).toEqual({
          person: { ...person, ...patch, revision: 2 },
          warnings: [{ ...warning, personName: 'Anna' }],
        })
      }
    })

    it('does not keep the answer of a person who was deleted before the request ended', async () => {
      const { id } = await makeCollection(store)
      const person = await store.persons.create(id, { name: 'Ann' })
      await store.answers.claim('k', 'hash')
      await store.persons.delete(id, person.id)
      await store.answers.complete('k', { status: 201, body: JSON.stringify(person) })
      expect(await store.answers.claim('k', 'hash')).toBeUndefined()
    })

    it('frees a key whose request failed', async () => {
      await store.answers.claim('k', 'hash')
      await store.answers.complete('k', undefined)
      expect(await store.answers.claim('k', 'other')).toBeUndefined()
    })

    it('gives a key to one of many that ask at once', async () => {
      const second = await fixture.open()
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 ? store : second).answers.claim('k', `hash ${i}`),
        ),
      )
      expect(claims.filter((claim) => claim === undefined)).toHaveLength(1)
    })

    it('refuses keys that are empty, too long or have NUL', async () => {
      for (const key of ['', 'x'.repeat(256), 'a\0b']) {
        await expectCode(store.answers.claim(key, 'hash'), 'invalidRequest')
      }
    })
  })
}
