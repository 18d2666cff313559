import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFaceWatcher } from '../../src/index.ts'
import type { FaceWatcher } from '../../src/recognition/face-watcher.ts'
import { createTestDataDir, type TestDataDir, writeFacePhoto } from '../helpers/cli.ts'

const collection = 'default'
let data: TestDataDir
let faceWatcher: FaceWatcher
let file: Buffer
let annId: string

beforeAll(async () => {
  data = await createTestDataDir()
  file = readFileSync(await writeFacePhoto('ann', join(data.path, 'ann.jpg')))
  faceWatcher = await createFaceWatcher({ dataDir: data.path, analyzer: { workers: 1 } })
  const { person } = await faceWatcher.enroll(collection, { name: 'Ann' }, [toImage(file)])
  annId = person?.id ?? ''
})
afterAll(async () => {
  await faceWatcher?.close()
  data.remove()
})

const toImage = (bytes: Uint8Array) => ({ fileName: 'ann.jpg', bytes })

/** Bytes as callers hold them: their memory is their own, part of a larger one, or shared. */
const holders: Readonly<Record<string, () => Uint8Array>> = {
  'an array of its own': () => new Uint8Array(file),
  'a slice of a Buffer, which is a view': () => Buffer.concat([Buffer.alloc(8), file]).slice(8),
  'a whole Buffer': () => Buffer.from(new Uint8Array(file).buffer),
  'a subarray with an offset': () => {
    const larger = new Uint8Array(file.length + 30)
    larger.set(file, 10)
    return larger.subarray(10, 10 + file.length)
  },
  'a view of shared memory': () => {
    const shared = new Uint8Array(new SharedArrayBuffer(file.length + 4), 4)
    shared.set(file)
    return shared
  },
}

/** Everything of the library that takes an image, each with the number of faces it answers for. */
const uses: Readonly<Record<string, (bytes: Uint8Array) => Promise<number>>> = {
  detect: async (bytes) => (await faceWatcher.detect(bytes)).faces.length,
  embed: async (bytes) => (await faceWatcher.embed(bytes)).faces.length,
  identify: async (bytes) => (await faceWatcher.identify(collection, bytes)).faces.length,
  'enroll of somebody new, the image twice': async (bytes) => {
    const images = [toImage(bytes), toImage(bytes)]
    const { person, faces } = await faceWatcher.enroll(collection, { name: 'Twin' }, images)
    await faceWatcher.persons.delete(collection, person?.id ?? '')
    return faces.length / 2
  },
  'enroll of somebody known': async (bytes) =>
    (await faceWatcher.enroll(collection, annId, [toImage(bytes)])).faces.length,
  'verify with itself': async (bytes) =>
    Number((await faceWatcher.verify(bytes, { image: bytes })).match),
  'verify with a person': async (bytes) =>
    Number((await faceWatcher.verify(bytes, { collection, personId: annId })).match),
}

describe('bytes that are given to the library stay their caller’s', () => {
  for (const [use, run] of Object.entries(uses)) {
    it.each(Object.keys(holders))(`${use}, of %s`, async (holder) => {
      const bytes = (holders[holder] as () => Uint8Array)()
      expect([await run(bytes), await run(bytes)]).toEqual([1, 1])
      expect(Buffer.compare(bytes, file)).toBe(0)
    })
  }

  it('a small file in the pool that Buffers share leaves its neighbours alone', async () => {
    const neighbour = Buffer.from('neighbour')
    const small = Buffer.from('no image')
    expect(small.buffer).toBe(neighbour.buffer)
    for (const _ of [1, 2]) {
      await expect(faceWatcher.detect(small)).rejects.toMatchObject({ code: 'unsupportedImage' })
    }
    expect(`${neighbour} ${small}`).toBe('neighbour no image')
  })
})
