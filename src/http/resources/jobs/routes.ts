import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { type TObject, type TString, Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import type { Jobs } from '../../../jobs/jobs.ts'
import { type AskedJobState, jobStates } from '../../../storage/ports/jobs.ts'
import type { PageOptions } from '../../../storage/ports/pages.ts'
import { toGalleryCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import { toDisconnectSignal } from '../../plugins/request-context.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { collectionParams, noContent, pageOf, pageProperties } from '../shared.ts'
import { acceptJob } from './accepted.ts'
import { toJobEvents } from './events.ts'
import { toItemsCsv } from './items-csv.ts'
import { Job, JobItem } from './schema.ts'

const jobParams: TObject<{ job: TString }> = Type.Object({
  job: Type.String({ description: 'Id of the job.' }),
})

const listQuery = Type.Object(
  {
    ...pageProperties,
    state: Type.Optional(
      Type.Enum([...jobStates], { type: 'string', description: 'Only jobs in this state.' }),
    ),
    kind: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'Only jobs of this kind.',
        examples: ['indexRebuild'],
      }),
    ),
  },
  { additionalProperties: false },
)

const itemsQuery = Type.Object(
  {
    ...pageProperties,
    rejected: Type.Optional(
      Type.Boolean({ description: '`true`: only what was rejected; `false`: only what was not.' }),
    ),
  },
  { additionalProperties: false },
)

const eventsHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      pattern: '^[0-9]{1,15}$',
      description: 'Id of the last event that was received: only changes after it are told.',
    }),
  ),
})

const eventSchema = Type.Object({
  id: Type.String({ description: 'The revision of the job.' }),
  event: Type.Enum(['job'], { type: 'string' }),
  data: Type.String({ contentMediaType: 'application/json', description: 'The job.' }),
})

/** Streams of events at the same time: each asks the database once a second. */
const maxStreams = 100

/** What a job is asked to become, by the last part of the address. */
const requests: Readonly<
  Record<string, { readonly state: AskedJobState; readonly summary: string }>
> = {
  pause: { state: 'paused', summary: 'Pause a job' },
  resume: { state: 'queued', summary: 'Resume a job that is paused, or try one again that failed' },
  cancel: { state: 'cancelled', summary: 'Cancel a job' },
}

/** Jobs of a collection's index, by the last part of the address. */
const indexJobs = {
  verify: { kind: 'indexVerify', summary: 'Compare the index of a collection with the database' },
  rebuild: { kind: 'indexRebuild', summary: 'Build the index of a collection again' },
} as const

