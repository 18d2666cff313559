import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { AuditQuery } from '../../../access/audit/audit.ts'
import { auditKinds } from '../../../core/audit/kinds.ts'
import { FaceError } from '../../../core/errors.ts'
import { toGalleryCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { pageOf, pageProperties } from '../shared.ts'
import { AuditEntry, AuditReport } from './schema.ts'

const id = (description: string) => Type.String({ minLength: 1, maxLength: 200, description })
const time = (description: string) =>
  Type.String({ maxLength: 40, format: 'date-time', description })

const filters = {
  from: Type.Optional(time('Not before this time.')),
  to: Type.Optional(time('Before this time.')),
  kind: Type.Optional(Type.Enum([...auditKinds], { type: 'string' })),
  actor: Type.Optional(id('Kind of the actor, or kind and id joined by a colon.')),
  subject: Type.Optional(id('Id of a person, a face, a key or another thing that it concerns.')),
  collection: Type.Optional(id('Name of a collection.')),
  requestId: Type.Optional(id('`x-request-id` of an answer.')),
}

const listQuery = Type.Object({ ...pageProperties, ...filters }, { additionalProperties: false })
const exportQuery = Type.Object(filters, { additionalProperties: false })

/** `/v1/audit`, `/v1/audit.jsonl` and `/v1/audit/verification`. */
export function registerAuditRoutes(app: App, { audit }: RouteContext): void {
  const tags = ['audit']
  const config = { scope: 'audit:read' } as const
  /** One walk along the chains at a time, however many ask for one. */
  let verifying: Promise<unknown> | undefined

  app.route({
    method: 'GET',
    url: '/v1/audit',
    config,
    schema: {
      operationId: 'listAudit',
      tags,
      summary: 'List the entries of the audit log, newest first',
      querystring: listQuery,
      response: {
        200: pageOf(AuditEntry),
        ...problemResponses('invalidCursor', 'collectionNotFound', 'forbidden'),
      },
    },
    handler: async (request) => {
      const { limit, cursor, ...query } = request.query
      return audit.as(toGalleryCaller(request)).list({
        ...toQuery(query),
        ...(limit === undefined ? {} : { limit }),
        ...(cursor === undefined ? {} : { cursor }),
      })
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/audit.jsonl',
    config,
    schema: {
      operationId: 'exportAudit',
      tags,
      summary: 'The entries of the audit log, newest first, a line of JSON each',
      querystring: exportQuery,
      response: {
        200: {
          description: 'An entry a line.',
          content: { 'application/x-ndjson': { schema: Type.Unsafe<string>({}) } },
        },
        ...problemResponses('collectionNotFound', 'forbidden'),
      },
    },
    handler: async (request, reply) => {
      const own = audit.as(toGalleryCaller(request))
      const query = toQuery(request.query)
      // What is wrong with the question is an answer of its own.
      await own.list({ ...query, limit: 1 })
      reply.type('application/x-ndjson')
      reply.header('content-disposition', 'attachment; filename="audit.jsonl"')
      return reply.send(Readable.from(toLines(own.entries(query))) as never)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/audit/verification',
    config: { ...config, wholeServer: true },
    schema: {
      operationId: 'verifyAudit',
      tags,
      summary: 'Verify the audit log',
      description:
        'Walks along all chains and holds them against the anchors that this server wrote. A million entries take some ten seconds.',
      response: { 200: ref(AuditReport), ...problemResponses('forbidden') },
    },
    handler: async (request) => {
      const own = audit.as(toGalleryCaller(request))
      verifying ??= own.verify().finally(() => {
        verifying = undefined
      })
      return verifying as ReturnType<typeof own.verify>
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/audit/verification',
    config: { ...config, wholeServer: true },
    schema: {
      operationId: 'getAuditVerification',
      tags,
      summary: 'What the last verification of this server found',
      response: { 200: ref(AuditReport), ...problemResponses('notFound', 'forbidden') },
    },
    handler: async () => {
      const report = audit.lastReport()
      if (report) return report
      throw new FaceError('notFound', { detail: 'This server has not verified the log yet.' })
    },
  })
}

type Query = { readonly [K in keyof AuditQuery]?: AuditQuery[K] | undefined }

/** Times as they are stored. */
function toQuery({ from, to, ...rest }: Query): AuditQuery {
  const others = Object.entries(rest).filter(([, value]) => value !== undefined)
  return {
    ...Object.fromEntries(others),
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
  }
}

async function* toLines(entries: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`
}
