import { zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import type { Person } from '../../src/storage/ports/persons.ts'
import { version } from '../../src/version.ts'
import { type Answer, type Client, createClient, document, seenAnswers } from './client.ts'
import { describeConsentRoutes } from './consent.ts'
import { describeExaminationRoutes } from './examination.ts'
import { modelId, otherModelId, toEmbedding } from './services.ts'
import { describeSetAsideRoutes } from './set-aside.ts'
import { describeStatementRoutes } from './statements.ts'
import { describeStrangerRoutes } from './strangers.ts'

const persons = '/v1/collections/default/persons'
const base64 = (text: string) => Buffer.from(text).toString('base64')
const ann = 'face:ann'

let client: Client
beforeEach(async () => {
  client = await createClient({ maxImages: 3, maxArchiveBytes: 5000 })
})
afterEach(() => client.close())

/** Enrols Ann from one image and answers her id and the face's. */
async function enrollAnn(): Promise<{ person: string; face: string }> {
  const { json } = await client.send('POST', persons, {
    form: [
      ['name', 'Ann'],
      ['image', ann, 'ann.jpg'],
    ],
  })
  return { person: json.id, face: json.faces[0].face.id }
}

describe('routes of the seed', () => {
  it('registers and recognises with exactly these shapes', async () => {
    const registered = await client.send('POST', '/registerFace?name=Ann', {
      form: [['refImage', ann, 'A1.jpg']],
    })
    expect(registered.status).toBe(200)
    expect(registered.body).toBe('{"Success":"Face is registered successfully"}')

    const recognised = await client.send('POST', '/recognizeFace', {
      form: [['mainImage', ann, 'A2.jpg']],
    })
    expect(recognised.status).toBe(200)
    expect(Object.keys(recognised.json)).toEqual(['Prediction', 'L2Distance'])
    expect(recognised.json.Prediction).toBe('Ann')
    expect(recognised.json.L2Distance).toBeCloseTo(0, 5)
  })

  it('answers Unknown and the distance to the nearest face for a stranger', async () => {
    await client.send('POST', '/registerFace?name=Ann', { form: [['refImage', ann, 'a.jpg']] })
    const { json } = await client.send('POST', '/recognizeFace', {
      form: [['mainImage', 'face:eve', 'e.jpg']],
    })
    const [a, e] = [toEmbedding('ann'), toEmbedding('eve')]
    const cosine = a.reduce((sum, value, index) => sum + value * (e[index] ?? 0), 0)
    expect(json.Prediction).toBe('Unknown')
    expect(json.L2Distance).toBeCloseTo(2 - 2 * cosine, 5)
  })

  it('answers Unknown for a face that cannot be compared, however near it is', async () => {
    await client.send('POST', '/registerFace?name=Ann', { form: [['refImage', ann, 'a.jpg']] })
    const { status, json } = await client.send('POST', '/recognizeFace', {
      form: [['mainImage', 'face:ann!rotated', 'r.jpg']],
    })
    expect(status).toBe(200)
    expect(Object.keys(json)).toEqual(['Prediction', 'L2Distance'])
    expect(json.Prediction).toBe('Unknown')
    expect(json.L2Distance).toBeCloseTo(0, 5)
  })

  it('answers Unknown and null when nobody is enrolled', async () => {
    const { json } = await client.send('POST', '/recognizeFace', {
      form: [['mainImage', ann, 'a.jpg']],
    })
    expect(json).toEqual({ Prediction: 'Unknown', L2Distance: null })
  })

  it('adds a second photo to the person of that name, also when both come at once', async () => {
    const send = (content: string) =>
      client.send('POST', '/registerFace?name=%20Ann', { form: [['refImage', content, 'a.jpg']] })
    await Promise.all([send(ann), send('face:anne')])
    const { json } = await client.send('GET', persons)
    expect(json.items).toHaveLength(1)
    expect(json.items[0]).toMatchObject({ name: 'Ann', faceCount: 2 })
  })

  it('takes the largest face of several', async () => {
    const { status } = await client.send('POST', '/registerFace?name=Ann', {
      form: [['refImage', 'face:ann face:bob', 'both.jpg']],
    })
    expect(status).toBe(200)
    expect(client.services.lastOptions).toMatchObject({ faces: 'largest' })
  })

  it('answers an error when the face cannot be registered', async () => {
    const none = await client.send('POST', '/registerFace?name=Ann', {
      form: [['refImage', 'face:', 'a.jpg']],
    })
    expect([none.status, none.json.code]).toEqual([422, 'noFace'])
    const blurred = await client.send('POST', '/registerFace?name=Ann', {
      form: [['refImage', 'face:blurred', 'a.jpg']],
    })
    expect([blurred.status, blurred.json.code]).toEqual([422, 'qualityTooLow'])
    expect(blurred.json.rejected[0]).toMatchObject({ fileName: 'a.jpg', reasons: ['tooBlurred'] })
  })

  it('answers an error when there is no face to recognise', async () => {
    const { json } = await client.send('POST', '/recognizeFace', {
      form: [['mainImage', 'face:', 'a.jpg']],
    })
    expect(json.code).toBe('noFace')
  })
})

describe('analysis', () => {
  it('detects every face of an image, from a form or from base64', async () => {
    const form = await client.send('POST', '/v1/detect', {
      form: [['image', 'face:ann face:bob', 'a.jpg']],
    })
    expect(form.status).toBe(200)
    expect(form.json.faces).toHaveLength(2)
    expect(Object.keys(form.json.faces[0])).toEqual(['box', 'landmarks', 'confidence', 'quality'])
    const json = await client.send('POST', '/v1/detect', {
      json: { image: base64('face:ann face:bob') },
    })
    expect(json.json).toEqual(form.json)
  })

  it('reads the base64 of a data: URL', async () => {
    const { json } = await client.send('POST', '/v1/detect', {
      json: { image: `data:image/jpeg;base64,${base64(ann)}` },
    })
    expect(json.faces).toHaveLength(1)
  })

  it('answers no faces as an empty list', async () => {
    const { status, json } = await client.send('POST', '/v1/detect', {
      form: [['image', 'face:', 'a.jpg']],
    })
    expect([status, json.faces]).toEqual([200, []])
  })

  it('hands the options of the query to the detector', async () => {
    const query =
      'minFaceSize=24&maxFaces=1&thresholds=0.6&thresholds=0.7&thresholds=0.8&readTurned=false'
    const { json } = await client.send('POST', `/v1/detect?${query}`, {
      form: [['image', 'face:ann face:bob', 'a.jpg']],
    })
    expect(json.faces).toHaveLength(1)
    expect(client.services.lastOptions).toMatchObject({
      detector: {
        minFaceSize: 24,
        maxFaces: 1,
        thresholds: [0.6, 0.7, 0.8],
        readTurned: false,
      },
    })
  })

  it('embeds every face', async () => {
    const { json } = await client.send('POST', `/v1/embed?modelId=${modelId}`, {
      form: [['image', ann, 'a.jpg']],
    })
    expect(json).toMatchObject({ modelId, dimension: 4 })
    expect(json.faces[0].embedding).toEqual(Array.from(toEmbedding('ann')))
  })

  it('answers unknownModel and modelNotInstalled', async () => {
    const form = [['image', ann, 'a.jpg']] as const
    const unknown = await client.send('POST', '/v1/embed?modelId=x', { form })
    expect([unknown.status, unknown.json.code]).toEqual([400, 'unknownModel'])
    const absent = await client.send('POST', '/v1/embed?modelId=absent', { form })
    expect([absent.status, absent.json.code]).toEqual([409, 'modelNotInstalled'])
  })

  it('identifies every face of an image', async () => {
    await enrollAnn()
    const { json } = await client.send('POST', '/v1/collections/default/identify?candidates=1', {
      form: [['image', 'face:ann face:eve', 'a.jpg']],
    })
    expect(json.faces).toHaveLength(2)
    expect(json.faces[0]).toMatchObject({
      decision: 'match',
      candidates: [{ personName: 'Ann', fmrExtrapolated: true }],
    })
    expect(json.thresholds).toMatchObject({ basis: 'fmrCurve', extrapolated: false })
    expect(json).not.toHaveProperty('timings')
  })

  it('answers undetermined with reasons for a face that cannot be compared', async () => {
    await enrollAnn()
    const { json } = await client.send('POST', '/v1/collections/default/identify', {
      form: [['image', 'face:ann!rotated face:ann', 'a.jpg']],
    })
    expect(json).toMatchObject({ turned: 0, omittedFaces: 0 })
    expect(json.faces).toMatchObject([
      { decision: 'undetermined', reasons: ['rotated'] },
      { decision: 'match', reasons: [] },
    ])
  })

  it('says how an image was turned and how many faces were left out', async () => {
    client.services.imageFacts = { width: 640, height: 480, turned: 270, omittedFaces: 3 }
    const form = [['image', ann, 'a.jpg']] as const
    for (const route of ['detect', 'embed', 'collections/default/identify']) {
      const { json } = await client.send('POST', `/v1/${route}`, { form })
      expect(json).toMatchObject({ turned: 270, omittedFaces: 3 })
    }
  })

  it('answers unknown, without candidates, in an empty gallery', async () => {
    const { status, json } = await client.send('POST', '/v1/collections/default/identify', {
      form: [['image', ann, 'a.jpg']],
    })
    expect([status, json.faces[0].decision, json.faces[0].candidates]).toEqual([200, 'unknown', []])
  })

  it('identifies an embedding', async () => {
    await enrollAnn()
    const { json } = await client.send('POST', '/v1/collections/default/identify', {
      json: { embedding: Array.from(toEmbedding('ann')), modelId },
    })
    expect(json.faces).toHaveLength(1)
    expect(json.faces[0].decision).toBe('match')
    expect(json.faces[0]).not.toHaveProperty('box')
    expect(json).not.toHaveProperty('width')
  })

  it('verifies two images', async () => {
    const { json } = await client.send('POST', '/v1/verify', {
      form: [
        ['imageA', ann, 'a.jpg'],
        ['imageB', 'face:bob', 'b.jpg'],
      ],
    })
    expect(json.match).toBe(false)
    const same = await client.send('POST', '/v1/verify?threshold=0.5', {
      json: { imageA: base64(ann), imageB: base64(ann) },
    })
    expect(same.json).toMatchObject({ match: true, threshold: 0.5 })
  })

  it('verifies as undetermined, and never as a match, what cannot be compared', async () => {
    const { json } = await client.send('POST', '/v1/verify', {
      json: { imageA: base64('face:ann!rotated'), imageB: base64(ann) },
    })
    expect(json).toMatchObject({
      match: false,
      decision: 'undetermined',
      reasons: { probe: ['rotated'], reference: [] },
    })
  })

  it('verifies an image against a person and against a stored face', async () => {
    const { person, face } = await enrollAnn()
    const withPerson = await client.send('POST', '/v1/verify', {
      form: [
        ['image', ann, 'a.jpg'],
        ['collection', 'default'],
        ['personId', person],
      ],
    })
    expect(withPerson.json).toMatchObject({ match: true, faceId: face })
    const withFace = await client.send('POST', '/v1/verify', {
      json: { image: base64(ann), faceId: face },
    })
    expect(withFace.json).toMatchObject({ match: true, faceId: face })
  })

  it('sends the times of the stages', async () => {
    const { headers } = await client.send('POST', '/v1/detect', { form: [['image', ann, 'a.jpg']] })
    expect(headers['server-timing']).toMatch(
      /^queue;dur=1\.0, decode;dur=2\.0, detect;dur=3\.0, align;dur=4\.0, embed;dur=5\.0, search;dur=0\.0, total;dur=\d+\.\d$/,
    )
  })
})

describe('collections', () => {
  it('creates, gets, changes, lists and deletes', async () => {
    const created = await client.send('POST', '/v1/collections', {
      json: { name: 'staff', policy: { threshold: 0.4 }, storeCrops: true },
    })
    expect(created.status).toBe(201)
    expect(created.headers.location).toBe('/v1/collections/staff')
    expect(created.json).toMatchObject({ name: 'staff', storeCrops: true, modelId })
    const policy = { maxFpir: 0.01, possibleFpir: 0.1, probeShift: 'standard' }
    expect(created.json.policy).toEqual({ ...policy, threshold: 0.4 })

    const got = await client.send('GET', '/v1/collections/staff')
    expect(got.json).toMatchObject({ persons: 0, faces: 0, thresholds: { match: 0.4 } })
    expect(got.json.difficulty).toMatchObject({ persons: 1000, times: 6.33, shift: 0.077 })

    const changed = await client.send('PATCH', '/v1/collections/staff', {
      json: { policy: { maxFpir: 0.001, galleryShift: true } },
    })
    expect(changed.json.policy).toMatchObject({ maxFpir: 0.001, galleryShift: true })

    const rates = 'maxFpir=0.1&maxFpir=0.00001'
    const asked = await client.send('GET', `/v1/collections/staff/thresholds?${rates}`)
    expect(asked.json.items.map(({ maxFpir }: { maxFpir: number }) => maxFpir)).toEqual([0.1, 1e-5])
    const [lenient, strict] = asked.json.items
    expect(strict.threshold).toBeGreaterThan(lenient.threshold)
    expect(strict.fnmr).toBeGreaterThanOrEqual(lenient.fnmr)
    const one = await client.send('GET', '/v1/collections/staff/thresholds?maxFpir=0.00001')
    expect(one.json.items).toEqual([strict])
    const back = await client.send('PATCH', '/v1/collections/staff', {
      json: { policy: { threshold: null, possibleThreshold: null, maxFpir: null } },
    })
    expect(back.json.policy).toEqual({ ...policy, galleryShift: true })

    const list = await client.send('GET', '/v1/collections?limit=1')
    expect(list.json.items.map(({ name }: { name: string }) => name)).toEqual(['default'])
    const next = await client.send('GET', `/v1/collections?cursor=${list.json.nextCursor}`)
    expect(next.json.items.map(({ name }: { name: string }) => name)).toEqual(['staff'])
    expect(next.json).not.toHaveProperty('nextCursor')

    const deleted = await client.send('DELETE', '/v1/collections/staff')
    expect([deleted.status, deleted.body]).toEqual([204, ''])
    expect((await client.send('GET', '/v1/collections/staff')).json.code).toBe('collectionNotFound')
  })

  it('renames a collection and sets its quality gates', async () => {
    const qualityGates = { minSizePx: 120, maxYawDegrees: 'off' }
    const created = await client.send('POST', '/v1/collections', {
      json: { name: 'staff', qualityGates },
    })
    expect(created.json.qualityGates).toEqual(qualityGates)
    const { status, json } = await client.send('PATCH', '/v1/collections/staff', {
      json: { name: 'people', qualityGates: { maxYawDegrees: null } },
    })
    expect([status, json.name, json.qualityGates]).toEqual([200, 'people', { minSizePx: 120 }])
    expect((await client.send('GET', '/v1/collections/staff')).status).toBe(404)
    const small = await client.send('POST', '/v1/collections/people/persons', {
      json: { name: 'Ann', image: base64(ann) },
    })
    expect([small.status, small.json.code]).toEqual([422, 'qualityTooLow'])
    for (const [body, code] of [
      [{ name: 'default' }, 'collectionExists'],
      [{ name: 'No' }, 'invalidName'],
      [{ qualityGates: { minSizePx: -1 } }, 'invalidOption'],
      [{ qualityGates: { minSizePx: 'on' } }, 'invalidOption'],
      [{ qualityGates: { minSize: 1 } }, 'invalidOption'],
    ] as const) {
      const refused = await client.send('PATCH', '/v1/collections/people', { json: body })
      expect([refused.json.code, refused.status >= 400 && refused.status < 500]).toEqual([
        code,
        true,
      ])
    }
    const own = await client.send('PATCH', '/v1/collections/default', { json: { name: 'other' } })
    expect([own.status, own.json.code]).toEqual([403, 'forbidden'])
  })

  it('refuses to delete default, which then still has its people', async () => {
    const { person } = await enrollAnn()
    const { status, json } = await client.send('DELETE', '/v1/collections/default')
    expect([status, json.code]).toEqual([403, 'forbidden'])
    expect(json.detail).toContain('"default"')
    expect((await client.send('GET', `${persons}/${person}`)).json.faceCount).toBe(1)
  })

  it('answers collectionExists for a name that is taken', async () => {
    const { status, json } = await client.send('POST', '/v1/collections', {
      json: { name: 'default' },
    })
    expect([status, json.code]).toEqual([409, 'collectionExists'])
  })
})

describe('models of a collection', () => {
  // What they do is in models.test.ts.
  it('are migrated to, switched and dropped', async () => {
    const collection = '/v1/collections/default'
    const json = { modelId: otherModelId }
    const started = await client.send('POST', `${collection}/migrations`, { json })
    expect(started.status).toBe(202)
    const state = async () =>
      (await client.send('GET', String(started.headers.location))).json.state
    await expect.poll(state).toBe('done')
    const back = await client.send('PUT', `${collection}/model`, { json: { modelId } })
    expect(back).toMatchObject({ status: 200, json: { modelId, second: json } })
    const dropped = await client.send(
      ...(['DELETE', `${collection}/second-model?modelId=${otherModelId}`] as const),
    )
    expect(dropped).toMatchObject({ status: 202, json: { kind: 'modelErasure' } })
  })
})

describe('persons', () => {
  it('creates, gets, changes, lists and deletes', async () => {
    const created = await client.send('POST', persons, {
      json: { name: 'Ann', metadata: { floor: 2, tags: ['a', null] } },
    })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({
      name: 'Ann',
      metadata: { floor: 2, tags: ['a', null] },
      faceCount: 0,
      faces: [],
      rejected: [],
    })
    const url = `${persons}/${created.json.id}`
    expect((await client.send('GET', url)).json.name).toBe('Ann')
    const changed = await client.send('PATCH', url, { json: { name: 'Anna' } })
    expect(changed.json.name).toBe('Anna')
    expect((await client.send('GET', `${persons}?name=NN`)).json.items).toHaveLength(1)
    expect((await client.send('GET', `${persons}?exactName=Ann`)).json.items).toHaveLength(0)
    expect((await client.send('DELETE', url)).status).toBe(204)
    expect((await client.send('GET', url)).json.code).toBe('personNotFound')
  })

  it('creates a person together with faces', async () => {
    const { status, json } = await client.send('POST', persons, {
      form: [
        ['name', 'Ann'],
        ['metadata', '{"floor":2}'],
        ['image', ann, 'one.jpg'],
        ['images', 'no image', 'two.txt'],
      ],
    })
    expect(status).toBe(201)
    expect(json).toMatchObject({ name: 'Ann', metadata: { floor: 2 }, faceCount: 1 })
    expect(json.faces).toMatchObject([
      { fileName: 'one.jpg', alreadyEnrolled: false, warnings: [] },
    ])
    expect(json.rejected).toMatchObject([{ fileName: 'two.txt', reasons: ['unsupportedImage'] }])
  })

  it('makes one person of a name that requests at once reuse or refuse', async () => {
    const create = (way: string, photo?: string) =>
      client.send('POST', `${persons}?ifExists=${way}`, {
        form: [
          ['name', ' Ann '],
          ...(photo === undefined ? [] : [['image', photo, 'a.jpg'] as const]),
        ],
      })
    const reused = await Promise.all(
      [ann, 'face:anne', undefined, ann].map((photo) => create('reuse', photo)),
    )
    expect(reused.map(({ status }) => status)).toEqual([201, 201, 201, 201])
    expect(new Set(reused.map(({ json }) => json.id)).size).toBe(1)
    const refused = await Promise.all([create('refuse', ann), create('refuse')])
    for (const { status, json } of refused) {
      expect([status, json.code]).toEqual([409, 'personExists'])
    }
    expect((await create('create')).status).toBe(201)
    const ambiguous = await create('reuse')
    expect([ambiguous.status, ambiguous.json.code]).toEqual([400, 'invalidOption'])
    const first = await create('reuse&onAmbiguous=first')
    expect(first.json.id).toBe(reused[0]!.json.id)
    const { json } = await client.send('GET', persons)
    expect(json.items.map((item: { faceCount: number }) => item.faceCount)).toEqual([2, 0])
  })

  it('keeps all fields of a person, and changes each', async () => {
    const given = {
      ...{ name: 'Ann', aliases: ['Annie'], externalId: 'e-1', notes: 'a\nb', hidden: true },
      ...{ favourite: true, metadata: { a: 1 } },
    }
    const { json: made } = await client.send('POST', persons, { json: given })
    expect(made).toMatchObject({ ...given, revision: 1 })
    const url = `${persons}/${made.id}`
    const patch = { aliases: [], externalId: null, notes: null, hidden: false, favourite: false }
    const { json: changed } = await client.send('PATCH', url, { json: patch })
    expect(changed).toMatchObject({ aliases: [], hidden: false, favourite: false, revision: 2 })
    expect(changed).not.toHaveProperty('notes')
    expect(changed).not.toHaveProperty('externalId')
    const form = [
      ['name', 'Bob'],
      ['aliases', '["Rob"]'],
      ['externalId', 'e-2'],
      ['notes', 'x'],
      ['favourite', 'true'],
      ['image', 'face:bob', 'b.jpg'],
    ] as const
    const { json: bob } = await client.send('POST', persons, { form })
    const ofForm = { aliases: ['Rob'], externalId: 'e-2', notes: 'x', favourite: true }
    expect(bob).toMatchObject(ofForm)
    const again = await client.send('POST', `${persons}?ifExists=reuse`, {
      json: { name: 'Robert', externalId: 'e-2' },
    })
    expect(again.json).toMatchObject({ id: bob.id, name: 'Bob' })
    for (const [send, json, code] of [
      ['POST', { name: 'Cid', externalId: 'e-2' }, 'externalIdTaken'],
      ['POST', { name: 'Cid', aliases: ['\u0000'] }, 'invalidRequest'],
      ['POST', { name: 'Cid', notes: '\u0000' }, 'invalidRequest'],
      ['PATCH', { externalId: 'e-2' }, 'externalIdTaken'],
      ['PATCH', { coverFaceId: bob.faces[0].face.id }, 'faceNotFound'],
    ] as const) {
      const asked = await client.send(send, send === 'POST' ? persons : url, { json })
      expect([asked.json.code, asked.status >= 400]).toEqual([code, true])
    }
    const cover = { coverFaceId: bob.faces[0].face.id }
    const shown = await client.send('PATCH', `${persons}/${bob.id}`, { json: cover })
    expect(shown.json).toMatchObject(cover)
  })

  it('changes and deletes a person only as it was read', async () => {
    const { json: made } = await client.send('POST', persons, { json: { name: 'Ann' } })
    const url = `${persons}/${made.id}`
    const { headers } = await client.send('GET', url)
    expect(headers.etag).toBe('"1"')
    const change = (tag: string) =>
      client.send('PATCH', url, { json: { name: 'Bea' }, headers: { 'if-match': tag } })
    const changed = await change('"1"')
    expect([changed.status, changed.headers.etag]).toEqual([200, '"2"'])
    for (const tag of ['"1"', 'W/"2"', '"x"', '2']) {
      const { status, json } = await change(tag)
      expect([status, json.code, json.revision]).toEqual([412, 'revisionMismatch', 2])
    }
    expect((await change('"1", "2"')).json.code).toBe('invalidRequest')
    expect((await change('*')).status).toBe(200)
    const remove = (tag: string) => client.send('DELETE', url, { headers: { 'if-match': tag } })
    expect((await remove('"2"')).json.code).toBe('revisionMismatch')
    expect((await remove('"3"')).status).toBe(204)
  })

  it('finds persons by words, filters and sorts them', async () => {
    for (const name of ['İstanbul Kaya', 'Zoë', 'ann']) {
      await client.send('POST', persons, { json: { name, favourite: name === 'ann' } })
    }
    const names = async (query: string) =>
      (await client.send('GET', `${persons}?${query}`)).json.items.map(
        ({ name }: { name: string }) => name,
      )
    expect(await names('query=istanbul')).toEqual(['İstanbul Kaya'])
    expect(await names('query=zoe&sort=updated&order=desc')).toEqual(['Zoë'])
    expect(await names('sort=name')).toEqual(['ann', 'İstanbul Kaya', 'Zoë'])
    expect(await names('favourite=true')).toEqual(['ann'])
    expect(await names('faces=none&hidden=false&order=desc')).toEqual([
      ...['ann', 'Zoë', 'İstanbul Kaya'],
    ])
    expect(await names('changedSince=2999-01-01T00:00:00Z')).toEqual([])
    for (const query of ['sort=age', 'order=up', 'faces=two', 'changedSince=soon']) {
      expect((await client.send('GET', `${persons}?${query}`)).status).toBe(400)
    }
  })

  it('changes many persons, with a result for each', async () => {
    const ids: string[] = []
    for (const name of ['Ann', 'Bob', 'Cid']) {
      const json = { name, metadata: { team: 'a', tags: ['x'] } }
      ids.push((await client.send('POST', persons, { json })).json.id)
    }
    const bulk = (json: object) => client.send('POST', `${persons}/bulk`, { json })
    const operation = {
      ...{ kind: 'update', fields: { hidden: true }, setMetadata: { floor: 2 } },
      ...{ removeMetadata: ['team'], addTags: ['y'], removeTags: ['x'] },
    }
    const changed = { hidden: true, metadata: { floor: 2, tags: ['y'] } }
    const dry = await bulk({ ids: ids.slice(0, 1), operation, dryRun: true })
    expect(dry.json).toMatchObject({ items: [{ person: { ...changed, revision: 1 } }], changed: 1 })
    const { json } = await bulk({ ids: [ids[0], 'nobody', ids[1]], operation })
    expect(json).toMatchObject({
      ...{ changed: 2, failed: 1 },
      items: [
        { id: ids[0], status: 'ok', person: { ...changed, revision: 2 } },
        { id: 'nobody', status: 'failed', code: 'personNotFound' },
        { id: ids[1], status: 'ok', person: changed },
      ],
    })
    const removed = await bulk({
      ids: [ids[1], ids[2], ids[1]!.toLowerCase()],
      operation: { kind: 'delete' },
    })
    expect(removed.json).toMatchObject({ changed: 2, failed: 1 })
    expect((await client.send('GET', persons)).json.items).toMatchObject([{ id: ids[0] }])
    // Also who was deleted before; nothing puts them back.
    const erased = await bulk({ ids, operation: { kind: 'delete', erase: 'now' } })
    expect(erased.json).toMatchObject({ changed: 3, failed: 0 })
    const { json: history } = await client.send('GET', '/v1/collections/default/history')
    for (const { id, kind } of history.items) {
      if (kind !== 'personDeleted') continue
      const undone = await client.send('POST', `/v1/collections/default/history/${id}/undo`)
      expect(undone.json.detail).toContain('erased')
    }
    const many = Array.from({ length: 1001 }, (_, i) => `p${i}`)
    for (const wrong of [
      { ids: many, operation: { kind: 'delete' } },
      { ids: [], operation: { kind: 'delete' } },
      { ids: ['a', 'a'], operation: { kind: 'delete' } },
      { ids, operation: { kind: 'move' } },
      { ids, operation: { kind: 'delete', fields: {} } },
      { ids, operation: { kind: 'delete', erase: 'later' } },
    ]) {
      expect((await bulk(wrong)).json.code).toBe('invalidRequest')
    }
  })

  it('exports persons as CSV and JSON', async () => {
    const given = { name: '=1+1', aliases: ['A, "B"'], metadata: { a: 1 }, hidden: true }
    await client.send('POST', persons, { json: given })
    await client.send('POST', persons, { json: { name: 'Bob' } })
    const csv = await client.send('GET', `${persons}.csv?sort=name`)
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8')
    const lines = csv.body.trim().split('\r\n')
    expect(lines[0]).toMatch(/^id,name,aliases,externalId,notes,hidden,favourite,metadata,/)
    expect(lines[1]).toContain(`,'=1+1,"[""A, \\""B\\""""]",,,true,false,"{""a"":1}",,,0,1,,`)
    expect(lines).toHaveLength(3)
    const all = await client.send('GET', `${persons}.json`)
    expect(JSON.parse(all.body)).toEqual((await client.send('GET', persons)).json.items)
    expect((await client.send('GET', `${persons}.json?hidden=true`)).json).toMatchObject([given])
    expect((await client.send('GET', `${persons}.json?query=nobody`)).json).toEqual([])
    const nobody = '/v1/collections/nobody/persons.csv'
    expect((await client.send('GET', nobody)).json.code).toBe('collectionNotFound')
  })

  it('stores nobody when no image can be used', async () => {
    const { status, json } = await client.send('POST', persons, {
      json: { name: 'Ann', images: [base64('face:ann face:bob')] },
    })
    expect([status, json.code]).toEqual([422, 'multipleFaces'])
    expect(json.rejected).toMatchObject([{ fileName: 'images[0]', reasons: ['multipleFaces'] }])
    expect((await client.send('GET', persons)).json.items).toEqual([])
  })

  it.each(['../../etc/passwd', '<script>alert(1)</script>', '🦊🦊', 'שלום', '  Ann  ', "O'Neil"])(
    'takes the name %j as text',
    async (name) => {
      const created = await client.send('POST', persons, { json: { name } })
      expect(created.status).toBe(201)
      expect(created.json.name).toBe(name.trim())
    },
  )
})

describe('faces', () => {
  it('enrols several images and answers each', async () => {
    const { person } = await enrollAnn()
    const url = `${persons}/${person}/faces`
    const { status, json, headers } = await client.send('POST', url, {
      form: [
        ['image', 'face:ann2', 'a2.jpg'],
        ['image', 'face:', 'empty.jpg'],
        ['image', ann, 'again.jpg'],
      ],
    })
    expect(status).toBe(201)
    expect(json.person.faceCount).toBe(2)
    expect(json.faces).toMatchObject([
      { fileName: 'a2.jpg', alreadyEnrolled: false },
      { fileName: 'again.jpg', alreadyEnrolled: true },
    ])
    expect(headers.location).toBe(`${url}/${json.faces[0].face.id}`)
    expect(json.rejected).toMatchObject([{ fileName: 'empty.jpg', reasons: ['noFace'] }])
    expect((await client.send('GET', url)).json.items).toHaveLength(2)
  })

  it('enrols embeddings, and answers those that are stored', async () => {
    const embedding = Array.from(toEmbedding('ann'))
    const made = await client.send('POST', persons, { json: { name: 'Ann', embedding, modelId } })
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({ name: 'Ann', faceCount: 1, rejected: [] })
    const url = `${persons}/${made.json.id}/faces`
    const embeddings = [embedding, Array.from(toEmbedding('ann2'))]
    const { status, json } = await client.send('POST', url, { json: { embeddings, modelId } })
    expect(status).toBe(201)
    expect(json.faces).toMatchObject([
      { fileName: 'embeddings[0]', alreadyEnrolled: true },
      { fileName: 'embeddings[1]', alreadyEnrolled: false },
    ])
    const { face } = json.faces[1]
    expect(face).not.toHaveProperty('box')
    const stored = await client.send('GET', `${url}/${face.id}/embedding`)
    expect(stored.json).toMatchObject({ faceId: face.id, modelId, dimension: 4 })
    expect(Float32Array.from(stored.json.embedding)).toEqual(toEmbedding('ann2'))
    const known = await client.send('POST', '/v1/collections/default/identify', {
      form: [['image', ann, 'a.jpg']],
    })
    expect(known.json.faces[0].candidates[0].personName).toBe('Ann')
  })

  it('refuses embeddings that cannot be enrolled', async () => {
    const { person } = await enrollAnn()
    const url = `${persons}/${person}/faces`
    const embedding = Array.from(toEmbedding('ann'))
    for (const [body, code] of [
      [{ embedding }, 'invalidRequest'],
      [{ embedding, modelId, image: base64(ann) }, 'invalidRequest'],
      [{ embedding, modelId: 'other' }, 'modelMismatch'],
      [{ embedding: [1], modelId }, 'dimensionMismatch'],
      [{ embedding: [0, 0, 0, 0], modelId }, 'invalidEmbedding'],
      [{ embeddings: [['a']], modelId }, 'invalidEmbedding'],
      [{ embeddings: Array.from({ length: 21 }, () => embedding), modelId }, 'tooManyImages'],
      [{ embeddings: [], modelId }, 'missingImage'],
      [{ modelId }, 'missingImage'],
    ] as const) {
      const answer = await client.send('POST', url, { json: body })
      expect([answer.json.code, answer.status >= 400 && answer.status < 500]).toEqual([code, true])
    }
    const form = await client.send('POST', url, { form: [['embedding', '[1]']] })
    expect(form.json.code).toBe('missingImage')
    expect((await client.send('GET', url)).json.items).toHaveLength(1)
  })

  it('answers 200 when nothing new was stored', async () => {
    const { person } = await enrollAnn()
    const url = `${persons}/${person}/faces`
    const again = await client.send('POST', url, { json: { image: base64(ann) } })
    expect([again.status, again.json.faces[0].alreadyEnrolled]).toEqual([200, true])
    expect(again.headers).not.toHaveProperty('location')
    const none = await client.send('POST', url, { json: { images: [base64('face:')] } })
    expect([none.status, none.json.faces]).toEqual([200, []])
    expect(none.json.person.id).toBe(person)
  })

  it('tells the address of what it made', async () => {
    const made = await client.send('POST', persons, { json: { name: 'Bob' } })
    const url = `${persons}/${made.json.id}`
    expect(made.headers.location).toBe(url)
    const images = ['face:bob', 'face:bob2'].map(base64)
    const several = await client.send('POST', `${url}/faces`, { json: { images } })
    expect(several.json.faces).toHaveLength(2)
    expect(several.headers.location).toBe(`${url}/faces`)
  })

  it('warns of a duplicate of another person', async () => {
    await enrollAnn()
    const bob = await client.send('POST', persons, { json: { name: 'Bob' } })
    const { json } = await client.send('POST', `${persons}/${bob.json.id}/faces`, {
      form: [['image', ann, 'a.jpg']],
    })
    expect(json.faces[0].warnings).toMatchObject([
      { reason: 'duplicateOfOtherPerson', personName: 'Ann' },
    ])
  })

  it('says how a photograph was read, and warns of a weak one', async () => {
    client.services.imageFacts = { ...client.services.imageFacts, turned: 90 }
    const form: [string, string, string][] = [['image', 'face:ann!weak', 'a.jpg']]
    const created = await client.send('POST', persons, { form: [['name', 'Ann'], ...form] })
    expect(created.json.faces).toMatchObject([
      {
        turned: 90,
        warnings: [
          { reason: 'weakPhotograph', message: expect.stringMatching(/^The photograph is weak/) },
        ],
      },
    ])
    const again = await client.send('POST', `${persons}/${created.json.id}/faces`, { form })
    expect(again.json.faces[0].alreadyEnrolled).toBe(true)
    expect(again.json.faces[0]).not.toHaveProperty('turned')
  })

  it('hints at a second photograph until there is one', async () => {
    const created = await client.send('POST', persons, {
      form: [
        ['name', 'Ann'],
        ['image', ann, 'a.jpg'],
      ],
    })
    expect(created.json.hints).toMatchObject([
      { reason: 'onePhotograph', message: expect.stringMatching(/^One photograph of this person/) },
    ])
    const url = `${persons}/${created.json.id}/faces`
    const none = await client.send('POST', url, { form: [['image', 'face:', 'b.jpg']] })
    expect(none.json.hints).toHaveLength(1)
    const second = await client.send('POST', url, { form: [['image', 'face:ann2', 'b.jpg']] })
    expect(second.json.hints).toEqual([])
    const empty = await client.send('POST', persons, { json: { name: 'Bob' } })
    expect(empty.json.hints).toEqual([])
  })

  it('lists the faces of all persons of a collection, in pages', async () => {
    const made = [await enrollAnn()]
    for (const name of ['Bob', 'Cid']) {
      const image = base64(`face:${name.toLowerCase()}`)
      const { json } = await client.send('POST', persons, { json: { name, image } })
      made.push({ person: json.id, face: json.faces[0].face.id })
    }
    const url = '/v1/collections/default/faces?limit=2'
    const first = (await client.send('GET', url)).json
    const second = (await client.send('GET', `${url}&cursor=${first.nextCursor}`)).json
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([2, 1, undefined])
    const listed = [...first.items, ...second.items]
    expect(listed.map(({ id, personId }) => ({ person: personId, face: id }))).toEqual(made)
    const none = await client.send('GET', '/v1/collections/none/faces')
    expect([none.status, none.json.code]).toEqual([404, 'collectionNotFound'])
  })

  it('hands the options of the query on', async () => {
    const { person } = await enrollAnn()
    const query = 'faces=largest&duplicates=reject&skipQualityGates=true'
    await client.send('POST', `${persons}/${person}/faces?${query}`, {
      form: [['image', ann, 'a.jpg']],
    })
    expect(client.services.lastOptions).toMatchObject({
      faces: 'largest',
      duplicates: 'reject',
      skipQualityGates: true,
    })
    const detector = 'minFaceSize=20&readTurned=false'
    await client.send('POST', `${persons}/${person}/faces?${detector}`, {
      form: [['image', ann, 'a.jpg']],
    })
    const given = { detector: { minFaceSize: 20, readTurned: false } }
    expect(client.services.lastOptions).toMatchObject(given)
    await client.send('POST', `/v1/verify?${detector}`, {
      json: { image: base64(ann), personId: person },
    })
    expect(client.services.lastOptions).toMatchObject(given)
  })

  it('gets and deletes a face below its own person only', async () => {
    const { person, face } = await enrollAnn()
    const bob = await client.send('POST', persons, { json: { name: 'Bob' } })
    const other = `${persons}/${bob.json.id}/faces/${face}`
    expect((await client.send('GET', other)).json.code).toBe('faceNotFound')
    expect((await client.send('DELETE', other)).json.code).toBe('faceNotFound')
    const url = `${persons}/${person}/faces/${face}`
    expect((await client.send('GET', url)).json).toMatchObject({ id: face, personId: person })
    expect((await client.send('DELETE', url)).status).toBe(204)
    expect((await client.send('GET', url)).json.code).toBe('faceNotFound')
  })

  it('answers a stored crop as JPEG, and notFound where none is stored', async () => {
    const { person, face } = await enrollAnn()
    const none = await client.send('GET', `${persons}/${person}/faces/${face}/crop`)
    expect([none.status, none.json.code]).toEqual([404, 'notFound'])
    await client.send('PATCH', '/v1/collections/default', { json: { storeCrops: true } })
    const added = await client.send('POST', `${persons}/${person}/faces`, {
      form: [['image', 'face:ann2', 'a.jpg']],
    })
    const url = `${persons}/${person}/faces/${added.json.faces[0].face.id}/crop`
    const crop = await client.send('GET', url)
    expect([crop.status, crop.headers['content-type']]).toEqual([200, 'image/jpeg'])
    expect(crop.headers['cache-control']).toBe('no-store')
    const zip = await client.send('GET', `${persons}/${person}/faces.zip`)
    expect([zip.status, zip.headers['content-type']]).toEqual([200, 'application/zip'])
    expect(zip.body).toContain(`${added.json.faces[0].face.id}.jpg`)
    const { json: bob } = await client.send('POST', persons, { json: { name: 'Bob' } })
    const nothing = await client.send('GET', `${persons}/${bob.id}/faces.zip`)
    expect(nothing.json.code).toBe('notFound')
    const nobody = await client.send('GET', `${persons}/nobody/faces.zip`)
    expect(nobody.json.code).toBe('personNotFound')
  })
})

describe('Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'k-1' }

  it('answers the same request again with the stored answer', async () => {
    const { person } = await enrollAnn()
    const url = `${persons}/${person}/faces`
    const send = () =>
      client.send('POST', url, { headers, form: [['image', 'face:ann2', 'a.jpg']] })
    const first = await send()
    const enrollments = client.services.enrollments.length
    const second = await send()
    expect(first.status).toBe(201)
    expect(first.headers).not.toHaveProperty('idempotency-replayed')
    expect([second.status, second.body]).toEqual([201, first.body])
    expect(second.headers['idempotency-replayed']).toBe('true')
    expect(second.headers.location).toBe(first.headers.location)
    expect(first.headers.location).toMatch(/\/faces\/\w{26}$/)
    expect(client.services.enrollments).toHaveLength(enrollments)
  })

  it('takes metadata whose members have the names of methods', async () => {
    const members = { toString: 1, valueOf: {}, toJSON: 'x', constructor: null, __proto__: [] }
    const metadata = JSON.parse(JSON.stringify(members))
    const send = () => client.send('POST', persons, { headers, json: { name: 'Ann', metadata } })
    const first = await send()
    expect([first.status, first.json.metadata]).toEqual([201, metadata])
    expect((await send()).headers['idempotency-replayed']).toBe('true')
  })

  it('refuses the key for another request, and while the first is running', async () => {
    const { person } = await enrollAnn()
    const url = `${persons}/${person}/faces`
    const send = (content: string) =>
      client.send('POST', url, { headers, form: [['image', content, 'a.jpg']] })
    let open = () => {}
    client.services.gate = () =>
      new Promise((resolve) => {
        open = resolve
      })
    const first = send('face:ann2')
    await expect.poll(() => client.services.enrollments.length).toBe(2)
    const running = await send('face:ann2')
    expect([running.status, running.json.code]).toEqual([409, 'idempotencyConflict'])
    expect(running.headers['retry-after']).toBe('1')
    open()
    expect((await first).status).toBe(201)
    expect((await send('face:ann3')).json.code).toBe('idempotencyConflict')
  })

  it('frees the key when the request fails', async () => {
    const send = (content: string) =>
      client.send('POST', persons, { headers, json: { name: 'Ann', image: base64(content) } })
    expect((await send('face:')).json.code).toBe('noFace')
    expect((await send(ann)).status).toBe(201)
  })
})