/** `/v1/jobs`, and the routes below collections whose work is a job. */
export function registerJobRoutes(app: App, { jobs }: RouteContext): void {
  const tags = ['jobs']
  const read = { scope: 'people:read' } as const
  const write = { scope: 'collections:write' } as const
  const stopping = new AbortController()
  let streams = 0
  app.addHook('preClose', async () => stopping.abort())

  const jobsOf = (request: FastifyRequest): Jobs => jobs.as(toGalleryCaller(request))

  app.route({
    method: 'GET',
    url: '/v1/jobs',
    config: read,
    schema: {
      operationId: 'listJobs',
      tags,
      summary: 'List jobs, the newest first',
      querystring: listQuery,
      response: { 200: pageOf(Job), ...problemResponses('invalidCursor') },
    },
    handler: async (request) => jobsOf(request).list(request.query),
  })

  app.route({
    method: 'GET',
    url: '/v1/jobs/:job',
    config: read,
    schema: {
      operationId: 'getJob',
      tags,
      summary: 'Get a job',
      params: jobParams,
      response: { 200: ref(Job), ...problemResponses('jobNotFound') },
    },
    handler: async (request) => jobsOf(request).get(request.params.job),
  })

  app.route({
    method: 'GET',
    url: '/v1/jobs/:job/items',
    config: read,
    schema: {
      operationId: 'listJobItems',
      tags,
      summary: 'List what became of the things that a job worked on',
      params: jobParams,
      querystring: itemsQuery,
      response: { 200: pageOf(JobItem), ...problemResponses('invalidCursor', 'jobNotFound') },
    },
    handler: async (request) => jobsOf(request).items(request.params.job, request.query),
  })

  app.route({
    method: 'GET',
    url: '/v1/jobs/:job/items.csv',
    config: read,
    schema: {
      operationId: 'exportJobItems',
      tags,
      summary: 'All that a job says of the things that it worked on, as CSV',
      params: jobParams,
      querystring: Type.Object(
        { rejected: itemsQuery.properties.rejected },
        { additionalProperties: false },
      ),
      response: {
        200: {
          description: 'A CSV file (RFC 4180) with a line of names.',
          content: { 'text/csv': { schema: Type.String() } },
        },
        ...problemResponses('jobNotFound'),
      },
    },
    handler: async (request, reply) => {
      const { job } = request.params
      const own = jobsOf(request)
      await own.get(job)
      const load = (page: PageOptions) => own.items(job, { ...page, ...request.query })
      reply.type('text/csv; charset=utf-8')
      reply.header('content-disposition', `attachment; filename="job-${job}.csv"`)
      return reply.send(Readable.from(toItemsCsv(load)) as never)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/jobs/:job/events',
    config: { ...read, isEventStream: true },
    schema: {
      operationId: 'watchJob',
      tags,
      summary: 'Follow a job',
      description:
        'Server-sent events: `job`, with the job as JSON and its revision as id, now and after each change, until it has ended. Changes in quick succession may come as one.',
      params: jobParams,
      headers: eventsHeaders,
      response: {
        200: {
          description: 'A stream of events, each as the schema says.',
          content: { 'text/event-stream': { schema: eventSchema } },
        },
        ...problemResponses('jobNotFound', 'overloaded'),
      },
    },
    handler: async (request, reply) => {
      const { job } = request.params
      const own = jobsOf(request)
      // What is not there is an answer of its own, not the end of a stream.
      await own.get(job)
      if (streams >= maxStreams) {
        throw new FaceError('overloaded', { detail: 'Too many jobs are being followed.' })
      }
      streams++
      reply.raw.once('close', () => streams--)
      const signal = AbortSignal.any([toDisconnectSignal(reply), stopping.signal])
      const after = Number(request.headers['last-event-id'] ?? 0)
      reply.type('text/event-stream')
      return reply.send(Readable.from(toJobEvents(own.watch(job, { after, signal }))) as never)
    },
  })

  for (const [name, { state, summary }] of Object.entries(requests)) {
    app.route({
      method: 'POST',
      url: `/v1/jobs/:job/${name}`,
      config: write,
      schema: {
        operationId: `${name}Job`,
        tags,
        summary,
        description: 'One that runs does so at its next safe place; until then `wanted` says it.',
        params: jobParams,
        response: { 200: ref(Job), ...problemResponses('jobNotFound', 'jobConflict') },
      },
      handler: async (request) => jobsOf(request).ask(request.params.job, state),
    })
  }

  app.route({
    method: 'DELETE',
    url: '/v1/jobs/:job',
    config: write,
    schema: {
      operationId: 'deleteJob',
      tags,
      summary: 'Remove a job that has ended',
      params: jobParams,
      response: { 204: noContent, ...problemResponses('jobNotFound', 'jobConflict') },
    },
    handler: async (request, reply) => {
      await jobsOf(request).remove(request.params.job)
      return reply.code(204).send()
    },
  })

  for (const [name, { kind, summary }] of Object.entries(indexJobs)) {
    app.route({
      method: 'POST',
      url: `/v1/collections/:collection/index/${name}`,
      config: write,
      schema: {
        operationId: kind,
        tags,
        summary,
        description:
          'A job: 202, and `Location` is its address. It works on the index of the node that runs it, except where the nodes share a search engine.',
        params: collectionParams,
        response: { 202: ref(Job), ...problemResponses('collectionNotFound') },
      },
      handler: async (request, reply) => {
        const { collection } = request.params
        const job = await jobsOf(request).start({ kind, collection })
        return acceptJob(reply, job)
      },
    })
  }
}
