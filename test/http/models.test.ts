import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, type Client, createClient } from './client.ts'
import { modelId, otherModelId } from './services.ts'

const collection = '/v1/collections/default'

let client: Client
beforeEach(async () => {
  client = await createClient({})
})
afterEach(() => client.close())

async function enroll(name: string): Promise<string> {
  const form: [string, string, string?][] = [
    ['name', name],
    ['image', `face:${name}`, `${name}.jpg`],
  ]
  const { status, json } = await client.send('POST', `${collection}/persons`, { form })
  expect(status).toBe(201)
  return json.faces[0].face.id
}

async function identify(name: string): Promise<Answer['json']> {
  const form: [string, string, string?][] = [['image', `face:${name}`, 'a.jpg']]
  return (await client.send('POST', `${collection}/identify?candidates=1`, { form })).json
}

/** The job that an answer tells of, when it has ended. */
async function untilEnded({ status, headers }: Answer): Promise<Answer['json']> {
  expect(status).toBe(202)
  const path = String(headers.location)
  const read = async () => (await client.send('GET', path)).json
  await expect.poll(async () => (await read()).endedAt, { timeout: 10_000 }).toBeDefined()
  return read()
}

const migrate = (json: object) => client.send('POST', `${collection}/migrations`, { json })

describe('a collection and its models', () => {
  beforeEach(() => client.send('PATCH', collection, { json: { storeCrops: true } }))

  it('moves to another model, goes back, and drops the other', async () => {
    for (const name of ['ann', 'bob']) await enroll(name)
    const policy = { maxFpir: 0.02 }
    const job = await untilEnded(await migrate({ modelId: otherModelId, policy }))
    expect(job).toMatchObject({
      ...{ kind: 'modelMigration', state: 'done', input: { modelId: otherModelId, policy } },
      result: {
        ...{ from: modelId, to: otherModelId, filled: 2, unfilled: 0, missing: 0, switched: true },
        comparison: { faces: 2, persons: 2, agreement: 1 },
      },
    })
    const { json: moved } = await client.send('GET', collection)
    expect(moved).toMatchObject({
      ...{ modelId: otherModelId, policy: { maxFpir: 0.02 } },
      second: { modelId, dimension: 4, indexId: moved.id },
    })
    expect(moved.indexId).not.toBe(moved.id)
    expect(await identify('ann')).toMatchObject({
      ...{ modelId: otherModelId, faces: [{ candidates: [{ personName: 'ann' }] }] },
    })
    const back = await client.send('PUT', `${collection}/model`, { json: { modelId } })
    expect(back).toMatchObject({
      status: 200,
      json: { modelId, second: { modelId: otherModelId } },
    })
    await client.send('PUT', `${collection}/model`, { json: { modelId: otherModelId } })
    const drop = `${collection}/second-model?modelId=${modelId}`
    const erased = await untilEnded(await client.send('DELETE', drop))
    expect(erased).toMatchObject({ kind: 'modelErasure', state: 'done', result: { erased: 2 } })
    expect((await client.send('GET', collection)).json).not.toHaveProperty('second')
    await identify('bob')
    expect(await identify('bob')).toMatchObject({
      ...{ modelId: otherModelId, faces: [{ candidates: [{ personName: 'bob' }] }] },
    })
  })

  it('tells which faces cannot move, and does not switch without leave', async () => {
    await client.send('PATCH', collection, { json: { storeCrops: false } })
    const faceId = await enroll('ann')
    const answer = await migrate({ modelId: otherModelId })
    const job = await untilEnded(answer)
    expect(job.result).toMatchObject({ unfilled: 1, missing: 1, switched: false })
    const { json: items } = await client.send('GET', `${answer.headers.location}/items`)
    expect(items.items).toMatchObject([{ rejected: true, body: { faceId, reasons: ['noCrop'] } }])
    expect(await identify('ann')).toMatchObject({ modelId })
    const path = `${collection}/model`
    const refused = await client.send('PUT', path, { json: { modelId: otherModelId } })
    expect(refused).toMatchObject({ status: 409, json: { code: 'modelConflict', missing: 1 } })
    const json = { modelId: otherModelId, allowMissing: true }
    expect((await client.send('PUT', path, { json })).status).toBe(200)
    const { json: faces } = await client.send('GET', `${collection}/faces`)
    expect(faces.items).toMatchObject([
      { id: faceId, modelId: otherModelId, missingEmbedding: true },
    ])
  })

  it('refuses at once what is wrong with a model', async () => {
    const codes = [
      [{ modelId: 'unknown' }, 404, 'unknownModel'],
      [{ modelId: 'absent' }, 409, 'modelNotInstalled'],
      [{ modelId }, 409, 'modelConflict'],
      [{ modelId: otherModelId, policy: { maxFpir: 2 } }, 400, 'invalidOption'],
      [
        { modelId: otherModelId, policy: { maxFpir: 0.5, possibleFpir: 0.1 } },
        400,
        'invalidOption',
      ],
      [{}, 400, 'invalidRequest'],
      [{ modelId: otherModelId, x: 1 }, 400, 'invalidRequest'],
    ] as const
    for (const [json, , code] of codes) {
      expect((await migrate(json)).json, JSON.stringify(json)).toMatchObject({ code })
    }
    const nowhere = '/v1/collections/none'
    for (const [method, path, json] of [
      ['POST', '/migrations', { modelId: otherModelId }],
      ['PUT', '/model', { modelId: otherModelId }],
      ['DELETE', `/second-model?modelId=${modelId}`, undefined],
    ] as const) {
      const sent = json === undefined ? {} : { json }
      const answer = await client.send(method, `${nowhere}${path}`, sent)
      expect(answer).toMatchObject({ status: 404, json: { code: 'collectionNotFound' } })
    }
    const drop = (id: string) => client.send('DELETE', `${collection}/second-model?modelId=${id}`)
    expect((await drop(modelId)).json).toMatchObject({ code: 'modelConflict' })
    const { json: jobs } = await client.send('GET', '/v1/jobs')
    expect(jobs.items).toEqual([])
  })
})
