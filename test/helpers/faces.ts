import { createHash } from 'node:crypto'
import type { FaceCrop } from '../../src/core/types.ts'
import { createRandom } from '../../src/platform/random.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Collection, NewCollection } from '../../src/storage/ports/collections.ts'
import type { NewFace } from '../../src/storage/ports/faces.ts'

/** A pseudo-random unit vector that is the same for the same seed. */
export function makeEmbedding(seed: number, dimension = 8): Float32Array {
  const random = createRandom((seed + 1) * 0x9e3779b9)
  const vector = Float32Array.from({ length: dimension }, () => 2 * random() - 1)
  const norm = Math.hypot(...vector)
  return vector.map((value) => value / norm)
}

/** A crop with the place of its face. */
export function makeCrop(bytes: Uint8Array): FaceCrop {
  const point = (offset: number) => ({ x: 4.5 + offset, y: 6.25 + offset })
  return {
    bytes,
    place: {
      box: { x: 1, y: 2.5, width: 30, height: 40 },
      landmarks: [point(0), point(1), point(2), point(3), point(4)],
    },
  }
}

/** A face whose embedding and image follow from the seed. */
export function makeFace(seed: number, overrides: Partial<NewFace> = {}): NewFace {
  const point = (offset: number) => ({ x: 10 + offset, y: 20.5 + offset })
  return {
    embedding: makeEmbedding(seed),
    modelId: 'test-model',
    quality: {
      sizePx: 112,
      sharpness: 300.25,
      brightness: 0.5,
      pose: { yaw: -3.5, pitch: 2, roll: 0 },
      confidence: 0.999,
    },
    box: { x: 1.5, y: -2, width: 100, height: 120 },
    landmarks: [point(0), point(1), point(2), point(3), point(4)],
    imageHash: createHash('sha256').update(`image ${seed}`).digest('hex'),
    ...overrides,
  }
}

export function makeCollection(
  store: Pick<Database, 'collections'>,
  overrides: Partial<NewCollection> = {},
): Promise<Collection> {
  return store.collections.create({
    name: 'default',
    modelId: 'test-model',
    dimension: 8,
    policy: { maxFpir: 0.01, possibleFpir: 0.1 },
    storeCrops: false,
    ...overrides,
  })
}
