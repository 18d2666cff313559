import { existsSync, writeFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { findBytes } from '../helpers/data-bytes.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'
import { createGalleryNodes, type GalleryNode, type GalleryNodes } from '../helpers/gallery-node.ts'

const hook = fileURLToPath(new URL('../helpers/snapshot-hook.mjs', import.meta.url))
const dimension = 64
// Half the time after which a large snapshot is written again, and room for a busy machine.
const soon = { timeout: 15_000, interval: 50 }
const key = 'an-idempotency-key'

/** The person who is erased among others. */
interface Erased {
  readonly personId: string
  readonly faceId: string
  /** What must not stay anywhere. */
  readonly traces: Readonly<Record<string, Buffer>>
}

let nodes: GalleryNodes
let node: GalleryNode
let collection: Collection

beforeEach(async () => {
  nodes = await createGalleryNodes()
})
afterEach(() => nodes.end())

const dataDir = () => join(nodes.directory, 'data')
// Beside the data folder, as its bytes are searched.
const armFile = () => join(nodes.directory, 'arm')
const databaseFile = () => join(dataDir(), 'gallery.sqlite')

async function start(kind: 'exact' | 'projected' = 'exact'): Promise<void> {
  node = await nodes.start(
    { dataDir: dataDir(), index: { kind } },
    { nodeArguments: ['--import', hook], env: { SNAPSHOT_HOOK_ARM: armFile() } },
  )
}

function arm(point: string): void {
  writeFileSync(armFile(), point)
}

function faceOf(seed: number) {
  return makeFace(seed, { embedding: makeEmbedding(seed, dimension) })
}

/** A collection of forty persons, one of whom is to be erased, with a kept answer and a saved snapshot. */
async function fill(): Promise<Erased> {
  const { gallery } = node
  collection = await makeCollection(gallery, { dimension })
  for (let seed = 100; seed < 140; seed++) {
    await gallery.faces.add(collection.id, { name: `Somebody ${seed}` }, [faceOf(seed)])
  }
  const face = faceOf(1)
  const name = 'Wilhelmina Traceless'
  const metadata = { note: 'metadata-of-wilhelmina' }
  await node.answers.claim(key, 'request-hash')
  const { person, faces } = await gallery.faces.add(collection.id, { name, metadata }, [face])
  const faceId = faces[0]!.id
  const body = JSON.stringify({ ...person, faces: [{ fileName: 'a.jpg', face: faces[0] }] })
  await node.answers.complete(key, { status: 201, body })
  await gallery.rebuildIndex(collection)
  const traces = {
    name: Buffer.from(name),
    'folded name': Buffer.from(name.toLowerCase()),
    metadata: Buffer.from(metadata.note),
    embedding: Buffer.from(face.embedding.buffer),
    'image hash': Buffer.from(face.imageHash),
  }
  // Otherwise nothing that follows would mean anything.
  const before = await findBytes(dataDir(), traces)
  for (const what of Object.keys(traces)) expect(before.join()).toContain(`: ${what}`)
  expect(before).toContain('exact.snapshot: embedding')
  return { personId: person.id, faceId, traces }
}

/** Kills a running node and starts it again, until it is ready. */
async function restart(): Promise<void> {
  await node.kill()
  await start()
  await node.gallery.catchUp()
}

async function expectNoTrace({ traces }: Erased): Promise<void> {
  await expect.poll(() => findBytes(dataDir(), traces), soon).toEqual([])
  await node.kill()
  expect(await findBytes(dataDir(), traces)).toEqual([])
}

/** Of those who were not erased, nothing is lost. */
async function expectOthers(): Promise<void> {
  expect(await node.gallery.collections.counts(collection.id)).toEqual({ persons: 40, faces: 40 })
  const { missing, surplus, different } = await node.gallery.verifyIndex(collection)
  expect([missing, surplus, different]).toEqual([[], [], []])
}

const erase = ({ personId }: Erased) => node.gallery.persons.delete(collection.id, personId)
const held = () => expect.poll(() => existsSync(`${armFile()}.held`), soon).toBe(true)
const ended = () =>
  expect.poll(
    () =>
      node.gallery.ping().then(
        () => 'up',
        () => 'down',
      ),
    soon,
  )

/** What happens around the deletion; the node is killed after it, and started again. */
const crashPoints: Readonly<Record<string, (erased: Erased) => Promise<void>>> = {
  'while the deletion is on its way': async (erased) => {
    const deleted = erase(erased).catch(() => {})
    await node.kill()
    await deleted
    await start()
    // Whether it was durable is chance; asked again, it is.
    await erase(erased).catch(() => {})
  },
  'right after the deletion was acknowledged': async (erased) => {
    await erase(erased)
  },
  'after the log was emptied and before the snapshot was written': async (erased) => {
    arm('kill-create')
    await erase(erased)
    await ended().toBe('down')
  },
  'when the new snapshot was written and not in its place': async (erased) => {
    arm('kill-rename')
    await erase(erased)
    await ended().toBe('down')
  },
  'right after the new snapshot took its place': async (erased) => {
    arm('kill-renamed')
    await erase(erased)
    await ended().toBe('down')
  },
  'when a snapshot begun before the deletion was not in its place': async (erased) => {
    arm('hold-rename')
    const saved = node.gallery.rebuildIndex(collection).catch(() => {})
    await held()
    const deleted = erase(erased).catch(() => {})
    await pause(200)
    await node.kill()
    await Promise.all([saved, deleted])
    arm('')
    await start()
    await erase(erased).catch(() => {})
  },
  'after a snapshot begun before the deletion took its place': async (erased) => {
    arm('hold-rename')
    const saved = node.gallery.rebuildIndex(collection)
    await held()
    const deleted = erase(erased)
    arm('release')
    await saved
    await deleted
  },
  'while the database was deleted from by a process without an index': async ({ personId }) => {
    await node.kill()
    const store = await createSqliteStore({ file: databaseFile() })
    await store.persons.delete(collection.id, personId)
    await store.close()
    await start()
  },
  'during the next start, before its snapshot was in its place': async (erased) => {
    await erase(erased)
    await node.kill()
    arm('kill-rename')
    await start().catch(() => {})
    await ended().toBe('down')
    arm('')
    await start()
  },
  'during the next start, before its snapshot was begun': async (erased) => {
    await erase(erased)
    await node.kill()
    arm('kill-create')
    await start().catch(() => {})
    await ended().toBe('down')
    arm('')
    await start()
  },
  'after the person was renamed': async (erased) => {
    await node.gallery.persons.update(collection.id, erased.personId, { name: 'Another Name' })
    await erase(erased)
  },
  'after the face alone was deleted, and then the person': async (erased) => {
    await node.gallery.faces.delete(collection.id, erased.faceId)
    await erase(erased)
  },
  'after many deletions one after the other': async (erased) => {
    for (let i = 0; i < 20; i++) {
      const { person } = await node.gallery.faces.add(collection.id, { name: `Next ${i}` }, [
        faceOf(200 + i),
      ])
      await node.gallery.persons.delete(collection.id, person.id)
    }
    await erase(erased)
  },
}

describe('what was erased is nowhere in the data folder after a kill and a start', () => {
  it.each(Object.keys(crashPoints))('%s', async (point) => {
    await start()
    const erased = await fill()
    await crashPoints[point]!(erased)
    arm('')
    await restart()
    await expectOthers()
    expect(await node.answers.claim(key, 'request-hash')).toBeUndefined()
    await expectNoTrace(erased)
  })

  it('before the deletion, and everything is there until it comes', async () => {
    await start()
    const erased = await fill()
    await restart()
    const { personId, traces } = erased
    expect((await node.gallery.persons.get(collection.id, personId)).name).toBe(String(traces.name))
    await erase(erased)
    await restart()
    await expectNoTrace(erased)
  })

  it.each([0, 0.5, 0.999])('with a snapshot damaged at %d of its length', async (at) => {
    await start()
    const erased = await fill()
    await erase(erased)
    await node.kill()
    const folder = join(dataDir(), 'indexes', collection.id)
    const file = join(folder, 'exact.snapshot')
    const bytes = await readFile(file)
    bytes[Math.floor(bytes.length * at)]! ^= 0x10
    await writeFile(file, bytes)
    // As earlier versions kept it.
    await writeFile(`${file}.corrupt`, bytes)
    await start()
    await node.gallery.catchUp()
    expect(await node.warnings()).toContainEqual(expect.stringContaining('damaged'))
    await expectOthers()
    await expectNoTrace(erased)
    expect(await readdir(folder)).toEqual(['exact.snapshot'])
  })

  it('with the snapshots of another kind of index', async () => {
    await start()
    const erased = await fill()
    await erase(erased)
    await node.kill()
    await start('projected')
    await node.gallery.catchUp()
    await expectNoTrace(erased)
  })

  it('when its collection was deleted', async () => {
    await start()
    const erased = await fill()
    await node.gallery.collections.delete(collection.name)
    await restart()
    expect(await node.answers.claim(key, 'request-hash')).toBeUndefined()
    await expectNoTrace(erased)
  })

  it('when its collection was deleted by a process without an index', async () => {
    await start()
    const erased = await fill()
    await node.kill()
    const store = await createSqliteStore({ file: databaseFile() })
    await store.collections.delete(collection.name)
    await store.close()
    await start()
    await node.gallery.catchUp()
    await expectNoTrace(erased)
  })
})

describe('a second model', () => {
  const second = { modelId: 'second', dimension: 48, policy: { maxFpir: 0.01, possibleFpir: 0.1 } }

  /** Fills the second model, and both snapshots. @returns the erased person's trace in it */
  async function fillSecond({ faceId }: Erased): Promise<Record<string, Buffer>> {
    const { gallery } = node
    const begun = await gallery.secondModels.begin(collection.id, second)
    const set = { id: collection.id, modelId: second.modelId }
    const lacking = await gallery.secondModels.lacking(set, { limit: 100 })
    const filled = lacking.map((face, i) => ({
      faceId: face.faceId,
      embedding: makeEmbedding(face.faceId === faceId ? 1 : 500 + i, second.dimension),
    }))
    expect(await gallery.secondModels.fill(set, filled)).toBe(41)
    await gallery.rebuildIndex({ ...begun, ...begun.second! })
    const traces = { second: Buffer.from(makeEmbedding(1, second.dimension).buffer) }
    const before = await findBytes(dataDir(), traces)
    expect(before).toContain('exact.snapshot: second')
    expect(before.filter((found) => found.startsWith('gallery.sqlite'))).not.toEqual([])
    return traces
  }

  it('keeps nothing of a person who is erased', async () => {
    await start()
    const erased = await fill()
    const traces = { ...erased.traces, ...(await fillSecond(erased)) }
    await erase(erased)
    await expectNoTrace({ ...erased, traces })
  })

  it('keeps nothing at all when it was ended and erased', async () => {
    await start()
    const erased = await fill()
    const traces = await fillSecond(erased)
    const { gallery } = node
    const current = await gallery.collections.get(collection.name)
    await gallery.secondModels.end(current)
    const set = { id: collection.id, modelId: second.modelId }
    while ((await gallery.secondModels.erase(set, 10)) > 0);
    await expect.poll(() => findBytes(dataDir(), traces), soon).toEqual([])
    expect(await readdir(join(dataDir(), 'indexes'))).toEqual([collection.id])
    await restart()
    expect(await findBytes(dataDir(), traces)).toEqual([])
    expect((await node.gallery.collections.counts(collection.id)).faces).toBe(41)
  })
})

describe('what was erased leaves the data folder while a process runs', () => {
  it('soon after the deletion', async () => {
    await start()
    const erased = await fill()
    await erase(erased)
    await expectNoTrace(erased)
  })

  it('while others are deleted all the time', async () => {
    await start()
    const erased = await fill()
    await erase(erased)
    let going = true
    const deleting = (async () => {
      for (let seed = 300; going; seed++) {
        const { id } = collection
        const { person } = await node.gallery.faces.add(id, { name: 'N' }, [faceOf(seed)])
        await node.gallery.persons.delete(id, person.id)
        await pause(20)
      }
    })()
    try {
      await expect.poll(() => findBytes(dataDir(), erased.traces), soon).toEqual([])
    } finally {
      going = false
      await deleting
    }
  })

  it('the name and metadata of a person before they were changed', async () => {
    await start()
    const { personId, traces } = await fill()
    const patch = { name: 'Minna', metadata: { note: 'another' } }
    await node.gallery.persons.update(collection.id, personId, patch, { undoable: false })
    const kept = await node.answers.claim(key, 'request-hash')
    expect(JSON.parse(kept!.response!.body)).toMatchObject({ id: personId, ...patch })
    const { embedding: _, 'image hash': __, ...changed } = traces
    await expect.poll(() => findBytes(dataDir(), changed), soon).toEqual([])
    await restart()
    expect(await findBytes(dataDir(), changed)).toEqual([])
  })
})

describe('a kept answer', () => {
  it('is not kept when its person was deleted before the request ended', async () => {
    await start()
    const erased = await fill()
    await node.answers.claim('late', 'request-hash')
    await erase(erased)
    const body = JSON.stringify({ id: erased.personId, name: 'Wilhelmina Traceless' })
    await node.answers.complete('late', { status: 201, body })
    expect(await node.answers.claim('late', 'request-hash')).toBeUndefined()
  })

  it('has the name of now when the person was renamed before the request ended', async () => {
    await start()
    const { personId } = await fill()
    const { gallery } = node
    await node.answers.claim('late', 'request-hash')
    await gallery.persons.update(collection.id, personId, { name: 'Minna' })
    const body = JSON.stringify({ person: { id: personId, name: 'Wilhelmina Traceless' } })
    await node.answers.complete('late', { status: 200, body })
    const kept = await node.answers.claim('late', 'request-hash')
    expect(JSON.parse(kept!.response!.body)).toEqual({ person: { id: personId, name: 'Minna' } })
  })

  it('goes at the next start when it is old, without another request with a key', async () => {
    await start()
    await fill()
    await node.kill()
    const database = new Database(databaseFile())
    database.exec('UPDATE idempotency SET created_at_ms = created_at_ms - 25 * 3600000')
    const count = () => database.prepare('SELECT count(*) AS n FROM idempotency').all()
    expect(count()).toMatchObject([{ n: 1 }])
    await start()
    await expect.poll(count, soon).toMatchObject([{ n: 0 }])
    database.close()
  })
})
