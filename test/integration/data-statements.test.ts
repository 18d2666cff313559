import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Progress } from '../../src/core/progress.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { copyGallery } from '../../src/transfer/copy.ts'
import { exportGallery } from '../../src/transfer/export.ts'
import { importGallery } from '../../src/transfer/import.ts'
import { makeEmbedding, makeFace } from '../helpers/faces.ts'
import {
  addStatements,
  createScratch,
  expectError,
  expectSameGallery,
  fillCollection,
  intercept,
  readGallery,
  type Scratch,
} from '../helpers/moved-gallery.ts'

const about = { source: 'sqlite', createdAt: '2026-01-02T03:04:05.678Z' }

let scratch: Scratch
let from: Database
let to: Database
let dir: string
let collection: Collection
let ann: string
let bob: string

beforeEach(async () => {
  scratch = await createScratch()
  dir = join(scratch.directory, 'export')
  from = await scratch.openStore()
  to = await scratch.openStore()
  collection = await fillCollection(from, { persons: 5 })
  const { items } = await from.persons.list(collection.id)
  ann = items[0]!.id
  bob = items[1]!.id
})

afterEach(() => scratch.dispose())

const readManifest = async () => JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'))
const facesOf = async (store: Database, personId: string) =>
  (await store.faces.list(collection.id, { personId })).items.map(({ id }) => id)
const listStatements = async (store: Database) => (await store.statements.list(collection.id)).items

/** As {@link expectSameGallery}, but for when persons were last changed. */
async function expectSameButForTimes(): Promise<void> {
  const read = async (store: Database) =>
    JSON.parse(JSON.stringify(await readGallery(store)), (key, value) =>
      key === 'updatedAt' || key === 'revision' ? undefined : value,
    )
  expect(await read(to)).toEqual(await read(from))
}

describe('an export', () => {
  it('carries what was said, and counts it', async () => {
    await addStatements(from, collection)
    const steps: Progress[] = []
    const onProgress = (progress: Progress) => void steps.push(progress)
    const counts = { persons: 5, faces: 15, statements: 4, statementsLeftOut: 0 }
    const exported = await exportGallery(from, dir, { ...about, onProgress })
    expect(exported.collections).toEqual([{ name: 'default', ...counts }])
    const imported = await importGallery(dir, to, { onProgress })
    expect(imported.collections).toEqual([{ name: 'default', ...counts, others: 0 }])
    for (const stage of ['export', 'check', 'import', 'compare']) {
      const last = steps.findLast((progress) => progress.stage === stage)
      expect(last).toEqual({ stage, done: 24, total: 24 })
    }
    await expectSameGallery(to, from)
    await importGallery(dir, to)
    await expectSameGallery(to, from)
  })

  it('has them in two files of version 4, and is of an earlier one without any', async () => {
    const plain = ['crops.bin', 'embeddings.f32', 'faces.jsonl', 'persons.jsonl']
    await exportGallery(from, dir, about)
    expect((await readManifest()).version).toBe(2)
    expect((await readdir(join(dir, 'default'))).sort()).toEqual(plain)
    await addStatements(from, collection)
    dir = join(scratch.directory, 'second')
    await exportGallery(from, dir, about)
    expect(await readManifest()).toMatchObject({ version: 4, collections: [{ statements: 4 }] })
    const files = await readdir(join(dir, 'default'))
    expect(files.sort()).toEqual([...plain, 'statements.f32', 'statements.jsonl'])
    const lines = (await readFile(join(dir, 'default/statements.jsonl'), 'utf8')).trim().split('\n')
    const [first, , third] = lines.map((line) => JSON.parse(line))
    expect(first).toMatchObject({ kind: 'rejection', personId: ann, box: { width: 1e-7 } })
    expect(third.faceId).toBe((await facesOf(from, bob))[0])
    expect(third).not.toHaveProperty('imageHash')
    const rows = await readFile(join(dir, 'default/statements.f32'))
    expect(rows.length).toBe(3 * 8 * 4)
    expect(rows.readFloatLE(0)).toBe(makeEmbedding(9001)[0])
  })

  it('leaves out what no embedding of the model that answers is of', async () => {
    await addStatements(from, collection)
    const policy = { maxFpir: 0.01, possibleFpir: 0.1 }
    const second = { modelId: 'other', dimension: 4, policy }
    await from.secondModels.switchTo(await from.secondModels.begin(collection.id, second))
    const [moved] = (await exportGallery(from, dir, about)).collections
    expect(moved).toMatchObject({ statements: 1, statementsLeftOut: 3 })
    const [imported] = (await importGallery(dir, to)).collections
    expect(imported).toMatchObject({ statements: 1, statementsLeftOut: 0 })
    const [copied] = (await copyGallery(from, await scratch.openStore())).collections
    expect(copied).toMatchObject({ statements: 1, statementsLeftOut: 3 })
  })

  it('leaves out what was said of a face that was removed meanwhile', async () => {
    await addStatements(from, collection)
    const [face] = await facesOf(from, bob)
    const changing = intercept(from, {
      'persons.list': async () => {
        await from.faces.delete(collection.id, face!).catch(() => {})
      },
    })
    await exportGallery(changing, dir, about)
    const [imported] = (await importGallery(dir, to)).collections
    expect(imported).toMatchObject({ statements: 3, statementsLeftOut: 0 })
    await expectSameGallery(to, from)
  })

  it('is imported without what is said of somebody who is not in it', async () => {
    await addStatements(from, collection)
    const changing = intercept(from, {
      // After the persons were read.
      'feed.changes': async () => {
        const { person } = await from.faces.add(collection.id, { name: 'Late' }, [makeFace(77)])
        const of = { faceId: (await facesOf(from, ann))[0]! }
        await from.statements.add(collection.id, person.id, { kind: 'rejection', of })
      },
    })
    const [exported] = (await exportGallery(changing, dir, about)).collections
    expect(exported).toMatchObject({ persons: 5, statements: 5 })
    const [imported] = (await importGallery(dir, to)).collections
    expect(imported).toMatchObject({ statements: 4, statementsLeftOut: 1 })
    expect(await listStatements(to)).toHaveLength(4)
  })

  it('keeps the other word that the target has of the same face, and one of its own', async () => {
    await addStatements(from, collection)
    await exportGallery(from, dir, about)
    await importGallery(dir, to)
    const face = { faceId: (await facesOf(from, bob))[0]! }
    await to.statements.add(collection.id, ann, { kind: 'confirmation', of: face })
    await to.statements.add(collection.id, bob, { kind: 'confirmation', of: face })
    const before = await listStatements(to)
    const [again] = (await importGallery(dir, to)).collections
    expect(again).toMatchObject({ statements: 3, statementsLeftOut: 1, others: 0 })
    expect(await listStatements(to)).toEqual(before)
  })
})

