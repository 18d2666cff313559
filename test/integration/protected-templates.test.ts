import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { dotProduct } from '../../src/core/similarity.ts'
import { createGallery, type Gallery } from '../../src/gallery/gallery.ts'
import { createRandom } from '../../src/platform/random.ts'
import { createExactProvider } from '../../src/search/exact/provider.ts'
import { createProjectedProvider } from '../../src/search/projected/provider.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import {
  createProtectedStore,
  type ProtectedDatabase,
} from '../../src/storage/protection/protected-store.ts'
import { createTemplateSecrets } from '../../src/storage/protection/template-secrets.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { copyGallery } from '../../src/transfer/copy.ts'
import { exportGallery } from '../../src/transfer/export.ts'
import { importGallery } from '../../src/transfer/import.ts'
import { findBytes } from '../helpers/data-bytes.ts'
import { expectCode } from '../helpers/expect-code.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'

const dimension = 128
const secret = 'the secret of the first deployment'
const other = 'the secret of another deployment.'

let directory: string
let opened: { close(): Promise<void> }[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-protected-'))
  opened = []
})
afterEach(async () => {
  for (const closable of opened.reverse()) await closable.close()
  await rm(directory, { recursive: true, force: true })
})

/** The database of a deployment. @param secrets  none: it protects nothing */
async function openStore(name: string, ...secrets: string[]): Promise<ProtectedDatabase> {
  const store = await createSqliteStore({ file: join(directory, `${name}.sqlite`) })
  opened.push(store)
  return createProtectedStore(
    store,
    secrets.length === 0 ? undefined : createTemplateSecrets(secrets),
  )
}

async function openGallery(
  store: ProtectedDatabase,
  kind: 'exact' | 'projected' = 'exact',
): Promise<Gallery> {
  const snapshots = { directory: join(directory, 'indexes') }
  const provider =
    kind === 'exact' ? createExactProvider(snapshots) : createProjectedProvider(snapshots)
  const gallery = await createGallery({ store, provider, pollMs: 20 })
  opened.push(gallery)
  return gallery
}

function faceOf(seed: number) {
  return makeFace(seed, { embedding: makeEmbedding(seed, dimension) })
}

async function fill(gallery: Gallery, persons: number): Promise<Collection> {
  const collection = await makeCollection(gallery, { dimension })
  for (let i = 0; i < persons; i++) {
    await gallery.faces.add(collection.id, { name: `P${i}` }, [faceOf(2 * i), faceOf(2 * i + 1)])
  }
  return collection
}

/** A second photograph of the same face, nearly. */
function nearby(embedding: Float32Array, seed: number, noise: number): Float32Array {
  const random = createRandom(seed)
  const moved = embedding.map((x) => x + ((2 * random() - 1) * noise) / Math.sqrt(dimension))
  const norm = Math.hypot(...moved)
  return moved.map((x) => x / norm)
}

it.each(['exact', 'projected'] as const)(
  'finds with protected embeddings whom and as surely as without (%s)',
  async (kind) => {
    const plain = await openGallery(await openStore('plain'), kind)
    const shielded = await openGallery(await openStore('protected', secret), kind)
    const collections = [await fill(plain, 30), await fill(shielded, 30)] as const
    expect(collections.map((one) => one.templateSecretId !== undefined)).toEqual([false, true])
    for (let seed = 0; seed < 20; seed++) {
      const probe = nearby(makeEmbedding(seed, dimension), seed, 0.8)
      const options = { persons: 5, embeddingsFrom: -1 }
      const [without] = await plain.search(collections[0], probe, options)
      const [with_] = await shielded.search(collections[1], probe, options)
      expect(with_?.persons.map(({ name }) => name)).toEqual(
        without?.persons.map(({ name }) => name),
      )
      for (const [i, person] of with_?.persons.entries() ?? []) {
        // observed 3e-7, bound 1e-5
        expect(person.similarity).toBeCloseTo(without?.persons[i]?.similarity ?? 0, 5)
        expect(dotProduct(person.embedding as Float32Array, probe)).toBeCloseTo(
          dotProduct(without?.persons[i]?.embedding as Float32Array, probe),
          5,
        )
      }
    }
  },
)

it('keeps no embedding as the model made it, in the database or in snapshots', async () => {
  const store = await openStore('protected', secret)
  const gallery = await openGallery(store)
  const collection = await fill(gallery, 5)
  const { person } = await gallery.faces.add(collection.id, { name: 'Ann' }, [faceOf(100)])
  const said = { modelId: 'test-model', embedding: makeEmbedding(101, dimension) }
  const imageHash = '0'.repeat(64)
  await gallery.statements.add(collection.id, person.id, {
    ...{ kind: 'rejection', of: { ...said, imageHash } },
  })
  const seen = { ...said, embedding: makeEmbedding(102, dimension) }
  const seenAt = '2026-01-01T00:00:00.000Z'
  const sightings = await gallery.strangers.record(collection.id, [{ ...seen, seenAt }])
  await gallery.close()
  // The first 16 values: a table of rows may cut a row in two.
  const toBytes = (seed: number) => Buffer.from(makeEmbedding(seed, dimension).buffer, 0, 64)
  const traces = { face: toBytes(100), statement: toBytes(101), sighting: toBytes(102) }
  expect(await findBytes(directory, traces)).toEqual([])
  // What is stored is there, as it is searched.
  const { embeddings } = await store.stored.faces.getEmbeddings(collection, {
    personId: person.id,
  })
  const stored = { face: Buffer.from(embeddings.buffer, embeddings.byteOffset, 64) }
  expect(await findBytes(directory, stored)).not.toEqual([])
  const [embedded] = await store.strangers.embedded(collection.id, sightings)
  expect(dotProduct(embedded?.embedding as Float32Array, seen.embedding)).toBeCloseTo(1, 5)
})

