import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ErrorCode, errorCatalogue, FaceError } from '../../src/core/errors.ts'
import { type Answer, type Client, createClient, formType, type Part, toForm } from './client.ts'
import { modelId } from './services.ts'

const persons = '/v1/collections/default/persons'
const identify = '/v1/collections/default/identify'
const image: Part = ['image', 'face:ann', 'a.jpg']
const base64 = (text: string) => Buffer.from(text).toString('base64')

let client: Client
let person: string
beforeAll(async () => {
  client = await createClient({ maxImageBytes: 10_000, maxImages: 3, maxRequestBytes: 90_000 })
  person = (await client.send('POST', persons, { json: { name: 'Bob' } })).json.id
})
afterAll(() => client.close())

function expectProblem(answer: Answer, status: number, code: ErrorCode): void {
  expect({ status: answer.status, code: answer.json?.code }).toEqual({ status, code })
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.json).toMatchObject({
    type: `urn:face-watcher:error:${code}`,
    status,
    requestId: answer.headers['x-request-id'],
  })
}

describe('images', () => {
  it('answers unsupportedImage for what is not an image', async () => {
    const answer = await client.send('POST', '/v1/detect', { form: [['image', 'hello', 'a.txt']] })
    expectProblem(answer, 415, 'unsupportedImage')
    expect(answer.json.allowed).toEqual(['JPEG', 'PNG'])
  })

  it.each(['/v1/detect', '/v1/embed', identify])(
    'refuses a text field of a form that %s would ignore',
    async (route) => {
      const form: Part[] = [image, ['modelId', 'fused']]
      const answer = await client.send('POST', route, { form })
      expectProblem(answer, 400, 'invalidRequest')
      expect(answer.json.detail).toContain('"modelId"')
      expect((await client.send('POST', route, { form: [image] })).status).toBe(200)
    },
  )

  it('refuses one that verification or a new face would ignore', async () => {
    const pair: Part[] = [
      ['imageA', 'face:ann', 'a.jpg'],
      ['imageB', 'face:ann', 'b.jpg'],
    ]
    for (const [route, parts] of [
      ['/v1/verify', pair],
      [`${persons}/${person}/faces`, [image]],
    ] as const) {
      const form: Part[] = [...parts, ['faces', 'largest']]
      expectProblem(await client.send('POST', route, { form }), 400, 'invalidRequest')
    }
  })

  it('ignores one where the first face-watcher did', async () => {
    const form: Part[] = [
      ['mainImage', 'face:ann', 'a.jpg'],
      ['more', '1'],
    ]
    expect((await client.send('POST', '/recognizeFace', { form })).status).toBe(200)
  })

  it('answers corruptImage for a damaged image', async () => {
    const answer = await client.send('POST', identify, { form: [['image', 'face', 'a.jpg']] })
    expectProblem(answer, 422, 'corruptImage')
  })

  it('answers emptyImage for a file of zero bytes', async () => {
    const form = await client.send('POST', '/v1/detect', { form: [['image', '', 'a.jpg']] })
    expectProblem(form, 400, 'emptyImage')
    expectProblem(
      await client.send('POST', '/v1/detect', { json: { image: '' } }),
      400,
      'emptyImage',
    )
  })

  it.each([
    ['no body at all', {}],
    ['an empty JSON body', { headers: { 'content-type': 'application/json' } }],
    ['an empty form', { form: [] }],
    ['an empty multipart body', { headers: { 'content-type': formType } }],
    ['JSON without an image', { json: {} }],
    ['a file input left empty', { form: [['image', '', ''] as Part] }],
  ])('answers missingImage for %s', async (_, options) => {
    const answer = await client.send('POST', '/v1/detect', options)
    expectProblem(answer, 400, 'missingImage')
    expect(answer.json.expected).toEqual(['image'])
  })

  it.each([
    ['/registerFace?name=Ann', ['refImage']],
    ['/recognizeFace', ['mainImage']],
    ['/v1/embed', ['image']],
    [identify, ['image']],
  ])('names the field that %s expects when another one is sent', async (url, expected) => {
    const answer = await client.send('POST', url, { form: [['photo', 'face:ann', 'a.jpg']] })
    expectProblem(answer, 400, 'missingImage')
    expect(answer.json.expected).toEqual(expected)
    expect(answer.json.detail).toContain('"photo"')
  })

  it('answers missingImage when the image is sent as a text field', async () => {
    const answer = await client.send('POST', '/v1/detect', { form: [['image', 'face:ann']] })
    expectProblem(answer, 400, 'missingImage')
    expect(answer.json.detail).toContain('-F image=@FILE')
  })

  it('answers tooManyImages for several files where one is expected', async () => {
    const answer = await client.send('POST', '/v1/detect', { form: [image, image] })
    expectProblem(answer, 400, 'tooManyImages')
    expect(answer.json.maxImages).toBe(1)
    const json = { image: [base64('face:ann'), base64('face:ann')] }
    expect((await client.send('POST', '/v1/detect', { json })).status).toBe(400)
  })

  it('answers tooManyImages for more images than an enrolment may have', async () => {
    const url = `${persons}/${person}/faces`
    const form = await client.send('POST', url, { form: [image, image, image, image] })
    expectProblem(form, 400, 'tooManyImages')
    const images = Array(4).fill(base64('face:ann'))
    expectProblem(await client.send('POST', url, { json: { images } }), 400, 'tooManyImages')
    expect(client.services.enrollments).toEqual([])
  })

  it('refuses a second file field that is not known', async () => {
    const answer = await client.send('POST', '/v1/detect', {
      form: [image, ['photo', 'face:ann', 'b.jpg']],
    })
    expectProblem(answer, 400, 'invalidRequest')
  })

  it('answers imageTooLarge for a file over the limit, and takes one of exactly the limit', async () => {
    const over = await client.send('POST', '/v1/detect', {
      form: [['image', 'x'.repeat(10_001), 'a.jpg']],
    })
    expectProblem(over, 413, 'imageTooLarge')
    expect(over.json.maxImageBytes).toBe(10_000)
    const exact = await client.send('POST', '/v1/detect', {
      form: [['image', 'face:ann'.padEnd(10_000), 'a.jpg']],
    })
    expect(exact.status).toBe(200)
    const json = await client.send('POST', '/v1/detect', {
      json: { image: base64('x'.repeat(10_001)) },
    })
    expectProblem(json, 413, 'imageTooLarge')
  })

  it('answers from the declared length alone, before the body is read', async () => {
    const answer = await client.send('POST', '/v1/detect', {
      form: [['image', 'x'.repeat(200_000), 'a.jpg']],
    })
    expectProblem(answer, 413, 'imageTooLarge')
  })

  it('answers payloadTooLarge for a JSON body over the limit', async () => {
    const answer = await client.send('POST', '/v1/detect', {
      json: { image: 'A'.repeat(100_000) },
    })
    expectProblem(answer, 413, 'payloadTooLarge')
    expectProblem(
      await client.send('POST', '/v1/collections', { json: { name: 'x'.repeat(2_000_000) } }),
      413,
      'payloadTooLarge',
    )
  })

  it('answers payloadTooLarge when the images are too large together', async () => {
    const small = await createClient({ maxImageBytes: 40_000, maxImages: 9, maxRequestBytes: 1 })
    const part: Part = ['image', 'face:ann'.padEnd(40_000), 'a.jpg']
    const form = [['name', 'Ann'] as Part, part, part, part]
    const answer = await small.send('POST', persons, { form })
    expectProblem(answer, 413, 'payloadTooLarge')
    expect(small.services.enrollments).toEqual([])
    await small.close()
  })

  it.each([
    ['text that is not base64', '$$$$'],
    ['base64 without padding', 'YQ'],
    ['base64 with line breaks', 'YWJj\nYWJj'],
    ['URL-safe base64', '-_-_'],
    ['an "=" in the middle', 'YQ==YQ=='],
    ['a data: URL without base64', 'data:text/plain,abc'],
    ['a remote address', 'https://example.org/a.jpg'],
  ])('answers invalidRequest for %s', async (_, text) => {
    const answer = await client.send('POST', '/v1/detect', { json: { image: text } })
    expectProblem(answer, 400, 'invalidRequest')
    expect(answer.body).not.toContain(text)
  })

  it.each([
    ['a number', { image: 5 }],
    ['null', { image: null }],
    ['an unknown member', { image: base64('face:ann'), extra: 1 }],
    ['an array as body', []],
    ['a string as body', 'x'],
  ])('answers invalidRequest for %s as image', async (_, json) => {
    expectProblem(await client.send('POST', '/v1/detect', { json }), 400, 'invalidRequest')
  })
})

