import { expect, it } from 'vitest'
import { createRandom } from '../../src/platform/random.ts'
import { readFaceOwners } from '../../src/recognition/examination/face-owners.ts'
import { findPersonPairs } from '../../src/recognition/examination/person-pairs.ts'
import { makeFace } from '../helpers/faces.ts'
import { createFakeDependencies, fakeDimension } from '../helpers/fake-recognition.ts'

it('finds the same pairs of persons by the index and in a thread of its own', async () => {
  const { gallery, store } = await createFakeDependencies()
  const collection = await gallery.collections.get('default')
  const random = createRandom(4)
  for (let person = 0; person < 60; person++) {
    const faces = Array.from({ length: 1 + (person % 3) }, (_, face) => {
      // Few directions, so that many pairs are near, and some faces are the same.
      const values = Array.from({ length: fakeDimension }, () => Math.round(2 * random() - 1))
      values[person % fakeDimension]! += 1.5
      const norm = Math.hypot(...values)
      const embedding = Float32Array.from(values, (value) => value / norm)
      return makeFace(10 * person + face, { embedding, modelId: collection.modelId })
    })
    await store.faces.add(collection.id, { name: `P${person}` }, faces)
  }
  await gallery.catchUp()
  const owners = await readFaceOwners(gallery, collection, undefined)
  const progress: number[] = []
  const find = (apartFrom: number) =>
    findPersonPairs({ gallery, store }, collection, {
      ...{ owners, down: 0.8, apartFrom },
      onProgress: (done) => progress.push(done),
    })
  const byIndex = await find(1000)
  const apart = await find(1)
  expect(byIndex.size).toBeGreaterThan(20)
  expect(progress.at(-1)).toBe(owners.faces)
  expect([...apart.keys()].sort()).toEqual([...byIndex.keys()].sort())
  for (const [key, { similarity, faceIds }] of apart) {
    expect(similarity).toBeCloseTo(byIndex.get(key)!.similarity, 6)
    expect(faceIds.map(owners.personOf)).toEqual(byIndex.get(key)!.faceIds.map(owners.personOf))
  }
})