describe('system', () => {
  it('is healthy, ready when the use cases are, and lists models', async () => {
    expect((await client.send('GET', '/healthz')).json).toEqual({ status: 'ok' })
    client.services.status = { changeLag: 7, indexBehindMs: 120 }
    expect((await client.send('GET', '/readyz')).json).toEqual({
      status: 'ready',
      changeLag: 7,
      indexBehindMs: 120,
    })
    client.services.status = { ready: false, reasons: ['the model is loading'] }
    const { status, json } = await client.send('GET', '/readyz')
    expect([status, json.code, json.reasons]).toEqual([503, 'notReady', ['the model is loading']])
    expect(json.detail).toBe('the model is loading')
    expect((await client.send('GET', '/healthz')).status).toBe(200)
    expect((await client.send('GET', '/v1/models')).json.items[0]).toMatchObject({
      id: modelId,
      lfwAccuracy: 0.5,
    })
  })

  it('counts requests, stages, gallery, queue, process and event loop', async () => {
    await client.send('POST', '/v1/detect', { form: [['image', ann, 'a.jpg']] })
    await client.send('GET', '/nowhere')
    const failureCounts = { indexRebuilds: 1, snapshotFailures: 2 }
    client.services.status = { changeLag: 7, indexBehindMs: 120, ...failureCounts }
    const { body, headers } = await client.send('GET', '/metrics')
    expect(headers['content-type']).toMatch(/^text\/plain/)
    expect(body).toContain(
      'face_watcher_http_requests_total{method="POST",route="/v1/detect",status="200"} 1',
    )
    expect(body).toContain('route="unmatched",status="404"} 1')
    expect(body).toContain('face_watcher_stage_duration_seconds_sum{stage="detect"} 0.003')
    for (const line of [
      'face_watcher_ready 1',
      'face_watcher_gallery_collections 1',
      'face_watcher_change_lag 7',
      'face_watcher_index_behind_seconds 0.12',
      'face_watcher_index_rebuilds_total 1',
      'face_watcher_index_snapshot_failures_total 2',
      'face_watcher_analysis_queued 3',
      'face_watcher_analysis_running 1',
      'face_watcher_event_loop_delay_seconds{quantile="0.99"}',
      'process_resident_memory_bytes',
    ]) {
      expect(body).toContain(line)
    }
  })

  it('tells how well searches agree with exact ones, where an index tells', async () => {
    const gauge = 'face_watcher_index_agreement'
    expect((await client.send('GET', '/metrics')).body).not.toContain(`${gauge}{`)
    client.services.indexFacts = {
      ...{ exact: false, agreement: 0.9995, agreementAtLeast: 0.998, agreementAtMost: 1 },
      ...{ audited: 1536, width: 128, shortlist: 96 },
    }
    const { body } = await client.send('GET', '/metrics')
    for (const line of [
      `${gauge}{collection="default"} 0.9995`,
      `${gauge}_lower{collection="default"} 0.998`,
      `${gauge}_upper{collection="default"} 1`,
      `${gauge}_probes{collection="default"} 1536`,
      `${gauge}_exact{collection="default"} 0`,
      `${gauge}_code_width{collection="default"} 128`,
      `${gauge}_shortlist{collection="default"} 96`,
    ]) {
      expect(body).toContain(line)
    }
    client.services.indexFacts = { exact: true, agreement: 1 }
    const exact = (await client.send('GET', '/metrics')).body
    expect(exact).toContain(`${gauge}_exact{collection="default"} 1`)
    expect(exact).toContain(`${gauge}_lower{collection="default"} 1`)
    expect(exact).toContain(`${gauge}_probes{collection="default"} 0`)
    client.services.indexFacts = {}
    expect((await client.send('GET', '/metrics')).body).not.toContain(`${gauge}{`)
  })

  it('tells how the faces of a collection are searched', async () => {
    await client.send('POST', '/registerFace?name=Ann', { form: [['refImage', ann, 'a.jpg']] })
    client.services.indexFacts = { exact: true }
    const url = '/v1/collections/default/index'
    expect((await client.send('GET', url)).json).toEqual({ kind: 'memory', faces: 1, exact: true })
    const none = await client.send('GET', '/v1/collections/none/index')
    expect([none.status, none.json.code]).toEqual([404, 'collectionNotFound'])
  })

  it('tells what it does, how it is configured, and which errors it answered last', async () => {
    client.services.status = { ready: false, reasons: ['the model is loading'] }
    const { json } = await client.send('GET', '/v1/status')
    expect(json).toMatchObject({
      ...{ version: version(), node: process.version, collections: 1, ready: false },
      ...{ reasons: ['the model is loading'], sightings: { queued: 0, dropped: 0 } },
    })
    expect(Date.parse(json.startedAt)).toBeLessThanOrEqual(Date.now())
    expect((await client.send('GET', '/v1/configuration')).json.items).toEqual([
      { path: 'http.port', value: 8000, source: 'default' },
    ])
    await client.send('GET', '/v1/jobs/01J00000000000000000000000?name=Ann')
    const { headers } = await client.send('GET', '/nowhere/Ann')
    const { body, ...problems } = await client.send('GET', '/v1/problems')
    expect(problems.json.items).toMatchObject([
      { method: 'GET', route: 'unmatched', status: 404, requestId: headers['x-request-id'] },
      { method: 'GET', route: '/v1/jobs/:job', status: 404, code: 'jobNotFound' },
    ])
    expect(body).not.toContain('Ann')
  })

  it('has no configuration as a part of another program', async () => {
    const { configuration: _, ...services } = client.services
    const app = await createApp(services)
    const { statusCode } = await app.inject({ url: '/v1/configuration' })
    expect(statusCode).toBe(404)
    await app.close()
  })

  it('answers the OpenAPI document and its page, without remote assets', async () => {
    const { json } = await client.send('GET', '/openapi.json')
    expect(json.openapi).toBe('3.1.0')
    const page = await client.send('GET', '/docs')
    const html = page.status === 302 ? await client.send('GET', '/docs/') : page
    expect(html.status).toBe(200)
    expect(html.body).not.toMatch(/(?:src|href)="https?:/)
  })

  it('says at / that the page is not built', async () => {
    const { status, headers, body } = await client.send('GET', '/')
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8'])
    expect(body).toContain('npm run build:web')
  })
})

describe('jobs', () => {
  const index = '/v1/collections/default/index'

  async function untilEnded(id: string): Promise<Answer['json']> {
    await expect
      .poll(async () => (await client.send('GET', `/v1/jobs/${id}`)).json.endedAt)
      .toBeDefined()
    return (await client.send('GET', `/v1/jobs/${id}`)).json
  }

  it('compares an index with the database, and builds it again', async () => {
    await enrollAnn()
    const asked = await client.send('POST', `${index}/verify`)
    const { id } = asked.json
    expect([asked.status, asked.headers.location]).toEqual([202, `/v1/jobs/${id}`])
    expect(asked.json).toMatchObject({
      ...{ kind: 'indexVerify', input: {}, createdBy: { kind: 'anonymous' } },
    })
    expect(await untilEnded(id)).toMatchObject({
      ...{ state: 'done', attempts: 1, progress: { stage: 'faces', done: 1, total: 1 } },
      result: { collection: 'default', checked: 1, missing: [], surplus: [], different: [] },
    })
    const rebuild = await client.send('POST', `${index}/rebuild`)
    expect(await untilEnded(rebuild.json.id)).toMatchObject({
      result: { collection: 'default', faces: 1 },
    })
    const list = await client.send('GET', '/v1/jobs')
    expect(list.json.items.map((job: { id: string }) => job.id)).toEqual([rebuild.json.id, id])
    const verified = await client.send('GET', '/v1/jobs?kind=indexVerify&state=done')
    expect(verified.json.items).toHaveLength(1)
    expect((await client.send('GET', `/v1/jobs/${id}/items`)).json).toEqual({ items: [] })
    expect((await client.send('DELETE', `/v1/jobs/${id}`)).status).toBe(204)
    expect((await client.send('GET', `/v1/jobs/${id}`)).json.code).toBe('jobNotFound')
    const nowhere = await client.send('POST', '/v1/collections/none/index/verify')
    expect(nowhere.json.code).toBe('collectionNotFound')
  })

  interface Told {
    readonly rejected: boolean
    readonly personId?: string
    readonly body: {
      readonly file: string
      readonly newPerson?: boolean
      readonly alreadyEnrolled?: boolean
      readonly reasons?: readonly string[]
    }
  }

  it('enrols the photographs of an archive', async () => {
    const photographs = { 'Ann/1.jpg': ann, 'Ann/2.jpg': 'face:', 'Bob/1.jpg': 'face:bob' }
    const archive = Buffer.from(
      zipSync(Object.fromEntries(Object.entries(photographs).map(([k, v]) => [k, Buffer.from(v)]))),
    )
    const url = '/v1/collections/default/enrolments'
    const asked = await client.send('POST', `${url}?duplicates=ignore`, {
      form: [['archive', archive, 'people.zip']],
    })
    const { id } = asked.json
    expect([asked.status, asked.headers.location]).toEqual([202, `/v1/jobs/${id}`])
    expect(await untilEnded(id)).toMatchObject({
      ...{ state: 'done', input: { duplicates: 'ignore' } },
      result: { enrolled: 2, newPersons: 2, rejected: 1, leftOut: 0 },
      progress: { stage: 'photographs', done: 3, total: 3 },
    })
    const rejected = await client.send('GET', `/v1/jobs/${id}/items?rejected=true`)
    expect(rejected.json.items).toMatchObject([
      { rejected: true, body: { file: 'Ann/2.jpg', reasons: ['noFace'] } },
    ])
    const enrolled = await client.send('GET', `/v1/jobs/${id}/items?rejected=false&limit=1`)
    expect(enrolled.json.items).toMatchObject([{ body: { file: 'Ann/1.jpg' } }])
    expect(enrolled.json.nextCursor).toBeDefined()
    const csv = await client.send('GET', `/v1/jobs/${id}/items.csv`)
    expect(csv.headers['content-type']).toContain('text/csv')
    const [names, ...lines] = csv.body.trim().split('\r\n')
    expect(names).toBe(
      'id,rejected,personId,file,personName,newPerson,alreadyEnrolled,warnings,faceId,faceCount,turned,reasons,message',
    )
    expect(lines).toHaveLength(3)
    expect(lines[1]).toMatch(/^\w{26},true,,Ann\/2\.jpg,,,,,,,,noFace,/)
    const part = await client.send('GET', `/v1/jobs/${id}/items.csv?rejected=true`)
    expect(part.body.trim().split('\r\n')).toHaveLength(2)
    expect((await client.send('GET', '/v1/jobs/x/items.csv')).json.code).toBe('jobNotFound')
  })

  it('compares photographs of labelled people, and enrols nobody', async () => {
    const archive = zipSync({
      'Ann/1.jpg': Buffer.from('face:ann'),
      'set/Bob/1.jpg': Buffer.from('face:bob'),
      'Bob/large.jpg': Buffer.from('x'.repeat(1500)),
      'alone.jpg': Buffer.from('face:cy'),
      'Ann/notes.txt': Buffer.from('text'),
    })
    const form = [['archive', Buffer.from(archive), 'people.zip']] as const
    const asked = await client.send('POST', `/v1/evaluations?modelId=${otherModelId}`, { form })
    expect([asked.status, asked.headers.location]).toEqual([202, `/v1/jobs/${asked.json.id}`])
    expect(await untilEnded(asked.json.id)).toMatchObject({
      ...{ state: 'done', kind: 'photographEvaluation' },
      result: { modelId: otherModelId, used: ['Ann: face:ann', 'Bob: face:bob'] },
    })
    const { json } = await client.send('GET', `/v1/jobs/${asked.json.id}/items`)
    expect(json.items.map(({ rejected, body }: Told) => [rejected, body])).toEqual([
      [true, { type: 'unusable', file: 'Bob/large.jpg', reason: 'corruptImage' }],
      [true, { type: 'unusable', file: 'alone.jpg', reason: 'noName' }],
      [
        false,
        {
          ...{ type: 'lookAlike', files: ['a', 'b'], persons: ['A', 'B'], similarity: 0.75 },
          thumbnails: ['AQID', null],
        },
      ],
    ])
    expect((await client.send('GET', '/v1/collections/default/persons')).json.items).toEqual([])
    const refuse = async (query: string) =>
      (await client.send('POST', `/v1/evaluations${query}`, { form })).json.code
    expect(await refuse('?modelId=none')).toBe('unknownModel')
    expect(await refuse('?modelId=mtcnn')).toBe('unknownModel')
    expect(await refuse('?modelId=absent')).toBe('modelNotInstalled')
    const noArchive = [['archive', 'no archive', 'people.zip']] as const
    const { status } = await client.send('POST', '/v1/evaluations', { form: noArchive })
    expect(status).toBe(400)
  })

  it('installs a model of the manifest by a job, and says what it cannot fetch', async () => {
    const asked = await client.send('POST', `/v1/models/${otherModelId}/install`)
    expect([asked.status, asked.headers.location]).toEqual([202, `/v1/jobs/${asked.json.id}`])
    expect(await untilEnded(asked.json.id)).toMatchObject({
      ...{ kind: 'modelInstall', state: 'done', result: { modelId: otherModelId } },
      progress: { stage: 'percent', done: 100, total: 100 },
    })
    const { json } = await client.send('GET', '/v1/models')
    const found = json.items.find(({ id }: { id: string }) => id === 'absent')
    expect(found).toMatchObject({ installed: false, installable: false })
    expect(json.items[0]).toMatchObject({ installable: true, downloadBytes: 1_500_000 })
    const refuse = async (id: string) =>
      (await client.send('POST', `/v1/models/${id}/install`)).json.code
    expect(await refuse('none')).toBe('unknownModel')
    expect(await refuse('absent')).toBe('invalidOption')
  })

  it('rejects a name that several persons have, or takes the first of them', async () => {
    const personsUrl = '/v1/collections/default/persons'
    const first = await client.send('POST', personsUrl, { json: { name: 'Ann' } })
    await client.send('POST', personsUrl, { json: { name: 'Ann' } })
    const enrol = async (query: string) => {
      const url = `/v1/collections/default/enrolments${query}`
      const { json } = await client.send('POST', url, { form: [['photos', ann, 'Ann/1.jpg']] })
      await untilEnded(json.id)
      return (await client.send('GET', `/v1/jobs/${json.id}/items`)).json.items
    }
    expect(await enrol('')).toMatchObject([{ body: { reasons: ['ambiguousName'] } }])
    expect(await enrol('?onAmbiguous=first')).toMatchObject([{ personId: first.json.id }])
    const bad = await client.send('POST', '/v1/collections/default/enrolments?onAmbiguous=new', {
      form: [['photos', ann, 'Ann/1.jpg']],
    })
    expect(bad.status).toBe(400)
  })

  it('enrols photographs that are sent as files, with a table of whose they are', async () => {
    const url = '/v1/collections/default/enrolments'
    const long = `${'deep/'.repeat(40)}Cy`
    const form = [
      ['photos', ann, 'Ann/1.jpg'],
      ['photos', 'face:bob', 'C:\\photos\\Bob\\1.jpg'],
      ['photos', 'face:cy', `${long}/\u0141.jpg`],
      ['table', 'file,name,externalId,team\nb.jpg,Dan,17,night\n', 'whatever.csv'],
      ['photos', 'face:dan', 'b.jpg'],
      ['photos', 'face:eve', 'none.jpg'],
      ['photos', 'x'.repeat(1500), 'Fay/large.jpg'],
      ['photos', 'text', 'Fay/notes.txt'],
    ] as const
    const asked = await client.send('POST', url, { form })
    expect(asked.status).toBe(202)
    expect(await untilEnded(asked.json.id)).toMatchObject({
      ...{ state: 'done', input: {}, progress: { done: 8, total: 8 } },
      // The table is the other that is left out.
      result: { enrolled: 4, newPersons: 4, rejected: 2, leftOut: 2 },
    })
    const { json } = await client.send('GET', `/v1/jobs/${asked.json.id}/items?rejected=true`)
    expect(json.items.map(({ body }: Told) => [body.file, ...(body.reasons ?? [])])).toEqual([
      ['none.jpg', 'noName'],
      ['Fay/large.jpg', 'imageTooLarge'],
    ])
    const persons = await client.send('GET', '/v1/collections/default/persons')
    expect(persons.json.items.map(({ name, metadata }: Person) => [name, metadata])).toEqual([
      ['Ann', {}],
      ['Bob', {}],
      ['Cy', {}],
      ['Dan', { team: 'night' }],
    ])
    expect(persons.json.items[3].externalId).toBe('17')
  })

  it('says what a bulk enrolment would do, and does nothing', async () => {
    const url = '/v1/collections/default/enrolments'
    const person = {
      form: [
        ['name', 'Ann'],
        ['image', ann, 'a.jpg'],
      ],
    } as const
    const { json: known } = await client.send('POST', '/v1/collections/default/persons', person)
    const form = [
      ['photos', ann, 'Ann/1.jpg'],
      ['photos', 'face:ann ', 'Ann/2.jpg'],
      ['photos', 'face:bob', 'Bob/1.jpg'],
      ['photos', 'face:bob ', 'Bob/2.jpg'],
      ['photos', 'face:', 'Bob/3.jpg'],
      ['photos', 'face:ann  ', 'Cy/1.jpg'],
    ] as const
    const asked = await client.send('POST', `${url}?dryRun=true&duplicates=reject`, { form })
    expect(await untilEnded(asked.json.id)).toMatchObject({
      ...{ state: 'done', input: { dryRun: true, duplicates: 'reject' } },
      result: { dryRun: true, enrolled: 3, alreadyEnrolled: 1, newPersons: 1, rejected: 2 },
    })
    const { json } = await client.send('GET', `/v1/jobs/${asked.json.id}/items`)
    const told = json.items.map(({ personId, body }: Told) => [
      ...[body.file, personId, body.newPerson, body.alreadyEnrolled, body.reasons?.join()],
    ])
    expect(told).toEqual([
      ['Ann/1.jpg', known.id, false, true, undefined],
      ['Ann/2.jpg', known.id, false, false, undefined],
      ['Bob/1.jpg', undefined, true, false, undefined],
      ['Bob/2.jpg', undefined, true, false, undefined],
      ['Bob/3.jpg', undefined, undefined, undefined, 'noFace'],
      ['Cy/1.jpg', undefined, undefined, undefined, 'duplicateOfOtherPerson'],
    ])
    for (const { body } of json.items) expect(body).not.toHaveProperty('faceId')
    const collection = await client.send('GET', '/v1/collections/default')
    expect(collection.json).toMatchObject({ persons: 1, faces: 1 })
  })

  it('takes no other jobs, and no paths of the server', async () => {
    const url = '/v1/collections/default/enrolments'
    const form = [['photos', ann, 'Ann/1.jpg']] as const
    for (const query of ['source=list', 'machine=x', 'directory=/etc', 'concurrency=9']) {
      const { json } = await client.send('POST', `${url}?${query}`, { form })
      expect(json.code).toBe('invalidOption')
    }
    const posted = await client.send('POST', '/v1/jobs', { json: { kind: 'galleryExport' } })
    expect(posted.status).toBe(405)
    expect((await client.send('GET', '/v1/jobs')).json.items).toEqual([])
  })

  it('writes no formula into a table', async () => {
    const { jobs } = client.services.store
    const { id } = await jobs.create({ kind: 'bulkEnroll', input: {} }, { leaseMs: 60_000 })
    const items = ['=1+1', '@x', '-2', 'a "b", c'].map((file) => ({
      rejected: true,
      body: { file },
    }))
    await jobs.end({ id, attempt: 1 }, { state: 'cancelled', items })
    const { body } = await client.send('GET', `/v1/jobs/${id}/items.csv`)
    const cells = body
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.slice(32))
    expect(cells).toEqual([",'=1+1", ",'@x", ",'-2", ',"a ""b"", c"'])
  })

  it('takes one archive in one field, within its bound, and leaves no job otherwise', async () => {
    const zip = Buffer.from(zipSync({ 'Ann/1.jpg': Buffer.from(ann) }))
    const url = '/v1/collections/default/enrolments'
    const large = Buffer.concat([zip, Buffer.alloc(10_000)])
    for (const [form, code] of [
      [[['archive', 'no archive', 'a.zip']], 'invalidRequest'],
      [[['archive', '', 'a.zip']], 'invalidRequest'],
      [[['other', zip, 'a.zip']], 'invalidRequest'],
      [[['archive', 'text']], 'invalidRequest'],
      [[], 'invalidRequest'],
      [
        [
          ['archive', zip, 'a.zip'],
          ['archive', zip, 'b.zip'],
        ],
        'invalidRequest',
      ],
      [
        [
          ['archive', zip, 'a.zip'],
          ['photos', ann, 'a.jpg'],
        ],
        'invalidRequest',
      ],
      [
        [
          ['photos', ann, 'a.jpg'],
          ['archive', zip, 'a.zip'],
        ],
        'invalidRequest',
      ],
      [[['table', 'file,name', 'a.csv']], 'invalidRequest'],
      [
        [
          ['table', 'file,name', 'a.csv'],
          ['photos', ann, 'a.jpg'],
          ['table', 'file,name', 'a.csv'],
        ],
        'invalidRequest',
      ],
      [[['photos', '', 'a.jpg']], 'invalidRequest'],
      [[['archive', large, 'a.zip']], 'payloadTooLarge'],
      [
        [
          ['photos', zip, 'a.jpg'],
          ['photos', large, 'b.jpg'],
        ],
        'payloadTooLarge',
      ],
    ] as const) {
      const { json, status } = await client.send('POST', url, { form })
      expect([json.code, status >= 400 && status < 500]).toEqual([code, true])
    }
    const json = await client.send('POST', url, { json: {} })
    expect(json.json.code).toBe('unsupportedMediaType')
    const option = { form: [['archive', zip, 'a.zip']] } as const
    expect((await client.send('POST', `${url}?faces=all`, option)).json.code).toBe('invalidOption')
    expect((await client.send('GET', '/v1/jobs')).json.items).toEqual([])
  })

  it('pauses, resumes and cancels', async () => {
    const waiting = await client.services.store.jobs.create({ kind: 'ofAnotherVersion', input: {} })
    const ask = async (what: string) =>
      (await client.send('POST', `/v1/jobs/${waiting.id}/${what}`)).json
    expect((await client.send('DELETE', `/v1/jobs/${waiting.id}`)).json.code).toBe('jobConflict')
    expect(await ask('pause')).toMatchObject({ state: 'paused' })
    expect(await ask('resume')).toMatchObject({ state: 'queued' })
    expect(await ask('cancel')).toMatchObject({ state: 'cancelled' })
    expect((await ask('resume')).code).toBe('jobConflict')
    for (const what of ['pause', 'resume', 'cancel', 'events', 'items']) {
      const method = what === 'events' || what === 'items' ? 'GET' : 'POST'
      const { json } = await client.send(method, `/v1/jobs/nobody/${what}`)
      expect(json.code).toBe('jobNotFound')
    }
  })

  it('tells the events of a job, from the one that is known', async () => {
    const { json: job } = await client.send('POST', `${index}/rebuild`)
    const ended = await untilEnded(job.id)
    const events = await client.send('GET', `/v1/jobs/${job.id}/events`)
    expect(events.headers['content-type']).toBe('text/event-stream')
    const [retry, event] = events.body.split('\n\n') as [string, string]
    expect(retry).toBe('retry: 2000')
    const [id, name, data] = event.split('\n') as [string, string, string]
    expect([id, name]).toEqual([`id: ${ended.revision}`, 'event: job'])
    expect(JSON.parse(data.replace('data: ', ''))).toEqual(ended)
    const known = { 'last-event-id': String(ended.revision) }
    const again = await client.send('GET', `/v1/jobs/${job.id}/events`, { headers: known })
    expect(again.body).toBe('retry: 2000\n\n')
  })
})