describe('bodies', () => {
  it('answers invalidRequest for malformed JSON', async () => {
    const answer = await client.send('POST', '/v1/collections', {
      body: '{"name": ',
      headers: { 'content-type': 'application/json' },
    })
    expectProblem(answer, 400, 'invalidRequest')
  })

  it('answers invalidRequest for JSON that would poison a prototype', async () => {
    const answer = await client.send('POST', '/v1/collections', {
      body: '{"name":"a","__proto__":{"x":1}}',
      headers: { 'content-type': 'application/json' },
    })
    expectProblem(answer, 400, 'invalidRequest')
  })

  it.each([
    ['cut off', toForm([image]).subarray(0, 150), formType],
    ['without a boundary', toForm([image]), 'multipart/form-data'],
    ['with another boundary', toForm([image]), 'multipart/form-data; boundary=other'],
    ['that is not a form', Buffer.from('hello'), formType],
  ])('answers a problem for a multipart body %s', async (_, body, type) => {
    const answer = await client.send('POST', '/v1/detect', {
      body,
      headers: { 'content-type': type },
    })
    expect(answer.status).toBe(400)
    expect(['invalidRequest', 'missingImage']).toContain(answer.json.code)
    expect(answer.json.requestId).toBe(answer.headers['x-request-id'])
  })

  it('refuses form fields that are named like members of every object', async () => {
    const answer = await client.send('POST', persons, {
      form: [['toString', 'x'], image],
    })
    expectProblem(answer, 400, 'invalidRequest')
  })

  it('answers unsupportedMediaType and what is allowed', async () => {
    for (const type of ['text/plain', 'image/jpeg', 'application/x-www-form-urlencoded']) {
      const answer = await client.send('POST', '/v1/detect', {
        body: 'face:ann',
        headers: { 'content-type': type },
      })
      expectProblem(answer, 415, 'unsupportedMediaType')
      expect(answer.json.allowed).toEqual(['multipart/form-data', 'application/json'])
    }
    const form = await client.send('POST', '/v1/collections', { form: [['name', 'a']] })
    expectProblem(form, 415, 'unsupportedMediaType')
    expect(form.json.allowed).toEqual(['application/json'])
  })

  it('takes JSON as it is: text is no number, a number no text', async () => {
    const text = await client.send('POST', '/v1/collections', {
      json: { name: 'a', storeCrops: 'true' },
    })
    expectProblem(text, 400, 'invalidOption')
    expectProblem(await client.send('POST', persons, { json: { name: 5 } }), 400, 'invalidName')
    const empty = await client.send('PATCH', '/v1/collections/default', { json: {} })
    expectProblem(empty, 400, 'invalidRequest')
  })
})

