import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultKeepUnknown } from '../../src/core/keep-unknown.ts'
import { dotProduct } from '../../src/core/similarity.ts'
import { createGallery } from '../../src/gallery/gallery.ts'
import type { ModelRecord } from '../../src/models/manifest-types.ts'
import { createRandom } from '../../src/platform/random.ts'
import type { FaceWatcher, IdentifiedProbe } from '../../src/recognition/face-watcher.ts'
import { createUseCases } from '../../src/recognition/use-cases.ts'
import { createExactProvider } from '../../src/search/exact/provider.ts'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import type { WorldState } from '../helpers/changing-world.ts'
import {
  type Corrector,
  createCorrector,
  type KnownFace,
  loadDimension,
  loadModelId,
} from '../helpers/random-corrections.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { strangerCurve } from '../helpers/strangers.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

/** Changes of each of the two writers; a longer run, such as 200, looks for what is rare. */
const changesPerWriter = Number(process.env.FACE_WATCHER_CORRECTIONS ?? 18)
const seed = Number(process.env.FACE_WATCHER_CORRECTIONS_SEED ?? 7)
const collection = 'default'
const threshold = 0.5
const searchesAtOnce = 2
const patient = { timeout: 600_000 }

/** Use cases over a store and an index of their own, without an analyzer: everything is an embedding. */
async function openNode(store: Database): Promise<FaceWatcher> {
  const record = { id: loadModelId, task: 'embedder', dimension: loadDimension }
  return createUseCases({
    analyzer: {
      analyze: () => Promise.reject(new Error('There are no images.')),
      embedCrop: () => Promise.reject(new Error('There are no crops.')),
      warmUp: async () => {},
      stats: () => ({ workers: 1, queued: 0, running: 0, completed: 0, busyMs: 0 }),
      close: async () => {},
    },
    gallery: await createGallery({ store, provider: createExactProvider() }),
    store,
    models: [{ ...record, fmrCurve: strangerCurve } as unknown as ModelRecord],
    isInstalled: async () => true,
    defaults: {
      ...{ detectorId: 'none', embedderId: loadModelId, detector: {}, qualityGates: {} },
      policy: { maxFpir: 0.01, possibleFpir: 0.1, threshold, probeShift: 'off' },
      keepUnknown: defaultKeepUnknown,
    },
  })
}

interface Answer {
  readonly node: number
  readonly from: number
  readonly to: number
  readonly probe: KnownFace
  readonly found: IdentifiedProbe
}

/** What is wrong with an answer, whichever of these states it is of; face and name may be of two of them. */
function findFaults(
  { probe, found }: Answer,
  states: readonly WorldState[],
  known: ReadonlyMap<string, KnownFace>,
): readonly string[] {
  const faults: string[] = []
  const { candidates, decision } = found
  const similarityOf = (faceId: string) =>
    dotProduct(probe.embedding, (known.get(faceId) as KnownFace).embedding)
  for (const ids of [candidates.map((one) => one.personId), candidates.map((one) => one.faceId)]) {
    if (new Set(ids).size < ids.length) faults.push('A candidate is there twice.')
  }
  for (const { personId, personName, faceId } of candidates) {
    if (!states.some(({ owners }) => owners.get(faceId) === personId)) {
      faults.push(`The face ${faceId} was not of ${personId}.`)
    }
    if (!states.some(({ names }) => names.get(personId) === personName)) {
      faults.push(`${personId} was not called ${personName}.`)
    }
  }
  const sure = [...(states[0]?.owners.keys() ?? [])].filter((id) =>
    states.every(({ owners }) => owners.has(id)),
  )
  const possible = new Set(states.flatMap(({ owners }) => [...owners.keys()]))
  const nearest = (ids: Iterable<string>) => Math.max(-1, ...[...ids].map(similarityOf))
  const [best] = candidates
  if (nearest(sure) > threshold) {
    if (decision !== 'match' || !best) faults.push(`Enrolled all the time, and ${decision}.`)
    else if (nearest(sure) > 0.999 && similarityOf(best.faceId) < 0.999) {
      faults.push('The face itself was there all the time, and another one was nearest.')
    }
  }
  if (decision === 'match' && nearest(possible) < threshold) {
    faults.push('Nobody was near, and somebody was named.')
  }
  if (decision === 'match' && best && known.get(best.faceId)?.human !== probe.human) {
    faults.push('Named for the face of somebody else.')
  }
  return faults
}

/** What a store says of the collection. */
async function readWorld(node: FaceWatcher) {
  const persons: { id: string; name: string; faceCount: number }[] = []
  const owners: [string, string][] = []
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await node.persons.list(collection, cursor === undefined ? {} : { cursor })
    for (const { id, name, faceCount } of page.items) {
      persons.push({ id, name, faceCount })
      const { items } = await node.faces.list(collection, { personId: id, limit: 1000 })
      owners.push(...items.map((face): [string, string] => [face.id, id]))
    }
    cursor = page.nextCursor
  }
  return { persons, owners: new Map(owners) }
}

