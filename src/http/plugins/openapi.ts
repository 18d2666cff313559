import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { IsOptional } from 'typebox'
import type { ScopeOrPublic } from '../../access/scopes.ts'
import type { ResolvedHttpOptions } from '../options.ts'
import * as analysisSchemas from '../resources/analysis/schema.ts'
import { GalleryReport, MergeSuggestions, PersonQuality } from '../resources/examination/schema.ts'
import { setAsideComponents } from '../resources/faces/set-aside.ts'
import * as gallerySchemas from '../resources/gallery-schemas.ts'
import {
  FacesMoved,
  HistoryDetails,
  HistoryEntry,
  PersonsMerged,
} from '../resources/history/schema.ts'
import { Job, JobItem, JobProgress } from '../resources/jobs/schema.ts'
import { ApiKey, CreatedApiKey } from '../resources/keys/schema.ts'
import { bulkPersonComponents } from '../resources/persons/bulk.ts'
import { SessionInfo, SignedOut } from '../resources/session/schema.ts'
import { Confirmed, Stated, Statement } from '../resources/statements/schema.ts'
import * as strangerSchemas from '../resources/strangers/schema.ts'
import * as operationSchemas from '../resources/system/schema.ts'
import { loadStaticFiles, type StaticFile, sendStaticFile, toStaticFile } from '../static-files.ts'
import type { App } from '../types.ts'

/** Tags of the operations, in the order of the document. */
const tags = [
  { name: 'analysis', description: 'What is in an image: faces, embeddings, comparisons.' },
  { name: 'collections', description: 'Named galleries with one model and one decision policy.' },
  { name: 'persons', description: 'Enrolled individuals.' },
  { name: 'faces', description: 'Stored enrolments of a person.' },
  {
    name: 'strangers',
    description: 'People who were seen and are not enrolled, in collections that keep them.',
  },
  { name: 'jobs', description: 'Long operations.' },
  { name: 'keys', description: 'API keys: who may do what.' },
  { name: 'session', description: 'Who asks; signing in and out.' },
  { name: 'compatibility', description: 'Register and recognise in the default collection.' },
  { name: 'system', description: 'Models, health and metrics.' },
]

const description = `Self-hosted face recognition: enrol people, then find out who is in an image.

Images are sent as files of a multipart form or as base64 in JSON. Errors are RFC 9457 problem
documents with a stable \`code\`. Lists answer \`nextCursor\` while there is more. Boxes are in pixels
of the image after its EXIF orientation.`

/**
 * Collects the routes registered from here on into an OpenAPI 3.1 document. To be called before any
 * route is registered.
 */
