import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type CliProcess,
  createTestDataDir,
  runInProcess,
  startCli,
  type TestDataDir,
  writeFacePhoto,
} from '../helpers/cli.ts'
import { assertValid } from '../http/client.ts'

// `--json` prints what HTTP answers: the same members, held against the schemas of openapi.json.

// biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
type Json = any

let data: TestDataDir
let server: CliProcess
let url: string
let photo: string
let other: string
let personId: string

beforeAll(async () => {
  data = await createTestDataDir()
  photo = await writeFacePhoto('ann', join(data.path, 'ann.jpg'))
  other = await writeFacePhoto('annAgain', join(data.path, 'again.jpg'))
  await json('enroll', photo, '--name', 'Ann')
  personId = (await json('persons', 'show', 'Ann')).id
  server = startCli(['--data-dir', data.path, 'serve', '--port', '0'])
  url = /is at (http:\S+)/.exec(await server.waitFor(/is at http:\S+\n/))![1]!
})
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.done
  data.remove()
})

async function json(...args: string[]): Promise<Json> {
  const { code, stdout, stderr } = await runInProcess(['--data-dir', data.path, ...args, '--json'])
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

async function post(
  path: string,
  files: Readonly<Record<string, string>>,
  text = {},
): Promise<Json> {
  const form = new FormData()
  for (const [field, file] of Object.entries(files)) {
    form.set(field, new Blob([readFileSync(file)]), 'a.jpg')
  }
  for (const [field, value] of Object.entries(text)) form.set(field, String(value))
  return (await fetch(`${url}${path}`, { method: 'POST', body: form })).json()
}

const get = async (path: string): Promise<Json> => (await fetch(`${url}${path}`)).json()
const schema = (name: string) => `openapi#/components/schemas/${name}`

describe('the command line and HTTP answer alike', () => {
  it.each([
    ['detect', '/v1/detect', 'DetectResult'],
    ['embed', '/v1/embed', 'EmbedResult'],
    ['identify', '/v1/collections/default/identify', 'IdentifyResult'],
  ])('%s', async (command, path, name) => {
    const { file, ...printed } = await json(command, other)
    expect(file).toBe(other)
    assertValid(schema(name), printed)
    expect(printed).toEqual(await post(path, { image: other }))
    expect(printed.faces).toHaveLength(1)
  })

  it('verify', async () => {
    const images = await json('verify', photo, other)
    assertValid(schema('VerifyResult'), images)
    expect(images).toEqual(await post('/v1/verify', { imageA: photo, imageB: other }))
    const person = await json('verify', other, '--person', 'Ann')
    expect(person).toEqual(await post('/v1/verify', { image: other }, { personId }))
  })

  it('lists', async () => {
    const persons = await json('persons', 'list')
    expect(persons).toEqual(await get('/v1/collections/default/persons'))
    assertValid(schema('Person'), persons.items[0])
    const faces = await json('faces', 'list', '--person', 'Ann')
    expect(faces).toEqual(await get(`/v1/collections/default/persons/${personId}/faces`))
    assertValid(schema('Face'), faces.items[0])
    const { items } = await json('collections', 'list')
    assertValid(schema('CollectionDetails'), items[0])
    const [collection] = (await get('/v1/collections')).items
    expect(items[0]).toMatchObject(collection)
  })

  it('a person and a collection', async () => {
    const { faces, ...person } = await json('persons', 'show', 'Ann')
    expect(person).toEqual(await get(`/v1/collections/default/persons/${personId}`))
    expect(faces).toHaveLength(1)
    const shown = await json('collections', 'show', 'default')
    assertValid(schema('CollectionDetails'), shown)
    // HTTP measures in the background how alike people are, and the command waits for it.
    await expect.poll(() => get('/v1/collections/default')).toEqual(shown)
  })

  it('a face and its embedding', async () => {
    const [listed] = (await json('faces', 'list', '--person', 'Ann')).items
    expect(await json('faces', 'show', listed.id)).toEqual(listed)
    const { dimension, embedding, ...face } = await json('faces', 'show', listed.id, '--embedding')
    expect(face).toEqual(listed)
    const { id: faceId, modelId } = listed
    const address = `/v1/collections/default/persons/${personId}/faces/${faceId}/embedding`
    expect(await get(address)).toEqual({ faceId, modelId, dimension, embedding })
    const { code, stdout } = await runInProcess(['--data-dir', data.path, 'faces', 'show', faceId])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/person +\w+ \(Ann\)\n/)])
    expect(stdout).not.toContain('embedding')
  })

  it('a face that came without an image', async () => {
    const [{ id, modelId }] = (await json('faces', 'list', '--person', 'Ann')).items
    const { embedding } = await json('faces', 'show', id, '--embedding')
    const body = JSON.stringify({ name: 'Embedded', embedding, modelId })
    const sent = await fetch(`${url}/v1/collections/default/persons?duplicates=ignore`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
    })
    const made: Json = await sent.json()
    assertValid(schema('CreatedPerson'), made)
    const faces = await json('faces', 'list', '--person', 'Embedded')
    expect(faces.items).toEqual([made.faces[0].face])
    const { stdout } = await runInProcess([
      '--data-dir',
      data.path,
      'faces',
      'show',
      faces.items[0].id,
    ])
    expect(stdout).toContain('enrolled from an embedding')
    const list = ['--data-dir', data.path, 'persons', 'show', 'Embedded']
    expect((await runInProcess(list)).code).toBe(0)
    await json('persons', 'list')
    expect(
      (await runInProcess(['--data-dir', data.path, 'persons', 'delete', 'Embedded', '--yes']))
        .code,
    ).toBe(0)
  })

  it('a person who is made', async () => {
    const made = await json('persons', 'create', 'Bea', '--metadata', 'team=night')
    assertValid(schema('CreatedPerson'), made)
    const sent = await fetch(`${url}/v1/collections/default/persons`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Bea', metadata: { team: 'night' } }),
    })
    const answered: Json = await sent.json()
    const { id, createdAt, updatedAt } = made
    expect({ ...answered, id, createdAt, updatedAt }).toEqual(made)
    expect(sent.headers.get('location')).toBe(`/v1/collections/default/persons/${answered.id}`)
  })

  it('models', async () => {
    const { items } = await json('models', 'list')
    const answered = await get('/v1/models')
    expect(items).toHaveLength(answered.items.length)
    for (const [index, model] of items.entries()) {
      assertValid(schema('Model'), model)
      expect(model).toMatchObject(answered.items[index])
    }
    const status = await json('status', '--index')
    expect(status.models).toEqual(answered.items)
    expect(status).toMatchObject({
      ready: true,
      reasons: [],
      store: 'sqlite',
      indexKind: 'projected',
    })
    expect(status.collections[0]).toMatchObject({ name: 'default', index: { kind: 'projected' } })
  })
})
