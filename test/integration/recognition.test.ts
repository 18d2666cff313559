import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFaceWatcher } from '../../src/index.ts'
import type { FaceWatcher } from '../../src/recognition/face-watcher.ts'
import { testModels } from '../helpers/models.ts'

const samples = join(
  dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')),
  'demo',
)

/** Where one person alone is in the sample photographs: left, top, width, height. */
const photos = {
  ann1: ['sample1.jpg', 1400, 100, 400, 440],
  ann2: ['sample3.jpg', 950, 100, 430, 520],
  bea1: ['sample1.jpg', 730, 330, 390, 430],
  bea2: ['sample4.jpg', 170, 120, 360, 420],
  stranger: ['sample5.jpg', 260, 780, 400, 480],
} as const

async function photo(name: keyof typeof photos): Promise<Uint8Array> {
  const [file, left, top, width, height] = photos[name]
  const image = sharp(join(samples, file)).extract({ left, top, width, height })
  return new Uint8Array(await image.jpeg({ quality: 95 }).toBuffer())
}

const group = async (): Promise<Uint8Array> =>
  new Uint8Array(await readFile(join(samples, 'sample1.jpg')))

let dataDir: string
let watcher: FaceWatcher
beforeAll(async () => {
  const models = await testModels()
  dataDir = await mkdtemp(join(tmpdir(), 'recognition-'))
  await symlink(join(models, 'models'), join(dataDir, 'models'))
  watcher = await createFaceWatcher({ dataDir, installModels: false })
})
afterAll(async () => {
  await watcher.close()
  await rm(dataDir, { recursive: true, force: true })
})

describe('recognition with models, database and index', () => {
  test('answers unknown while nobody is enrolled', async () => {
    const result = await watcher.identify('default', await photo('ann1'))
    expect(result.faces).toMatchObject([{ decision: 'unknown', candidates: [] }])
  })

  test('enrols two people and finds them in other photographs', async () => {
    for (const [name, file] of [
      ['Ann', 'ann1'],
      ['Bea', 'bea1'],
    ] as const) {
      const images = [{ fileName: `${file}.jpg`, bytes: await photo(file) }]
      const result = await watcher.enroll('default', { name }, images)
      expect(result.rejected).toEqual([])
      expect(result.faces).toHaveLength(1)
    }
    const ann = await watcher.identify('default', await photo('ann2'))
    expect(ann.faces).toHaveLength(1)
    expect(ann.faces[0]).toMatchObject({ decision: 'match' })
    expect(ann.faces[0]?.candidates[0]).toMatchObject({ personName: 'Ann' })
    // observed 0.68
    expect(ann.faces[0]?.candidates[0]?.similarity).toBeGreaterThan(0.55)
    const bea = await watcher.identify('default', await photo('bea2'))
    expect(bea.faces[0]?.candidates[0]).toMatchObject({ personName: 'Bea' })
    // observed 0.51
    expect(bea.faces[0]).toMatchObject({ decision: 'match' })
  })

  test('does not know a stranger', async () => {
    const { faces } = await watcher.identify('default', await photo('stranger'))
    expect(faces[0]?.decision).toBe('unknown')
    expect(faces[0]?.candidates).toHaveLength(2)
  })

  test('answers for every face of a group', async () => {
    const { faces } = await watcher.identify('default', await group())
    const known = faces.map((face) =>
      face.decision === 'match' ? face.candidates[0]?.personName : face.decision,
    )
    expect(known.sort()).toEqual(['Ann', 'Bea', 'unknown'])
  })

  test('does not enrol a group, nor a photograph twice', async () => {
    const rejected = await watcher.enroll('default', { name: 'Team' }, [
      { fileName: 'group.jpg', bytes: await group() },
    ])
    expect(rejected.person).toBeUndefined()
    expect(rejected.rejected[0]?.reasons).toEqual(['multipleFaces'])
    const { items } = await watcher.persons.list('default', { exactName: 'Ann' })
    const again = await watcher.enroll('default', items[0]!.id, [
      { fileName: 'again.jpg', bytes: await photo('ann1') },
    ])
    expect(again.faces[0]).toMatchObject({ alreadyEnrolled: true })
    expect(again.person?.faceCount).toBe(1)
  })

  test('warns when a face is enrolled under another name', async () => {
    const result = await watcher.enroll('default', { name: 'Anna' }, [
      { fileName: 'ann2.jpg', bytes: await photo('ann2') },
    ])
    expect(result.faces[0]?.warnings[0]).toMatchObject({ personName: 'Ann' })
    await watcher.persons.delete('default', result.person!.id)
    const after = await watcher.identify('default', await photo('ann2'))
    expect(after.faces[0]?.candidates[0]?.personName).toBe('Ann')
  })

  test('takes the embedding of a face as a probe', async () => {
    const { faces, modelId } = await watcher.embed(await photo('ann2'))
    const probe = { embedding: faces[0]!.embedding, modelId }
    const result = await watcher.identify('default', probe)
    expect(result.faces[0]?.candidates[0]?.personName).toBe('Ann')
  })

  test('verifies images, persons and stored faces', async () => {
    const same = await watcher.verify(await photo('ann1'), { image: await photo('ann2') })
    expect(same.match).toBe(true)
    const other = await watcher.verify(await photo('ann1'), { image: await photo('stranger') })
    expect(other.match).toBe(false)
    const { items } = await watcher.persons.list('default', { exactName: 'Ann' })
    const target = { collection: 'default', personId: items[0]!.id }
    const person = await watcher.verify(await photo('ann2'), target)
    expect(person.match).toBe(true)
    const face = await watcher.verify(await photo('stranger'), {
      collection: 'default',
      faceId: person.faceId!,
    })
    expect(face.match).toBe(false)
  })

  test('keeps index and database in step', async () => {
    expect(await watcher.index.verify('default')).toEqual({
      collection: 'default',
      checked: 2,
      missing: [],
      surplus: [],
      different: [],
    })
    expect(await watcher.status()).toMatchObject({ ready: true, persons: 2, faces: 2 })
  })
})

const lfw = fileURLToPath(new URL('../../../shared/data', import.meta.url))

describe.skipIf(!existsSync(join(lfw, 'lfw-deepfunneled.tar')))(
  `LFW (skipped without ${lfw})`,
  () => {
    test('finds the faces of a fold and tells mated from non-mated pairs', async () => {
      const { openDataset, withoutSuffix } = await import('../../src/evaluation/dataset.ts')
      const cacheDir = fileURLToPath(new URL('../../.cache/evaluation', import.meta.url))
      const { pairs, images } = await openDataset(lfw, { cacheDir })
      const files = new Map(images.map((image) => [withoutSuffix(image.key), image.file]))
      const collection = await watcher.collections.get('default')
      const chosen = pairs!.pairs.filter((pair, index) => pair.fold === 0 && index % 20 === 0)
      let right = 0
      for (const pair of chosen) {
        const [first, second] = await Promise.all(
          [pair.first, pair.second].map(
            async (key) => new Uint8Array(await readFile(files.get(key)!)),
          ),
        )
        const options = { faces: 'largest', threshold: 0.28 } as const
        const { match } = await watcher.verify(first!, { image: second! }, options)
        if (match === pair.mated) right++
      }
      expect(collection.modelId).toBe('mobilefacenet')
      expect(chosen).toHaveLength(30)
      expect(right).toBeGreaterThanOrEqual(28) // observed 30
    })
  },
)