/** Everything is on each node as the writers know it, and every face is found. */
async function expectWorlds(
  nodes: readonly FaceWatcher[],
  correctors: readonly Corrector[],
  known: ReadonlyMap<string, KnownFace>,
): Promise<void> {
  const states = correctors.map(({ world }) => world.now())
  const owners = new Map(states.flatMap((state) => [...state.owners]))
  const names = new Map(states.flatMap((state) => [...state.names]))
  for (const node of nodes) {
    const there = await readWorld(node)
    expect(there.owners).toEqual(owners)
    expect(new Map(there.persons.map(({ id, name }) => [id, name]))).toEqual(names)
    for (const { id, faceCount } of there.persons) {
      expect(faceCount).toBe([...owners.values()].filter((owner) => owner === id).length)
    }
    const counts = { persons: names.size, faces: owners.size }
    expect(await node.collections.get(collection)).toMatchObject(counts)
    for (const [id, personId] of owners) {
      const { embedding } = known.get(id) as KnownFace
      const { faces } = await node.identify(collection, { embedding, modelId: loadModelId })
      expect(faces[0]).toMatchObject({ decision: 'match' })
      expect(faces[0]!.candidates.map((one) => one.personId)).toContain(personId)
    }
  }
}

/** @param nodes  at least one, of one database */
async function correctUnderLoad(
  nodes: readonly FaceWatcher[],
  { name, changes }: { readonly name: string; readonly changes: number },
): Promise<void> {
  await nodes[0]!.collections.create({ name: collection })
  await nodes[0]!.collections.update(collection, { keepUnknown: {} })
  const known = new Map<string, KnownFace>()
  const lagsMs: number[] = []
  const correctors = [0, 1].map((writer) =>
    createCorrector({
      ...{ nodes, collection, known, lagsMs, random: createRandom(seed + writer) },
      humans: Array.from({ length: 36 }, (_, i) => 36 * writer + i),
    }),
  )
  const step = () => Promise.all(correctors.map((corrector) => corrector.step()))
  for (let i = 0; i < 10; i++) await step()
  const first = await readWorld(nodes[0]!)
  const { items: begun } = await nodes[0]!.history.list(collection, { limit: 1 })

  const answers: Answer[] = []
  let stopped = false
  function chooseProbe(random: () => number): KnownFace {
    const hot = correctors.flatMap((corrector) => corrector.concerned())
    const ids = hot.length > 0 && random() < 0.8 ? hot : [...known.keys()]
    return known.get(ids[Math.floor(random() * ids.length)] as string) as KnownFace
  }
  async function identifyOn(node: number, random: () => number): Promise<void> {
    while (!stopped) {
      const probe = chooseProbe(random)
      const from = performance.now()
      const { faces } = await nodes[node]!.identify(
        collection,
        { embedding: probe.embedding, modelId: loadModelId },
        { candidates: 10 },
      )
      answers.push({ node, from, to: performance.now(), probe, found: faces[0]! })
    }
  }
  const searching = nodes.flatMap((_, node) =>
    Array.from({ length: searchesAtOnce }, (_, i) =>
      identifyOn(node, createRandom(seed + 100 * node + i + 1)),
    ),
  )
  const searched = Promise.all(searching)
  try {
    for (const round of [0, 1]) {
      await Promise.all(
        correctors.map(async (corrector) => {
          for (let i = 0; i < changes / 2; i++) await corrector.step()
        }),
      )
      if (round === 0) await expectWorlds(nodes, correctors, known)
    }
    await expectWorlds(nodes, correctors, known)
    await Promise.all(correctors.map((corrector) => corrector.undoSince(begun[0]!.id)))
    await expectWorlds(nodes, correctors, known)
  } finally {
    stopped = true
    await searched
  }
  for (const node of nodes) expect(await readWorld(node)).toEqual(first)

  const faults = answers.flatMap((answer) => {
    const { node, from, to } = answer
    const parts = correctors.map(({ world }) => world.between(node, from, to))
    // A part of which several states are possible: each with any of the other part.
    const [one = [], other = []] = parts
    const states = one.flatMap((a) =>
      other.map((b) => ({
        owners: new Map([...a.owners, ...b.owners]),
        names: new Map([...a.names, ...b.names]),
      })),
    )
    return findFaults(answer, states, known).map((fault) => `node ${node}: ${fault}`)
  })
  const made = correctors.map((corrector) => JSON.stringify(corrector.made))
  const lag = Math.round(Math.max(0, ...lagsMs))
  process.stderr.write(
    `${name}: ${answers.length} answers, ${faults.length} faults, other nodes showed additions ` +
      `after at most ${lag} ms; changes ${made.join(' ')}\n`,
  )
  expect(faults.slice(0, 20)).toEqual([])
  expect(answers.length).toBeGreaterThan(changes)
}

describe('corrections while faces are identified', patient, () => {
  it('give no wrong answer in between and lose nothing on SQLite', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'face-watcher-load-'))
    const node = await openNode(await createSqliteStore({ file: join(directory, 'gallery.db') }))
    try {
      await correctUnderLoad([node], { name: 'SQLite', changes: 4 * changesPerWriter })
    } finally {
      await node.close()
      await rm(directory, { recursive: true, force: true })
    }
  })

  const noMongod = whyNoMongod({ own: false })
  describe.skipIf(noMongod)(nameWithReason('on two nodes over MongoDB', noMongod), () => {
    let server: TestServer
    beforeAll(async () => {
      server = await openTestServer()
    })
    afterAll(() => server?.stop())

    it('give no wrong answer in between and lose nothing', patient, async () => {
      const database = newDatabaseName()
      const open = () => createMongodbStore({ url: server.url, database, timeoutMs: 30_000 })
      const nodes = [await openNode(await open()), await openNode(await open())]
      try {
        await correctUnderLoad(nodes, { name: 'MongoDB', changes: changesPerWriter })
      } finally {
        for (const node of nodes) await node.close()
        const admin = await MongoClient.connect(server.url)
        await admin.db(database).dropDatabase()
        await admin.close()
      }
    })
  })
})