describeStrangerRoutes(() => client)
describeStatementRoutes()
describeSetAsideRoutes()
describeExaminationRoutes()
describeConsentRoutes()

it('moves, splits and merges, and takes changes back', async () => {
  const make = async (name: string) => {
    const form: [string, string, string?][] = [
      ['name', name],
      ['image', `face:${name}`, 'a.jpg'],
    ]
    const { json } = await client.send('POST', '/v1/collections/default/persons', { form })
    return { id: json.id as string, faceId: json.faces[0].face.id as string }
  }
  const one = await make('mover')
  const two = await make('keeper')
  const url = '/v1/collections/default'
  const to = { faceIds: [one.faceId], personId: two.id }
  expect((await client.send('POST', `${url}/faces/move`, { json: to })).status).toBe(200)
  const back = { faceIds: [one.faceId], newPerson: { name: 'mover' } }
  const split = await client.send('POST', `${url}/persons/${two.id}/split`, { json: back })
  const merge = { from: [split.json.person.id] }
  const merged = await client.send('POST', `${url}/persons/${two.id}/merge`, { json: merge })
  const { entryId } = merged.json
  expect((await client.send('GET', `${url}/history`)).json.items[0].id).toBe(entryId)
  expect((await client.send('GET', `${url}/history/${entryId}`)).json.transitions.length).toBe(3)
  expect((await client.send('POST', `${url}/history/${entryId}/undo`)).status).toBe(200)
})

