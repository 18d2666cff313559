import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createFakeDependencies,
  type FakeDependencies,
  fakeEmbedding,
} from '../../../test/helpers/fake-recognition.ts'
import { createUlidSource } from '../../platform/ulid.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import { type ClusterThread, createClusterThread } from './cluster-thread.ts'
import { createStrangerPlacer, type StrangerPlacer } from './placer.ts'

/** A pause after a call that takes so long is far longer than a test may last. */
const slowMs = 2000

let deps: FakeDependencies
let collection: Collection
const opened: StrangerPlacer[] = []

beforeEach(async () => {
  deps = await createFakeDependencies()
  collection = await deps.store.collections.get('default')
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((placer) => placer.close()))
})

/** A placer to whom images leave nothing, and whose thread is slow at one thing, the first time. */
function createBusyPlacer(slowAt: 'add' | 'restore') {
  const thread = createClusterThread()
  let reached = () => {}
  const isSlow = new Promise<void>((resolve) => {
    reached = resolve
  })
  let calls = 0
  const slow: ClusterThread = {
    async call(operation, task) {
      const result = await thread.call(operation, task)
      if (operation === slowAt && calls++ === 0) {
        await sleep(slowMs)
        reached()
      }
      return result
    },
    close: thread.close,
  }
  const placer = createStrangerPlacer({
    ...{ store: deps.store.strangers, thread: slow },
    curveOf: () => deps.models[0]!.fmrCurve,
    idleShare: () => 0,
  })
  opened.push(placer)
  return { placer, isSlow }
}

const embeddings = ['ann', 'bob', 'cy', 'dan', 'eve', 'fay'].map(fakeEmbedding)

/** Records sightings of six people in turns. */
async function record(count: number): Promise<readonly string[]> {
  const seenAt = new Date().toISOString()
  const sightings = Array.from({ length: count }, (_, i) => ({
    ...{ modelId: 'fake', seenAt, embedding: embeddings[i % 6]! },
  }))
  return deps.store.strangers.record(collection.id, sightings)
}

/** Stores strangers with one sighting each, more than are read at once. */
async function storeStrangers(count: number): Promise<void> {
  const { strangers } = deps.store
  const lease = { holder: 'another process', leaseMs: 0 }
  const newId = createUlidSource()
  const placed = (await record(count)).map((sightingId) => ({ sightingId, strangerId: newId() }))
  const revision = (await strangers.claim(collection.id, lease)) as number
  await strangers.place(
    { holder: lease.holder, revision },
    {
      ...{ set: { id: collection.id, modelId: 'fake' }, placed, joined: [] },
      strangers: placed.map(({ sightingId, strangerId }, i) => ({
        ...{ id: strangerId, count: 1, sum: embeddings[i % 6]!, memberIds: [sightingId] },
      })),
    },
  )
}

const counts = () => deps.store.strangers.counts(collection.id)

describe('createStrangerPlacer', () => {
  it('pauses while images are analysed, and hurries when somebody waits', async () => {
    await record(60)
    const { placer, isSlow } = createBusyPlacer('add')
    const slowly = placer.place(collection)
    await isSlow
    await expect.poll(async () => (await counts()).waiting).toBe(50)
    await sleep(100)
    expect((await counts()).waiting).toBe(50)
    expect(await placer.place(collection, { urgent: true })).toBe(true)
    expect(await slowly).toBe(true)
    expect(await counts()).toEqual({ strangers: 6, sightings: 60, waiting: 0 })
  })

  it('ends in a pause, and leaves the rest to the next process', async () => {
    await record(60)
    const { placer, isSlow } = createBusyPlacer('add')
    const slowly = placer.place(collection)
    await isSlow
    await placer.close()
    expect(await slowly).toBe(false)
    expect(await counts()).toEqual({ strangers: 6, sightings: 60, waiting: 50 })
  })

  it('puts nothing to strangers of whom it has read a part only', async () => {
    await storeStrangers(300)
    await record(1)
    const { placer, isSlow } = createBusyPlacer('restore')
    const slowly = placer.place(collection)
    await isSlow
    await placer.close()
    expect(await slowly).toBe(false)
    expect(await counts()).toEqual({ strangers: 300, sightings: 301, waiting: 1 })
  })
})
