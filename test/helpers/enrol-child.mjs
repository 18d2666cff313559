// A process that enrols and deletes until it is killed; each acknowledged write is a line on stdout.
// Runs the built program: node enrol-child.mjs DIRECTORY FIRST COUNT
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { createGallery } from '../../dist/gallery/gallery.js'
import { createExactProvider } from '../../dist/search/exact/provider.js'
import { createSqliteStore } from '../../dist/storage/sqlite/sqlite-store.js'

const [directory, first, count] = process.argv.slice(2)
const dimension = 64
const store = await createSqliteStore({ file: join(directory, 'gallery.db') })
const provider = createExactProvider({ directory: join(directory, 'index') })
const gallery = await createGallery({ store, provider })
const collection = await gallery.collections.get('default')
const point = { x: 1, y: 1 }
let next = Number(first)
const end = next + Number(count)

/** The same vector for the same seed here and in the test. */
function makeEmbedding(seed) {
  const bytes = createHash('sha512').update(String(seed)).digest()
  const vector = Float32Array.from(bytes, (byte) => byte - 127.5)
  const norm = Math.hypot(...vector)
  return vector.map((value) => value / norm)
}

async function work() {
  while (next < end) {
    const seed = next++
    const { person, faces } = await gallery.faces.add(collection.id, { name: `P${seed}` }, [
      {
        embedding: makeEmbedding(seed),
        modelId: collection.modelId,
        quality: {
          sizePx: 100,
          sharpness: 100,
          brightness: 0.5,
          pose: { yaw: 0, pitch: 0, roll: 0 },
          confidence: 1,
        },
        box: { x: 0, y: 0, width: dimension, height: dimension },
        landmarks: [point, point, point, point, point],
        imageHash: createHash('sha256').update(`image ${seed}`).digest('hex'),
      },
    ])
    writeSync(1, `added ${seed} ${faces[0].id}\n`)
    if (seed % 5 === 0) {
      await gallery.persons.delete(collection.id, person.id)
      writeSync(1, `removed ${seed} ${faces[0].id}\n`)
    }
    // Snapshots are written now and then, so that the kill meets them, too.
    if (seed % 40 === 7) await gallery.rebuildIndex(collection)
  }
}

await Promise.all([work(), work(), work(), work()])
await gallery.close()
await store.close()