it('makes, lists and revokes API keys', async () => {
  const { status, json } = await client.send('POST', '/v1/keys', {
    json: { name: 'ann', scopes: ['admin'] },
  })
  expect(status).toBe(201)
  const headers = { authorization: `Bearer ${json.key}` }
  const listed = await client.send('GET', '/v1/keys', { headers })
  expect(listed.json.items.map(({ id }: { id: string }) => id)).toEqual([json.id])
  const rotated = await client.send('POST', `/v1/keys/${json.id}/rotate`, { headers })
  expect([rotated.status, rotated.json.name]).toEqual([201, json.name])
  expect((await client.send('DELETE', `/v1/keys/${json.id}`, { headers })).status).toBe(204)
})

it('signs in with a key, says who asks, and signs out', async () => {
  const { key } = await client.services.keys.create({ name: 'bob', scopes: ['detect'] })
  const made = await client.send('POST', '/v1/session', { json: { key } })
  const cookie = String(made.headers['set-cookie']).split(';')[0] ?? ''
  const shown = await client.send('GET', '/v1/session', { headers: { cookie } })
  expect(shown.json).toEqual(made.json)
  const headers = { cookie, 'x-csrf-token': made.json.session.csrfToken }
  expect((await client.send('DELETE', '/v1/session', { headers })).json).toEqual({ ended: 1 })
})