describe('names and metadata', () => {
  it.each([
    ['empty', ''],
    ['white space', ' \u00a0 '],
    ['10,000 characters', 'x'.repeat(10_000)],
    ['a NUL', 'a\u0000b'],
    ['a line break', 'a\nb'],
    ['a C1 control character', 'a\u0085b'],
  ])('answers invalidName for a name that is %s', async (_, name) => {
    expectProblem(await client.send('POST', persons, { json: { name } }), 400, 'invalidName')
    expectProblem(
      await client.send('PATCH', `${persons}/${person}`, { json: { name } }),
      400,
      'invalidName',
    )
    expectProblem(
      await client.send('POST', persons, { form: [['name', name], image] }),
      400,
      'invalidName',
    )
    expectProblem(
      await client.send('POST', `/registerFace?name=${encodeURIComponent(name)}`, {
        form: [['refImage', 'face:ann', 'a.jpg']],
      }),
      400,
      'invalidName',
    )
  })

  it('answers invalidName when the name is missing or given twice', async () => {
    const form = [['refImage', 'face:ann', 'a.jpg']] as const
    expectProblem(await client.send('POST', '/registerFace', { form }), 400, 'invalidName')
    const twice = await client.send('POST', '/registerFace?name=a&name=b', { form })
    expectProblem(twice, 400, 'invalidName')
    expectProblem(await client.send('POST', persons, { form: [image] }), 400, 'invalidName')
  })

  it('answers invalidName for a name that no collection can have', async () => {
    for (const name of ['', 'A', '../x', 'x'.repeat(65), '-a']) {
      const answer = await client.send('POST', '/v1/collections', { json: { name } })
      expectProblem(answer, 400, 'invalidName')
    }
  })

  it('answers invalidMetadata for what is not a JSON object', async () => {
    for (const metadata of ['x', 5, null, []]) {
      const answer = await client.send('POST', persons, { json: { name: 'Ann', metadata } })
      expectProblem(answer, 400, 'invalidMetadata')
    }
    for (const text of ['{', '5', '"x"']) {
      const form: Part[] = [['name', 'Ann'], ['metadata', text], image]
      expectProblem(await client.send('POST', persons, { form }), 400, 'invalidMetadata')
    }
  })

  it('shows file names without folders and control characters', async () => {
    const { json } = await client.send('POST', `${persons}/${person}/faces`, {
      form: [
        ['image', 'x', '../../etc/passwd'],
        ['image', 'x', 'C:\\photos\\a\u0007.jpg'],
        ['image', 'x', 'y'.repeat(1000)],
      ],
    })
    const names = json.rejected.map(({ fileName }: { fileName: string }) => fileName)
    expect(names).toEqual(['passwd', 'a.jpg', 'y'.repeat(255)])
  })
})

