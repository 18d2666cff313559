import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { createApp } from '../../src/http/app.ts'
import type { HttpOptions } from '../../src/http/options.ts'
import { createTestServices, type TestServices } from './services.ts'

/** The committed document: what answers it does not describe fails the test that got them. */
export const document: OpenApi = JSON.parse(
  readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'),
)

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}
export interface Operation {
  readonly operationId: string
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >
}

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true })
;(addFormats as unknown as (ajv: Ajv2020) => void)(ajv)
ajv.addSchema(document, 'openapi')
const validators = new Map<string, ValidateFunction>()

/** `operationId status` of every answer that was held against the document. */
export const seenAnswers: Set<string> = new Set()

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly body: string
  /** The parsed body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  readonly json: any
}

export interface Client {
  readonly app: FastifyInstance
  readonly services: TestServices
  send(method: string, url: string, options?: SendOptions): Promise<Answer>
  close(): Promise<void>
}

export interface SendOptions {
  readonly json?: unknown
  readonly form?: readonly Part[]
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly remoteAddress?: string
}

export type Part = readonly [field: string, content: string | Buffer, fileName?: string]

const boundary = 'test-boundary-7f3a'

/** A multipart body; parts without a file name are text fields. */
export function toForm(parts: readonly Part[]): Buffer {
  const chunks = parts.flatMap(([field, content, fileName]) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${field}"${
        fileName === undefined
          ? ''
          : `; filename="${fileName}"\r\nContent-Type: application/octet-stream`
      }\r\n\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)])
}

export const formType: string = `multipart/form-data; boundary=${boundary}`

/** A client of an application over the real use cases, whose images are text; every answer is validated. */
export async function createClient(options: HttpOptions = {}): Promise<Client> {
  const services = await createTestServices()
  const app = await createApp(services, options)
  return {
    app,
    services,
    async send(method, url, { json, form, body, headers, remoteAddress } = {}) {
      const injected: InjectOptions = {
        method: method as 'GET',
        url,
        headers: {
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...(form === undefined ? {} : { 'content-type': formType }),
          ...headers,
        },
        ...(remoteAddress === undefined ? {} : { remoteAddress }),
      }
      const payload = json === undefined ? (form ? toForm(form) : body) : JSON.stringify(json)
      const response = await app.inject({
        ...injected,
        ...(payload === undefined ? {} : { payload }),
      })
      const type = String(response.headers['content-type'] ?? '').split(';')[0] ?? ''
      const answer = {
        status: response.statusCode,
        headers: response.headers,
        body: response.body,
        json: /[/+]json$/.test(type) ? JSON.parse(response.body) : undefined,
      }
      assertDescribed(method, url, type, answer)
      return answer
    },
    async close() {
      await app.close()
      await services.close()
    },
  }
}

/** Holds an answer against the OpenAPI document. Addresses that it does not name answer problems only. */
function assertDescribed(method: string, url: string, type: string, answer: Answer): void {
  const path = (url.split('?')[0] ?? '').split('/')
  const found = Object.entries(document.paths).find(([template, operations]) => {
    const parts = template.split('/')
    return (
      operations[method.toLowerCase()] !== undefined &&
      parts.length === path.length &&
      parts.every((part, index) => part.startsWith('{') || part === path[index])
    )
  })
  if (!found) {
    if (answer.status >= 400) assertValid('openapi#/components/schemas/Problem', answer.json)
    return
  }
  const [template, operations] = found
  const { responses, operationId } = operations[method.toLowerCase()] as Operation
  const key = [String(answer.status), `${Math.floor(answer.status / 100)}XX`].find(
    (name) => responses[name],
  )
  if (!key) throw new Error(`${operationId} answers ${answer.status}, which is not described`)
  seenAnswers.add(`${operationId} ${answer.status}`)
  const content = responses[key]?.content
  if (!content || answer.status === 204) return
  if (!content[type]) {
    throw new Error(`${operationId} ${answer.status} is ${type}, not ${Object.keys(content)}`)
  }
  if (answer.json === undefined) return
  const pointer = [template, method.toLowerCase(), 'responses', key, 'content', type, 'schema']
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/')
  assertValid(`openapi#/paths/${pointer}`, answer.json)
  if (answer.status >= 400 && answer.json.status !== answer.status) {
    throw new Error(`${operationId}: the problem says ${answer.json.status}, not ${answer.status}`)
  }
}

/** Holds a value against a schema of the document, such as `openapi#/components/schemas/Person`. */
export function assertValid(pointer: string, value: unknown): void {
  let validate = validators.get(pointer)
  if (!validate) {
    validate = ajv.compile({ $ref: pointer })
    validators.set(pointer, validate)
  }
  if (!validate(value)) {
    throw new Error(`${pointer}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`)
  }
}
