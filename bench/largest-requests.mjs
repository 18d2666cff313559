// The largest requests of each shape that the interface takes or has to refuse, made from its OpenAPI
// document: every operation with a JSON body, and every query.

const mib = 2 ** 20
/** Query strings are part of a request's head, of which Node takes 16 KiB. */
const headBytes = 15_000
const metadataBytes = 16_384
const manyValues = 16_000

/**
 * @param document  openapi.json
 * @param options
 *   `bodyBytes`: as large as the server takes (`http.maxRequestBytes`);
 *   `image`: an image file as large as the server takes (`limits.maxImageBytes`);
 *   `path(template)`: an address with the ids of things that exist
 * @returns requests with a `label`; `body()` makes the bytes, which are too many to be kept
 */
export function* makeLargestRequests(document, { bodyBytes, image, path }) {
  for (const [template, methods] of Object.entries(document.paths)) {
    for (const [name, operation] of Object.entries(methods)) {
      const method = name.toUpperCase()
      const target = path(template)
      const label = (shape) => `${method} ${template}: ${shape}`
      for (const [shape, query] of makeQueries(operation)) {
        yield { label: label(shape), method, path: `${target}?${query}` }
      }
      const schema = operation.requestBody?.content?.['application/json']?.schema
      if (schema === undefined) continue
      // Where the name of a person is a member of the query.
      const address = template === '/registerFace' ? `${target}?name=Ann` : target
      for (const [shape, body] of makeBodies(schema, { bodyBytes, image })) {
        yield { label: label(shape), method, path: address, type: 'application/json', body }
      }
    }
  }
}

function* makeQueries({ parameters = [] }) {
  const names = parameters.filter((each) => each.in === 'query').map(({ name }) => name)
  for (const name of names) {
    yield [`long ${name}`, `${name}=${'%20'.repeat(headBytes / 3)}`]
    yield [`many ${name}`, `${name}=1&`.repeat(headBytes / (name.length + 3))]
  }
  if (names.length > 0) yield ['many members', '&a'.repeat(headBytes / 2)]
}

/** Whether a string of the schema is an image. */
const isImage = ({ type, description }) => type === 'string' && /^Base64/.test(description ?? '')
const isImageList = ({ type, items }) => type === 'array' && isImage(items)
const isFreeObject = ({ type, additionalProperties }) =>
  type === 'object' && additionalProperties === true

function* makeBodies({ properties }, { bodyBytes, image }) {
  const base64 = image.toString('base64')
  const text = (value) => () => Buffer.from(value())
  const entries = Object.entries(properties)
  const plain = Object.fromEntries(
    entries
      .filter(([, schema]) => !isImage(schema) && !isImageList(schema))
      .map(([name, schema]) => [name, makeLargest(schema)]),
  )
  yield ['all members besides images', text(() => JSON.stringify(plain))]
  for (const [name, schema] of entries) {
    const json = (value) =>
      text(() => JSON.stringify({ ...required(properties, plain), [name]: value }))
    if (isImage(schema)) yield* makeImageBodies(name, base64, json, bodyBytes)
    else if (isImageList(schema)) {
      const fitting = Math.floor(bodyBytes / base64.length)
      yield [`${name}: the largest images`, json(Array(fitting).fill(base64))]
      const share = base64.slice(0, 4 * Math.floor((bodyBytes - 10_000) / 20 / 4))
      yield [`${name}: 20 images`, json(Array(20).fill(share))]
      yield [`${name}: empty images`, json(Array(manyValues).fill(''))]
    } else if (isFreeObject(schema)) {
      for (const [shape, value] of makeMetadata()) yield [`${name}: ${shape}`, json(value)]
    }
  }
  const pairs = entries.filter(([, schema]) => isImage(schema)).slice(0, 2)
  if (pairs.length === 2) {
    const images = Object.fromEntries(pairs.map(([name]) => [name, base64]))
    yield ['two images', text(() => JSON.stringify(images))]
  }
  yield* makeForeignBodies(bodyBytes)
}

