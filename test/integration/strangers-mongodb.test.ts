import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SampleFace, writeFacePhoto } from '../helpers/cli.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import {
  newDatabaseName,
  type ReplicaSet,
  startReplicaSet,
  whyNoMongod,
} from '../servers/mongod.ts'
import { createServeNodes, type ServeNode } from '../servers/serve-node.ts'

const noMongod = whyNoMongod({ own: true })
const collection = '/v1/collections/door'
const faces: readonly SampleFace[] = ['ann', 'annAgain', 'bea']

interface Listed {
  readonly id: string
  readonly count: number
}

describe.skipIf(noMongod)(nameWithReason('strangers of two nodes on MongoDB', noMongod), () => {
  const started = createServeNodes()
  let server: ReplicaSet
  let directory: string
  let photos: readonly Uint8Array[]
  let nodes: [ServeNode, ServeNode]

  beforeAll(async () => {
    server = await startReplicaSet({ members: 1 })
    const database = newDatabaseName()
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-strangers-'))
    photos = await Promise.all(
      faces.map(async (name) =>
        readFileSync(await writeFacePhoto(name, join(directory, `${name}.jpg`))),
      ),
    )
    const start = () =>
      started.start({
        FACE_WATCHER_STORE_KIND: 'mongodb',
        FACE_WATCHER_STORE_URL: server.url,
        FACE_WATCHER_STORE_DATABASE: database,
        FACE_WATCHER_HTTP_PORT: '0',
      })
    nodes = [await start(), await start()]
    const json = { name: 'door', keepUnknown: {} }
    expect((await nodes[0].send('POST', '/v1/collections', { json })).status).toBe(201)
  })
  afterAll(async () => {
    await started.end()
    await server?.stop()
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  })

  async function see(node: ServeNode, photo: number): Promise<void> {
    const image = photos[photo] as Uint8Array
    const { status, json } = await node.send('POST', `${collection}/identify`, { form: { image } })
    expect(status).toBe(200)
    expect(json.faces.map(({ decision }: { decision: string }) => decision)).toEqual(['unknown'])
  }

  async function list(node: ServeNode): Promise<readonly Listed[]> {
    const { json } = await node.send('GET', `${collection}/strangers?sort=count`)
    return json.items
  }

  /** Resolves with the strangers when each has so many sightings, on both nodes. */
  async function expectCounts(counts: readonly number[], on = nodes): Promise<readonly Listed[]> {
    for (const node of on) {
      await expect
        .poll(async () => (await list(node)).map(({ count }) => count), { timeout: 30_000 })
        .toEqual(counts)
    }
    return list(on[0])
  }

  it('gives a stranger one id, whichever node sees it, and changes hold on both', async () => {
    const seen = Array.from({ length: 12 }, (_, i) => see(nodes[i % 2]!, i % 3))
    await Promise.all(seen)
    const [ann, bea] = await expectCounts([8, 4])
    const [first, second] = nodes
    await first.send('POST', `${collection}/strangers/${bea!.id}/ignore`)
    await see(second, 2)
    await expectCounts([8, 5])
    const { json } = await second.send('GET', `${collection}/strangers/${bea!.id}`)
    expect(json).toMatchObject({ status: 'ignored', count: 5 })
    await second.send('POST', `${collection}/strangers/${bea!.id}/discard`)
    await Promise.all([see(first, 2), see(second, 2), see(first, 0), see(second, 1)])
    const after = await expectCounts([10, 2])
    expect(after[0]?.id).toBe(ann!.id)
    expect(after[1]?.id).not.toBe(bea!.id)
  }, 120_000)

  it('goes on with the same strangers after the node that was at work is killed', async () => {
    const [ann] = await list(nodes[1])
    const load = Promise.allSettled(Array.from({ length: 6 }, (_, i) => see(nodes[0], i % 2)))
    await nodes[0].kill()
    await load
    const before = (await list(nodes[1])).find(({ id }) => id === ann!.id)!.count
    for (let i = 0; i < 3; i++) await see(nodes[1], i % 2)
    await expect
      .poll(async () => (await list(nodes[1])).find(({ id }) => id === ann!.id)!.count, {
        timeout: 90_000,
      })
      .toBeGreaterThanOrEqual(before + 3)
    expect(await list(nodes[1])).toHaveLength(2)
    const { json } = await nodes[1].send('POST', `${collection}/strangers/${ann!.id}/assign`, {
      json: { name: 'Ann', maxFaces: 2 },
    })
    expect(json).toMatchObject({ newPerson: true, person: { faceCount: 2 } })
    const { json: found } = await nodes[1].send('POST', `${collection}/identify`, {
      form: { image: photos[0]! },
    })
    expect(found.faces[0].decision).toBe('match')
    expect(nodes.flatMap((node) => node.faults())).toEqual([])
  }, 180_000)
})