describe('a copy', () => {
  it('carries what was said, and what was revoked or said otherwise since', async () => {
    await addStatements(from, collection)
    const summary = await copyGallery(from, to)
    const counts = { persons: 5, faces: 15, statements: 4, statementsLeftOut: 0 }
    expect(summary.collections).toEqual([{ name: 'default', ...counts }])
    await expectSameGallery(to, from)
    const face = { faceId: (await facesOf(from, bob))[0]! }
    await from.statements.add(collection.id, ann, { kind: 'confirmation', of: face })
    const [first] = await listStatements(from)
    await from.statements.revoke(collection.id, first!.id)
    await copyGallery(from, to)
    await expectSameGallery(to, from)
    expect((await listStatements(to)).map(({ kind }) => kind)).toEqual([
      ...['rejection', 'confirmation', 'confirmation'],
    ])
  })

  it('goes on after an interruption, and has nothing twice', async () => {
    const said = await addStatements(from, collection)
    for (const stage of ['copy', 'compare']) {
      const abort = new AbortController()
      const copying = copyGallery(from, to, {
        signal: abort.signal,
        onProgress: (progress) => {
          if (progress.stage === stage && progress.done >= 20 + said) abort.abort()
        },
      })
      await copying.catch(() => {})
      expect(await listStatements(to)).toHaveLength(said)
    }
    await copyGallery(from, to)
    await expectSameGallery(to, from)
  })

  it('follows faces that went to others: moved, split, merged, and back', async () => {
    await addStatements(from, collection)
    await copyGallery(from, to)
    const undoable = { undoable: true }
    const { id } = collection
    const [, , cy, dan, eve] = (await from.persons.list(id)).items
    await from.persons.update(id, bob, { externalId: 'desk 7' })
    await copyGallery(from, to)
    const faces = await facesOf(from, cy!.id)
    await from.faces.move(id, [faces[0]!], dan!.id, undoable)
    await from.faces.move(id, [faces[1]!], { name: 'Split off' }, undoable)
    const into = { into: ann, from: [bob, eve!.id] }
    const { entryId } = await from.persons.merge(id, into, undoable)
    await copyGallery(from, to)
    await expectSameButForTimes()
    expect((await to.persons.get(id, ann)).externalId).toBe('desk 7')
    await from.history.undo(id, entryId, undoable)
    await copyGallery(from, to)
    await expectSameButForTimes()
    expect((await to.persons.get(id, bob)).externalId).toBe('desk 7')
  })

  it.each(['transfer.readFaces', 'persons.list', 'transfer.readStatements'] as const)(
    'ends where persons are merged at the source during %s',
    async (hook) => {
      await addStatements(from, collection)
      await copyGallery(from, to)
      for (const moment of [0, 1]) {
        const changing = intercept(from, {
          [hook]: async (call: number) => {
            if (call !== moment) return
            const persons = (await from.persons.list(collection.id)).items
            const [into, gone] = persons.slice(-2).map(({ id }) => id) as [string, string]
            await from.persons.merge(collection.id, { into, from: [gone] }, { undoable: true })
          },
        })
        await copyGallery(changing, to)
      }
      await copyGallery(from, to)
      await expectSameButForTimes()
    },
  )

  it('refuses a target whose face is another one, not only of somebody else', async () => {
    await copyGallery(from, to)
    const { id } = collection
    const [face] = await from.transfer.readFaces(id, { limit: 1 })
    await to.faces.delete(id, face!.id)
    const changed = { ...face!, embedding: makeEmbedding(4711) }
    await to.transfer.restoreFaces(id, [changed])
    await expectError(copyGallery(from, to), 'collectionExists', /differs/)
  })
})
