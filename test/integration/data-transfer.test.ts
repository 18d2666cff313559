import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toConfig } from '../../src/config/load.ts'
import type { Progress } from '../../src/core/progress.ts'
import type { Database } from '../../src/storage/database.ts'
import { exportGallery } from '../../src/transfer/export.ts'
import { importGallery } from '../../src/transfer/import.ts'
import { makeCollection, makeCrop, makeFace } from '../helpers/faces.ts'
import {
  createScratch,
  expectError,
  expectSameGallery,
  fillCollection,
  readGallery,
  type Scratch,
} from '../helpers/moved-gallery.ts'

const about = { source: 'sqlite', createdAt: '2026-01-02T03:04:05.678Z' }

let scratch: Scratch
let from: Database
let to: Database
let dir: string

beforeEach(async () => {
  scratch = await createScratch()
  dir = join(scratch.directory, 'export')
  from = await scratch.openStore()
  to = await scratch.openStore()
})

afterEach(() => scratch.dispose())

describe('data export and import', () => {
  it('carry everything to an empty database', async () => {
    await fillCollection(from, { persons: 100 })
    const other = await fillCollection(from, { name: 'other', persons: 2, dimension: 16 })
    await from.persons.create(other.id, { name: 'Without faces' })
    await makeCollection(from, { name: 'empty' })
    const steps: Progress[] = []
    const onProgress = (progress: Progress) => void steps.push(progress)
    const summary = await exportGallery(from, dir, { ...about, onProgress })
    expect(summary.collections).toEqual([
      { name: 'default', persons: 100, faces: 300, statements: 0, statementsLeftOut: 0 },
      { name: 'other', persons: 3, faces: 6, statements: 0, statementsLeftOut: 0 },
      { name: 'empty', persons: 0, faces: 0, statements: 0, statementsLeftOut: 0 },
    ])
    expect(steps.at(-1)).toEqual({ stage: 'export', done: 409, total: 409 })
    const imported = await importGallery(dir, to, { onProgress })
    expect(imported.collections).toEqual(
      summary.collections.map((collection) => ({ ...collection, others: 0 })),
    )
    for (const step of ['check', 'import', 'compare']) {
      expect(steps.findLast((progress) => progress.stage === step)).toMatchObject({ done: 409 })
    }
    await expectSameGallery(to, from)
  })

  it('carry quality gates and every field of a policy, those of a fresh installation among them', async () => {
    const { policy } = await from.collections.create({
      ...{ name: 'default', modelId: 'mobilefacenet', dimension: 512, storeCrops: false },
      policy: toConfig({}).policy,
    })
    expect(policy).toMatchObject({ probeShift: 'standard', galleryShift: false })
    const all = { ...policy, threshold: 0.5, possibleThreshold: 0.4, probeShift: 'strict' } as const
    await makeCollection(from, {
      name: 'other',
      policy: { ...all, galleryShift: true },
      qualityGates: { minSizePx: 80, maxPitchDegrees: 'off' },
    })
    await exportGallery(from, dir, about)
    await importGallery(dir, to)
    await expectSameGallery(to, from)
  })

  it('carry consents, what is kept of strangers, and when people are erased', async () => {
    const { id } = await makeCollection(from, {
      keepUnknown: { hours: 0.5, ignoredHours: 720, maxSightings: 100, crops: true },
      consent: { required: true, whenItEnds: 'keep' },
      retention: { unseenDays: 365, consentEndedDays: 0 },
    })
    const givenAt = '2020-01-01T00:00:00.000Z'
    const consent = { basis: 'consent', purpose: 'Entrance', givenAt } as const
    await from.persons.create(id, { name: 'Ann', consent })
    await from.persons.create(id, { name: 'Bob', consent: { ...consent, withdrawnAt: givenAt } })
    await exportGallery(from, dir, about)
    expect(JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')).version).toBe(5)
    await importGallery(dir, to)
    await expectSameGallery(to, from)
    const { items } = await to.persons.list(id)
    expect(items.map((person) => person.consent?.withdrawnAt)).toEqual([undefined, givenAt])
  })

  it('write files for their owner only, as the format says', async () => {
    await fillCollection(from, { persons: 2 })
    await exportGallery(from, dir, about)
    expect((await readdir(dir)).sort()).toEqual(['default', 'manifest.json'])
    expect((await readdir(join(dir, 'default'))).sort()).toEqual([
      'crops.bin',
      'embeddings.f32',
      'faces.jsonl',
      'persons.jsonl',
    ])
    for (const path of ['', 'default'])
      expect((await stat(join(dir, path))).mode & 0o777).toBe(0o700)
    for (const path of ['manifest.json', 'default/faces.jsonl', 'default/crops.bin']) {
      expect((await stat(join(dir, path))).mode & 0o777).toBe(0o600)
    }
    const lines = (await readFile(join(dir, 'default/faces.jsonl'), 'utf8')).trim().split('\n')
    const faces = lines.map((line) => JSON.parse(line))
    expect(faces[0].crop).toEqual({ offset: 0, bytes: 4, place: makeCrop(Uint8Array.of()).place })
    expect(faces[2].crop).toEqual({ offset: 4, bytes: 4 })
    expect(lines.join()).not.toContain('embedding')
    const rows = await readFile(join(dir, 'default/embeddings.f32'))
    const { items } = await from.collections.list()
    const stored = await from.feed.embeddings(items[0]!, { limit: 10 })
    expect(stored.faceIds).toEqual(faces.map((face) => face.id))
    expect(rows.readFloatLE(4 * 8 * 3)).toBe(stored.embeddings[8 * 3])
    expect(JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'))).toMatchObject({
      ...{ format: 'face-watcher-export', version: 2 },
      ...about,
      collections: [{ name: 'default', persons: 2, faces: 6, dimension: 8 }],
    })
  })

  it('move the chosen collections only', async () => {
    for (const name of ['a', 'b', 'c']) await fillCollection(from, { name, persons: 1 })
    await expectError(
      exportGallery(from, dir, { ...about, collections: ['nobody'] }),
      'collectionNotFound',
    )
    await exportGallery(from, dir, { ...about, collections: ['a', 'c', 'a'] })
    await expectError(importGallery(dir, to, { collections: ['b'] }), 'collectionNotFound')
    await importGallery(dir, to, { collections: ['c'] })
    expect((await to.collections.list()).items.map(({ name }) => name)).toEqual(['c'])
  })

  it('go on after an interruption and end equal', async () => {
    await fillCollection(from, { persons: 100 })
    for (const step of ['export', 'check', 'import', 'compare'] as const) {
      const abort = new AbortController()
      const onProgress = ({ stage: now, done }: Progress) => {
        if (now === step && done > 200) abort.abort()
      }
      const options = { onProgress, signal: abort.signal }
      if (step === 'export') {
        await expectError(exportGallery(from, dir, { ...about, ...options }), 'aborted')
        await expectError(importGallery(dir, to), 'exportInvalid', /did not finish/)
        await exportGallery(from, dir, about)
      } else await expectError(importGallery(dir, to, options), 'aborted')
    }
    await importGallery(dir, to)
    await expectSameGallery(to, from)
    expect(await readdir(dir)).not.toContain('.unfinished-export')
  })

  it('leave what is there besides, and bring back what was deleted', async () => {
    const collection = await fillCollection(from, { persons: 3 })
    await exportGallery(from, dir, about)
    const before = await readGallery(from)
    const [first] = (await from.persons.list(collection.id)).items
    await from.persons.delete(collection.id, first!.id)
    await importGallery(dir, from)
    expect(await readGallery(from)).toEqual(before)
    await from.faces.add(collection.id, { name: 'New' }, [makeFace(99)])
    const again = await importGallery(dir, from)
    expect(again.collections).toMatchObject([{ name: 'default', persons: 3, faces: 9, others: 2 }])
  })

  it('refuse a database that has another collection, person or face under the name or id', async () => {
    const collection = await fillCollection(from, { persons: 2 })
    await exportGallery(from, dir, about)
    const other = await makeCollection(to)
    await to.persons.create(other.id, { name: 'Own' })
    await expectError(importGallery(dir, to), 'collectionExists')
    await to.collections.delete('default')
    await makeCollection(to)
    expect((await importGallery(dir, to)).collections).toMatchObject([{ persons: 2 }])
    const third = await scratch.openStore()
    await importGallery(dir, third)
    const [person] = (await third.persons.list(collection.id)).items
    await third.persons.update(collection.id, person!.id, { name: 'Other' })
    await expectError(importGallery(dir, third), 'collectionExists', /person .* differs/)
  })

  it('never write into a directory that is something else', async () => {
    await fillCollection(from, { persons: 1 })
    await mkdir(dir)
    await writeFile(join(dir, 'letter.txt'), 'mine')
    await expectError(exportGallery(from, dir, about), 'invalidOption', /not empty/)
    expect(await readdir(dir)).toEqual(['letter.txt'])
    await rm(join(dir, 'letter.txt'))
    await exportGallery(from, dir, about)
    await expectError(exportGallery(from, dir, about), 'invalidOption', /finished/)
    await writeFile(join(scratch.directory, 'file'), '')
    await expectError(exportGallery(from, join(scratch.directory, 'file'), about), 'invalidOption')
    await expectError(importGallery(join(scratch.directory, 'nowhere'), to), 'exportInvalid')
  })

  it('leave nothing behind when there is nothing to export', async () => {
    await expectError(exportGallery(from, dir, about), 'collectionNotFound', /has none/)
    await fillCollection(from, { persons: 1 })
    await exportGallery(from, dir, about)
  })

  it('say when the directory cannot be written', async () => {
    await fillCollection(from, { persons: 1 })
    // A place below a file, which root cannot make either.
    await writeFile(dir, '')
    await expectError(exportGallery(from, join(dir, 'export'), about), 'invalidOption', /ENOTDIR/)
  })
})