describe('options', () => {
  it.each([
    'maxFaces=0',
    'maxFaces=x',
    'minFaceSize=5',
    'thresholds=-0.1&thresholds=0.7&thresholds=0.7',
    'thresholds=0.5',
    'candidates=0',
    'candidates=101',
    'maxfaces=1',
  ])('answers invalidOption for %s', async (query) => {
    const answer = await client.send('POST', `${identify}?${query}`, { form: [image] })
    expectProblem(answer, 400, 'invalidOption')
    expect(answer.json.in).toBe('query')
    expect(answer.json.errors[0].path).not.toBe('')
  })

  it.each(['threshold=-0.5', 'threshold=2', 'maxFmr=0', 'faces=all'])(
    'answers invalidOption for %s of a verification',
    async (query) => {
      const form: Part[] = [
        ['imageA', 'face:ann', 'a.jpg'],
        ['imageB', 'face:ann', 'b.jpg'],
      ]
      const answer = await client.send('POST', `/v1/verify?${query}`, { form })
      expectProblem(answer, 400, 'invalidOption')
    },
  )

  it('names the values that are allowed', async () => {
    const answer = await client.send('POST', `${persons}/${person}/faces?duplicates=no`, {
      form: [image],
    })
    expectProblem(answer, 400, 'invalidOption')
    expect(answer.json.detail).toBe(
      '"duplicates" has a value that is not allowed. Allowed: warn, reject, ignore.',
    )
  })

  it('answers invalidOption for a negative threshold of a policy', async () => {
    const answer = await client.send('PATCH', '/v1/collections/default', {
      json: { policy: { threshold: -0.1 } },
    })
    expectProblem(answer, 400, 'invalidOption')
    expect(answer.json.detail).toMatch(/^"policy\/threshold" must be/)
    const mode = await client.send('PATCH', '/v1/collections/default', {
      json: { policy: { probeShift: 'on' } },
    })
    expectProblem(mode, 400, 'invalidOption')
    expect(mode.json.detail).toContain('off, standard, strict')
    const unknown = { policy: { treshold: null } }
    for (const [method, url, json] of [
      ['PATCH', '/v1/collections/default', unknown],
      ['POST', '/v1/collections', { name: 'a', ...unknown }],
    ] as const) {
      expectProblem(await client.send(method, url, { json }), 400, 'invalidOption')
    }
  })

  it('answers invalidCursor and invalidOption for pages that do not exist', async () => {
    expectProblem(await client.send('GET', `${persons}?cursor=x`), 400, 'invalidCursor')
    expectProblem(await client.send('GET', `${persons}?cursor=`), 400, 'invalidCursor')
    expectProblem(await client.send('GET', `${persons}?limit=0`), 400, 'invalidOption')
    expectProblem(await client.send('GET', `${persons}?limit=1001`), 400, 'invalidOption')
  })
})

