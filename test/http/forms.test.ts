import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient, document, type Part } from './client.ts'

/*
 * What the document says of forms is what the routes take: each set of fields that its schema calls
 * complete is accepted, and none from which one of them is taken away.
 */

interface Property {
  readonly type: string
  readonly format?: string
  readonly items?: Property
}
interface FormSchema {
  readonly properties: Readonly<Record<string, Property>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly { readonly required: readonly string[] }[]
}

const forms = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, operation]) => {
    const { requestBody, operationId } = operation as unknown as {
      operationId: string
      requestBody?: { content: Record<string, { schema: FormSchema }> }
    }
    const schema = requestBody?.content['multipart/form-data']?.schema
    return schema === undefined ? [] : [{ path, method, operationId, schema }]
  }),
)

/** Every smallest set of fields that is complete. */
const waysOf = ({ required = [], anyOf = [{ required: [] }] }: FormSchema) =>
  anyOf.map((way) => [...new Set([...required, ...way.required])])

let client: Client
const ids = { person: '', face: '' }

beforeAll(async () => {
  client = await createClient()
  const { json } = await client.send('POST', '/v1/collections/default/persons', {
    form: [
      ['name', 'Ann'],
      ['image', 'face:ann', 'ann.jpg'],
    ],
  })
  Object.assign(ids, { person: json.id, face: json.faces[0].face.id })
})
afterAll(() => client.close())

function toPart(name: string, { format, items }: Property): Part {
  if (format !== 'binary' && items?.format !== 'binary') {
    const values: Readonly<Record<string, string>> = { personId: ids.person, faceId: ids.face }
    return [name, values[name] ?? 'Ann']
  }
  if (name === 'archive') {
    return [name, Buffer.from(zipSync({ 'Ann/1.jpg': Buffer.from('face:ann') })), 'photos.zip']
  }
  return [name, 'face:ann', 'Ann/1.jpg']
}

function send({ path, method, schema }: (typeof forms)[number], fields: readonly string[]) {
  const url = path.replace('{collection}', 'default').replace('{person}', ids.person)
  const form = fields.map((name) => toPart(name, schema.properties[name] as Property))
  // Its name is in the query.
  const query = url === '/registerFace' ? '?name=Ann' : ''
  return client.send(method.toUpperCase(), url + query, { form })
}

describe.each(forms.map((form) => [form.operationId, form] as const))(
  'the form of %s',
  (_, form) => {
    const ways = waysOf(form.schema)

    it('names what has to be there', () => {
      expect(ways.every((way) => way.length > 0)).toBe(true)
    })

    it.each(ways.map((way) => [way.join(' and '), way] as const))(
      'is complete with %s',
      async (_name, way) => {
        const { status, json } = await send(form, way)
        expect({ status, code: json?.code }).toMatchObject({
          status: expect.toSatisfy((given: number) => given < 300),
        })
      },
    )

    it.each(ways.map((way) => [way.join(' and '), way] as const))(
      'is refused where one of %s is not there',
      async (_name, way) => {
        for (const lacking of way) {
          const left = way.filter((name) => name !== lacking)
          const { status, json } = await send(form, left)
          expect({ lacking, status }).toEqual({
            lacking,
            status: expect.toSatisfy((given: number) => given >= 400 && given < 500),
          })
          expect(json.code).toMatch(
            /^(missingImage|invalidRequest|invalidName|unsupportedMediaType)$/,
          )
        }
      },
    )
  },
)

it('looks at every form', () => {
  expect(forms.length).toBeGreaterThan(10)
})