it('refuses what it has no secret for, and still reads what another secret protects', async () => {
  const store = await openStore('gallery', secret)
  const collection = await makeCollection(store, { dimension })
  const { person } = await store.faces.add(collection.id, { name: 'Ann' }, [faceOf(1)])
  const of = { personId: person.id }
  for (const secrets of [[], [other]]) {
    const stranger = await openStore('gallery', ...secrets)
    await expectCode(stranger.faces.getEmbeddings(collection, of), 'templateSecretMissing')
    await expectCode(
      stranger.faces.add(collection.id, person.id, [faceOf(2)]),
      'templateSecretMissing',
    )
    const gallery = await openGallery(stranger)
    await expectCode(
      gallery.search(collection, makeEmbedding(1, dimension), { persons: 1 }),
      'templateSecretMissing',
    )
    expect((await stranger.persons.list(collection.id)).items).toHaveLength(1)
  }
  const successor = await openStore('gallery', other, secret)
  const { embeddings } = await successor.faces.getEmbeddings(collection, of)
  expect(dotProduct(embeddings, makeEmbedding(1, dimension))).toBeCloseTo(1, 5)
  const next = await makeCollection(successor, { name: 'next', dimension })
  expect(next.templateSecretId).not.toBe(collection.templateSecretId)
})

it('moves to a deployment with another secret, by a copy and by an export', async () => {
  const from = await openStore('from', secret)
  const collection = await fill(await openGallery(from), 3)
  const copied = await openStore('copied', other)
  await copyGallery(from, copied)
  const exported = join(directory, 'export')
  await exportGallery(from, exported, {
    ...{ source: 'test', createdAt: '2026-01-01T00:00:00.000Z' },
  })
  const imported = await openStore('imported')
  await importGallery(exported, imported)
  const expected = await from.feed.embeddings(collection, { limit: 100 })
  for (const [store, isProtected] of [
    [copied, true],
    [imported, false],
  ] as const) {
    const there = await store.collections.get('default')
    expect(there.templateSecretId !== undefined).toBe(isProtected)
    expect(there.templateSecretId).not.toBe(collection.templateSecretId)
    const found = await store.feed.embeddings(there, { limit: 100 })
    expect(found.faceIds).toEqual(expected.faceIds)
    for (const [i, x] of found.embeddings.entries()) {
      expect(x).toBeCloseTo(expected.embeddings[i] as number, 5)
    }
    const kept = await store.stored.feed.embeddings(there, { limit: 100 })
    expect(
      dotProduct(kept.embeddings.subarray(0, dimension), found.embeddings.subarray(0, dimension)) >
        0.9,
    ).toBe(!isProtected)
  }
  // Again, nothing changes.
  const { latestCursor } = copied.feed
  const before = await latestCursor()
  await copyGallery(from, copied)
  expect(await latestCursor()).toEqual(before)
})

/**
 * How well templates of two deployments can be linked: 0, they cannot; 1, always.
 *
 * @source Gomez-Barrero et al. 2018, IEEE TIFS 13(6), 1406-1420, eqs. 6-9, with equal priors
 */
function computeLinkability(mated: readonly number[], others: readonly number[]): number {
  const bins = 20
  const toShares = (scores: readonly number[]): number[] => {
    const shares = new Array<number>(bins).fill(0)
    for (const score of scores) {
      const bin = Math.min(bins - 1, Math.max(0, Math.floor(((score + 1) / 2) * bins)))
      shares[bin] = (shares[bin] as number) + 1 / scores.length
    }
    return shares
  }
  const ofMated = toShares(mated)
  const ofOthers = toShares(others)
  return ofMated.reduce((sum, share, bin) => {
    if (share === 0) return sum
    const ratio = share / (ofOthers[bin] as number)
    const linked = ratio === Number.POSITIVE_INFINITY ? 1 : (2 * ratio) / (1 + ratio) - 1
    return sum + share * Math.max(0, linked)
  }, 0)
}

it('cannot be linked with the templates of another deployment', async () => {
  const people = 400
  const read = async (name: string, ...secrets: string[]) => {
    const store = await openStore(name, ...secrets)
    const collection = await makeCollection(store, { dimension })
    // Each deployment has a photograph of its own of each person.
    const faces = Array.from({ length: people }, (_, i) =>
      makeFace(i, { embedding: nearby(makeEmbedding(i, dimension), name.length * 1000 + i, 0.8) }),
    )
    await store.faces.add(collection.id, { name: 'All' }, faces)
    const { faceIds, embeddings } = await store.stored.feed.embeddings(collection, {
      limit: people,
    })
    expect(faceIds).toHaveLength(people)
    return Array.from({ length: people }, (_, i) =>
      embeddings.subarray(i * dimension, (i + 1) * dimension),
    )
  }
  const link = (a: readonly Float32Array[], b: readonly Float32Array[]): number => {
    const mated = a.map((one, i) => dotProduct(one, b[i] as Float32Array))
    const others = a.flatMap((one, i) =>
      [1, 2, 3, 4, 5].map((step) => dotProduct(one, b[(i + step) % people] as Float32Array)),
    )
    return computeLinkability(mated, others)
  }
  const unprotected = link(await read('a'), await read('bb'))
  const shielded = link(await read('ccc', secret), await read('dddd', other))
  // observed 1.00 and 0.02; with shares from so few scores a little is left of nothing
  expect(unprotected).toBeGreaterThan(0.95)
  expect(shielded).toBeLessThan(0.1)
})