describe('embeddings', () => {
  it('answers dimensionMismatch, modelMismatch and invalidEmbedding', async () => {
    const send = (json: unknown) => client.send('POST', identify, { json })
    expectProblem(await send({ embedding: [1, 0], modelId }), 400, 'dimensionMismatch')
    expectProblem(await send({ embedding: [1, 0, 0, 0], modelId: 'x' }), 409, 'modelMismatch')
    expectProblem(await send({ embedding: [], modelId }), 400, 'invalidEmbedding')
    expectProblem(await send({ embedding: [1, null, 0, 0], modelId }), 400, 'invalidEmbedding')
    expectProblem(await send({ embedding: ['1', 0, 0, 0], modelId }), 400, 'invalidEmbedding')
    expectProblem(await send({ embedding: 'x', modelId }), 400, 'invalidEmbedding')
    // Finite as a double, infinite as a float32.
    expectProblem(await send({ embedding: [1e300, 0, 0, 0], modelId }), 400, 'invalidEmbedding')
  })

  it('answers invalidRequest for NaN, which JSON does not have', async () => {
    const answer = await client.send('POST', identify, {
      body: `{"embedding":[NaN,0,0,0],"modelId":"${modelId}"}`,
      headers: { 'content-type': 'application/json' },
    })
    expectProblem(answer, 400, 'invalidRequest')
  })

  it('wants the model beside an embedding, and no image', async () => {
    const embedding = [1, 0, 0, 0]
    const alone = await client.send('POST', identify, { json: { embedding } })
    expectProblem(alone, 400, 'invalidRequest')
    const both = await client.send('POST', identify, {
      json: { embedding, modelId, image: base64('face:ann') },
    })
    expectProblem(both, 400, 'invalidRequest')
  })
})

describe('verification', () => {
  it('wants two images, or one and what it is compared with', async () => {
    const a: Part = ['imageA', 'face:ann', 'a.jpg']
    const send = (form: Part[]) => client.send('POST', '/v1/verify', { form })
    expectProblem(await send([a]), 400, 'missingImage')
    expectProblem(await send([a, image]), 400, 'missingImage')
    expectProblem(await send([a, a]), 400, 'tooManyImages')
    expectProblem(await send([image]), 400, 'invalidRequest')
    const both: Part[] = [image, ['personId', person], ['faceId', 'x']]
    expectProblem(await send(both), 400, 'invalidRequest')
    expectProblem(await send([image, ['personId', 'x']]), 404, 'personNotFound')
    expectProblem(await send([image, ['faceId', 'x']]), 404, 'faceNotFound')
    const elsewhere: Part[] = [image, ['collection', 'none'], ['faceId', 'x']]
    expectProblem(await send(elsewhere), 404, 'collectionNotFound')
  })

  it('answers noFace and multipleFaces', async () => {
    const send = (b: string) =>
      client.send('POST', '/v1/verify', {
        json: { imageA: base64('face:ann'), imageB: base64(b) },
      })
    expectProblem(await send('face:'), 422, 'noFace')
    expectProblem(await send('face:ann face:bob'), 422, 'multipleFaces')
  })
})

