import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaceError } from '../../src/core/errors.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import type { Metadata, Person } from '../../src/storage/ports/persons.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { makeCollection, makeFace } from '../helpers/faces.ts'

const special = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'toJSON', 'length'],
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\udc00a',
    '\u200b',
    '\u2028',
    '\ufeff',
    '\u0958',
    'İß',
    'ς',
  ],
  ...[
    '%',
    '_',
    '"',
    '\\',
    "'; DROP TABLE persons;--",
    '{"a":[',
    '𝒳'.repeat(250),
    'x'.repeat(20_000),
  ],
]
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom(...special),
)
const number = fc.oneof(
  fc.double(),
  fc.constantFrom(-0, 1e308, -1e308, 5e-324, 2 ** 53, NaN, Infinity),
)
const leaf = fc.oneof(text, number, fc.boolean(), fc.constantFrom(null, undefined, [], {}))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'large', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}))
const nested = fc
  .tuple(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1900, 2000, 8000)), fc.boolean())
  .map(([levels, isList]) => {
    let inner: unknown = 1
    for (let level = 0; level < levels; level++) inner = isList ? [inner] : { a: inner }
    return inner
  })
const wide = fc
  .integer({ min: 1, max: 20_000 })
  .map((count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])))
const metadata = fc
  .oneof(
    { weight: 4, arbitrary: fc.dictionary(text, value, { maxKeys: 5 }) },
    { weight: 1, arbitrary: nested.map((a) => ({ a })) },
    { weight: 1, arbitrary: wide },
    { weight: 1, arbitrary: value },
  )
  .map((given) => given as Metadata)

describe('whatever names and metadata a caller thinks of', () => {
  let directory: string
  let store: Database
  let collection: Collection
  let other: Collection

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-accepted-'))
    store = await createSqliteStore({ file: join(directory, 'gallery.db') })
    collection = await makeCollection(store)
    other = await makeCollection(store, { name: 'other' })
  })

  afterAll(async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })

  /** Also after a case that failed, of which simpler forms are tried then. */
  async function empty(): Promise<void> {
    for (const { id } of [collection, other]) {
      for (const person of (await store.persons.list(id)).items)
        await store.persons.delete(id, person.id)
    }
  }

  /** `undefined` for what is refused, which must be an error of the catalogue that says why. */
  async function enrol(name: string, given: Metadata): Promise<Person | undefined> {
    try {
      const face = makeFace(1)
      return (await store.faces.add(collection.id, { name, metadata: given }, [face])).person
    } catch (error) {
      expect(error).toBeInstanceOf(FaceError)
      expect(['invalidName', 'invalidMetadata']).toContain((error as FaceError).code)
      return undefined
    }
  }

  it('accepted is listed, found, exported, restored, changed and deleted; refused leaves nothing', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(text, text, metadata, async (name, search, given) => {
        await empty()
        const person = await enrol(name, given)
        const { items: listed } = await store.persons.list(collection.id)
        if (person === undefined) {
          expect(listed).toEqual([])
          return
        }
        accepted++
        expect(listed).toEqual([person])
        // As JSON keeps it: -0 is 0, NaN is null, undefined is not there.
        expect(JSON.stringify(person.metadata)).toBe(JSON.stringify(given ?? {}))
        const find = async (options: object) =>
          (await store.persons.list(collection.id, options)).items.length
        expect(await find({ name: person.name })).toBe(1)
        expect(await find({ exactName: name })).toBe(1)
        expect(await find({ name: search })).toBeLessThanOrEqual(1)

        const [face] = await store.transfer.readFaces(collection.id, { limit: 10 })
        const { owners } = await store.faces.lookUpNearest(collection, [[face!.id]])
        expect(owners).toMatchObject([{ personName: person.name, personMetadata: person.metadata }])
        await store.persons.update(collection.id, person.id, { name: person.name, metadata: given })
        await store.persons.delete(collection.id, person.id)
        expect(await find({})).toBe(0)

        // An export holds lines of JSON.
        const exported = JSON.parse(JSON.stringify(person)) as Person
        await store.transfer.restorePersons(other.id, [exported])
        const restored = await store.persons.get(other.id, person.id)
        expect(restored).toEqual({ ...person, faceCount: 0 })
        await store.persons.delete(other.id, person.id)
      }),
    )
    // Observed: 27 of 100.
    expect(accepted).toBeGreaterThan(10)
  })
})