/** Members without which the body is refused at once. */
function required(properties, plain) {
  return 'name' in properties && 'name' in plain ? { name: 'largest' } : {}
}

function* makeImageBodies(name, base64, json, bodyBytes) {
  yield [`${name}: the largest image`, json(base64)]
  yield [`${name}: too large an image`, json('A'.repeat(4 * Math.floor((bodyBytes - 1000) / 4)))]
  const rest = `"}`
  yield [
    `${name}: escapes`,
    () =>
      Buffer.concat([Buffer.from(`{"${name}":"`), escapes(bodyBytes - 1000), Buffer.from(rest)]),
  ]
  yield [`${name}: cut off`, () => Buffer.from(`{"${name}":"${'A'.repeat(bodyBytes - 1000)}`)]
}

function escapes(bytes) {
  return Buffer.alloc(2 * Math.floor(bytes / 2), '\\/')
}

function* makeMetadata() {
  const room = metadataBytes - 100
  yield ['one text', { a: 'x'.repeat(room) }]
  yield ['escaped text', { a: '\u0001'.repeat(room / 6) }]
  yield ['numbers', { a: Array(room / 2).fill(1) }]
  yield ['members', Object.fromEntries(Array.from({ length: room / 12 }, (_, i) => [`${i}`, i]))]
  yield ['too many members', Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [i, 1]))]
  let deep = 1
  for (let i = 0; i < 120; i++) deep = { a: deep }
  yield ['levels', deep]
}

/** JSON that no operation reads, and what is no JSON. */
function* makeForeignBodies(bodyBytes) {
  const repeat = (before, part, after) => () =>
    Buffer.concat([
      Buffer.from(before),
      Buffer.alloc(part.length * Math.floor((bodyBytes - 1000) / part.length), part),
      Buffer.from(after),
    ])
  yield ['unknown members', () => Buffer.from(JSON.stringify(unknownMembers()))]
  yield ['unknown values', () => Buffer.from(JSON.stringify({ a: Array(manyValues).fill(1.5) }))]
  yield ['an unknown text', () => Buffer.from(JSON.stringify({ a: '\u0001'.repeat(40_000) }))]
  yield ['a long unknown text', repeat('{"a":"', 'x', '"}')]
  yield ['a long name', repeat('{"', 'x', '":1}')]
  yield ['numbers without end', repeat('{"images":[', '1,', '1]}')]
  yield ['blanks', repeat('', ' ', '{}')]
  yield ['levels without end', repeat('', '[', '')]
  yield ['members of one name', repeat('{', '"a":1,', '"a":1}')]
}

function unknownMembers() {
  return Object.fromEntries(Array.from({ length: manyValues / 2 }, (_, i) => [`member${i}`, i]))
}

/** A value of a schema as long as it may be. */
function makeLargest(schema) {
  if (schema.anyOf) return makeLargest(schema.anyOf[0])
  if (schema.enum) return schema.enum.at(-1)
  switch (schema.type) {
    case 'object':
      return schema.properties
        ? Object.fromEntries(
            Object.entries(schema.properties).map(([name, each]) => [name, makeLargest(each)]),
          )
        : { a: 'x'.repeat(metadataBytes - 100) }
    case 'array':
      return Array.from({ length: schema.maxItems ?? 1000 }, (_, i) => 1 / (i + 3))
    case 'string':
      return schema.pattern?.includes('a-z') ? 'a'.repeat(60) : 'x'.repeat(schema.maxLength ?? 1000)
    case 'boolean':
      return true
    default:
      return 0.123456789012345
  }
}

export const largestBodyBytes = 64 * mib
export const largestImageBytes = 20 * mib

/** A photograph with zeros behind its end up to the largest file, which decoders pass over. */
export function padImage(jpeg, bytes = largestImageBytes) {
  return Buffer.concat([jpeg, Buffer.alloc(bytes - jpeg.length)])
}