describe('addresses', () => {
  it('answers collectionNotFound, personNotFound and faceNotFound', async () => {
    for (const name of ['none', '%00', '..%2F..%2Fetc', '%F0%9F%A6%8A']) {
      const answer = await client.send('GET', `/v1/collections/${name}`)
      expectProblem(answer, 404, 'collectionNotFound')
    }
    expectProblem(await client.send('GET', `${persons}/x`), 404, 'personNotFound')
    expectProblem(await client.send('GET', `${persons}/x/faces`), 404, 'personNotFound')
    expectProblem(
      await client.send('POST', `${persons}/x/faces`, { form: [image] }),
      404,
      'personNotFound',
    )
    expectProblem(await client.send('DELETE', `${persons}/${person}/faces/x`), 404, 'faceNotFound')
    expectProblem(await client.send('DELETE', '/v1/collections/none'), 404, 'collectionNotFound')
    expectProblem(await client.send('DELETE', '/v1/collections/default'), 403, 'forbidden')
  })

  it('answers notFound for an address that is none', async () => {
    for (const url of ['/nowhere', '/v1', '/v1/detect/', `/v1/collections/${'x'.repeat(300)}`]) {
      expectProblem(await client.send('GET', url), 404, 'notFound')
    }
  })

  it('answers methodNotAllowed and the methods that are', async () => {
    const answer = await client.send('GET', '/v1/detect')
    expectProblem(answer, 405, 'methodNotAllowed')
    expect(answer.headers.allow).toBe('POST')
    expect(answer.json.allowed).toEqual(['POST'])
    const collection = await client.send('PUT', '/v1/collections/a', { json: {} })
    expect(collection.headers.allow).toBe('DELETE, GET, HEAD, PATCH')
  })

  it('tells the methods of an address of its own from those of what its last part might name', async () => {
    for (const path of ['persons/bulk', 'strangers/changes']) {
      const answer = await client.send('OPTIONS', `/v1/collections/default/${path}`)
      expectProblem(answer, 405, 'methodNotAllowed')
      expect(answer.headers.allow).toBe('POST')
    }
  })

  it('answers methodNotAllowed before it looks at a body', async () => {
    for (const method of ['QUERY', 'PUT'] as const) {
      const answer = await client.send(method, '/healthz')
      expectProblem(answer, 405, 'methodNotAllowed')
    }
    const json = { body: '{', headers: { 'content-type': 'application/json' } }
    expectProblem(await client.send('PUT', '/v1/detect', json), 405, 'methodNotAllowed')
    expectProblem(await client.send('POST', '/nowhere', json), 404, 'notFound')
  })

  it('answers invalidRequest for an address that is not validly encoded', async () => {
    expectProblem(await client.send('GET', '/v1/collections/%E0%A4%A'), 400, 'invalidRequest')
  })

  it('answers invalidRequest for an Idempotency-Key that is none', async () => {
    for (const key of ['', 'a b', 'x'.repeat(201)]) {
      const answer = await client.send('POST', persons, {
        json: { name: 'Ann' },
        headers: { 'idempotency-key': key },
      })
      expectProblem(answer, 400, 'invalidRequest')
    }
  })
})

describe('failures of the use cases', () => {
  const failing = async (error: unknown): Promise<Answer> => {
    client.services.gate = async () => {
      throw error
    }
    try {
      return await client.send('POST', '/v1/detect', { form: [image] })
    } finally {
      client.services.gate = undefined
    }
  }

  it('answers overloaded with the time to wait', async () => {
    const answer = await failing(
      new FaceError('overloaded', { info: { retryAfterSeconds: 2.5, queued: 64 } }),
    )
    expectProblem(answer, 503, 'overloaded')
    expect(answer.headers['retry-after']).toBe('3')
    expect(answer.json.queued).toBe(64)
    expect((await failing(new FaceError('storeBusy'))).headers['retry-after']).toBe('1')
  })

  it('tells nothing of a fault but its request id', async () => {
    const fault = await failing(new Error('ENOENT /home/user/faces.db'))
    expectProblem(fault, 500, 'internal')
    expect(fault.body).not.toContain('/home')
    const worker = await failing(
      new FaceError('workerFailed', { detail: 'at /home/user', info: { path: '/home' } }),
    )
    expectProblem(worker, 500, 'workerFailed')
    expect(worker.body).not.toContain('/home')
  })

  it('answers what is thrown that is no error', async () => {
    expectProblem(await failing('text'), 500, 'internal')
  })

  it('keeps the standard members when extras have the same names', async () => {
    const answer = await failing(new FaceError('noFace', { info: { status: 200, code: 'x' } }))
    expectProblem(answer, 422, 'noFace')
  })

  it.each(Object.keys(errorCatalogue) as ErrorCode[])(
    'answers %s with its own status and code',
    async (code) => {
      const answer = await failing(new FaceError(code, { detail: 'Why.' }))
      expectProblem(answer, errorCatalogue[code].status, code)
      expect(answer.json.title).toBe(errorCatalogue[code].message)
      expect(answer.json.detail).toBe(errorCatalogue[code].kind === 'fault' ? undefined : 'Why.')
    },
  )
})