export async function registerOpenApi(
  app: App,
  { publicDocs }: Pick<ResolvedHttpOptions, 'publicDocs'>,
): Promise<void> {
  const { version } = JSON.parse(
    await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  for (const schemas of [
    analysisSchemas,
    gallerySchemas,
    strangerSchemas,
    { ApiKey, CreatedApiKey },
    { SessionInfo, SignedOut },
    { JobProgress, Job, JobItem },
    bulkPersonComponents,
    setAsideComponents,
    { Statement, Stated, Confirmed },
    { HistoryEntry, HistoryDetails, FacesMoved, PersonsMerged },
    { PersonQuality, GalleryReport, MergeSuggestions },
    operationSchemas,
  ]) {
    for (const schema of Object.values(schemas)) app.addSchema(schema)
  }
  /** Operations whose body may be absent. */
  const withoutBody = new Set<string>()
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Face Watcher', version, description, license: { name: 'MIT' } },
      servers: [{ url: '/', description: 'This server' }],
      tags,
      components: {
        securitySchemes: {
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description:
              'An API key that has the scope of the operation, or a token of an issuer that the server trusts. Asked for when the server has any.',
          },
        },
      },
      security: [{ apiKey: [] }, {}],
    },
    convertConstToEnum: false,
    refResolver: {
      buildLocalReference: (schema, _baseUri, _fragment, index) =>
        typeof schema.$id === 'string' ? schema.$id : `def-${index}`,
    },
    transform: ({ schema: given, url, route }) => {
      const schema = withScope(given, route.config?.scope)
      if (IsOptional(schema.body)) withoutBody.add(String(schema.operationId))
      const multipart = route.config?.multipart
      if (!multipart || schema.hide) return { schema, url }
      const body = (schema.body ?? {}) as { content?: Record<string, unknown> }
      const form = { 'multipart/form-data': { schema: multipart.schema } }
      return { schema: { ...schema, body: { content: { ...form, ...body.content } } }, url }
    },
    transformObject: (documentObject) => {
      if (!('openapiObject' in documentObject)) return documentObject.swaggerObject
      return allowAbsentBodies(documentObject.openapiObject, withoutBody)
    },
  })
  // Serialized once: it is the largest answer that needs no key.
  let json: StaticFile | undefined
  const sendJson = async (request: FastifyRequest, reply: FastifyReply) => {
    json ??= toStaticFile(Buffer.from(JSON.stringify(app.swagger())), '.json')
    return sendStaticFile(request, reply, { file: json, cacheControl })
  }
  const scope = publicDocs ? 'public' : 'system:read'
  app.get('/openapi.json', { schema: { hide: true }, config: { scope } }, sendJson)
  await app.register(async (inner) => registerDocumentation(inner, sendJson, scope))
}

/** Every body is required in the document that Fastify's plugin makes. */
function allowAbsentBodies<T extends { paths?: object | undefined }>(
  document: T,
  operationIds: ReadonlySet<string>,
): T {
  interface Operation {
    readonly operationId?: string
    readonly requestBody?: { required?: boolean }
  }
  for (const path of Object.values(document.paths ?? {})) {
    for (const { operationId, requestBody } of Object.values(path as Record<string, Operation>)) {
      if (requestBody && operationIds.has(operationId ?? '')) requestBody.required = false
    }
  }
  return document
}

/** Says what scope an operation needs, also in words, which every reader of the document shows. */
function withScope(schema: FastifySchema, scope: ScopeOrPublic | undefined): FastifySchema {
  if (scope === undefined || schema.hide) return schema
  if (scope === 'public') return { ...schema, security: [] }
  const needed = `Needs the scope \`${scope}\`.`
  return {
    ...schema,
    description: schema.description === undefined ? needed : `${schema.description} ${needed}`,
    security: [{ apiKey: [scope] }, {}],
  }
}

/** Browsers ask whether a file is still the same. */
const cacheControl = 'no-cache'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/**
 * The page with the documentation. The plugin's routes that open files or serialize the document for
 * each request get handlers that answer from memory.
 */
async function registerDocumentation(
  app: FastifyInstance,
  sendJson: Handler,
  scope: ScopeOrPublic,
): Promise<void> {
  const plugin = dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui'))
  const files = await loadStaticFiles(join(plugin, 'static'))
  let yaml: StaticFile | undefined
  const handlers: Readonly<Record<string, Handler>> = {
    '/docs/json': sendJson,
    '/docs/yaml': async (request, reply) => {
      yaml ??= toStaticFile(Buffer.from(app.swagger({ yaml: true })), '.yaml')
      return sendStaticFile(request, reply, { file: yaml, cacheControl })
    },
    '/docs/static/*': async (request, reply) => {
      const { '*': path = '' } = request.params as Readonly<Record<string, string>>
      return sendStaticFile(request, reply, { file: files.get(path), cacheControl })
    },
  }
  app.addHook('onRoute', (route) => {
    // The plugin's own configuration of a route stays.
    route.config = { ...route.config, scope }
    const handler = handlers[route.url]
    if (handler) route.handler = handler
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // The page's only remote request would be to a validator.
    uiConfig: { validatorUrl: null, deepLinking: true, layout: 'BaseLayout' },
    theme: { title: 'Face Watcher API' },
    staticCSP: {
      'default-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'object-src': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  })
}