it('tells who did what, and whether the log is whole', async () => {
  const made = await client.send('POST', '/v1/keys', { json: { name: 'ann', scopes: ['admin'] } })
  const headers = { authorization: `Bearer ${made.json.key}` }
  const send = (method: string, url: string) => client.send(method, url, { headers })
  expect((await send('GET', '/v1/audit/verification')).status).toBe(404)
  const { json } = await send('GET', '/v1/audit?kind=keyCreated&actor=anonymous')
  expect(json.items).toMatchObject([
    { kind: 'keyCreated', address: '127.0.0.1', details: { scopes: ['admin'] } },
  ])
  const lines = await send('GET', `/v1/audit.jsonl?requestId=${json.items[0].requestId}`)
  expect(lines.headers['content-type']).toBe('application/x-ndjson')
  expect(JSON.parse(lines.body)).toEqual(json.items[0])
  const verified = await send('POST', '/v1/audit/verification')
  expect(verified.json).toMatchObject({ sound: true, chains: 1, faults: [] })
  expect((await send('GET', '/v1/audit/verification')).json).toEqual(verified.json)
})

it('has asked every operation and seen it succeed', () => {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
  const succeeded = new Set(
    [...seenAnswers].filter((key) => / 2\d\d$/.test(key)).map((key) => key.split(' ')[0]),
  )
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual([...succeeded].sort())
})
