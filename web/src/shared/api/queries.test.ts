import { QueryClient } from '@tanstack/react-query'
import createClient from 'openapi-fetch'
import { expect, test } from 'vitest'
import type { paths } from '../api.d.ts'
import type { Api, Scope } from './client.ts'
import { thresholdsOptions } from './collections.ts'
import { deleteFace } from './faces.ts'
import { historyOptions, undoEntries } from './history.ts'
import { jobItemsOptions, jobOptions, jobsOptions } from './jobs.ts'
import { collectionKey } from './keys.ts'
import { deletePerson, personsOptions, updatePerson } from './persons.ts'
import { reportOptions } from './report.ts'
import { personSightingsOptions, strangerSightingsOptions } from './sightings.ts'
import { strangerOptions, strangersOptions } from './strangers.ts'

interface Sent {
  readonly line: string
  readonly ifMatch: string | null
}

/** A scope whose server answers with what is next in `answers`, and what it was asked. */
function createScope(answers: readonly unknown[]): { scope: Scope; sent: Sent[] } {
  const sent: Sent[] = []
  const rest = [...answers]
  const client = createClient<paths>({
    baseUrl: 'http://server',
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url)
      const line = `${request.method} ${pathname}${search}`
      sent.push({ line, ifMatch: request.headers.get('if-match') })
      const headers = { 'x-history-entry': 'H9' }
      if (request.method === 'DELETE') return new Response(null, { status: 204, headers })
      return Response.json(rest.shift() ?? {}, request.method === 'PATCH' ? { headers } : {})
    },
  })
  const api: Api = { send: async (request) => (await request(client)).data as never }
  return { scope: { api, collection: 'c' }, sent }
}

test('lists go on where the page before ended', async () => {
  const pages = [{ items: [{ id: 'A' }], nextCursor: 'x' }, { items: [{ id: 'B' }] }]
  const { scope, sent } = createScope([...pages, ...pages])
  const client = new QueryClient()
  const persons = await client.fetchInfiniteQuery({
    ...personsOptions(scope, { query: 'ann', sort: 'name' }),
    pages: 2,
  })
  expect(persons.pages.flatMap(({ items }) => items.map(({ id }) => id))).toEqual(['A', 'B'])
  await client.fetchInfiniteQuery({ ...strangersOptions(scope, { sort: 'count' }), pages: 2 })
  expect(sent.map(({ line }) => line)).toEqual([
    'GET /v1/collections/c/persons?query=ann&sort=name&limit=50',
    // Who scrolls gets more at once.
    'GET /v1/collections/c/persons?query=ann&sort=name&limit=900&cursor=x',
    'GET /v1/collections/c/strangers?sort=count&limit=50',
    'GET /v1/collections/c/strangers?sort=count&limit=50&cursor=x',
  ])
})

test('sightings and what a job did go on, too', async () => {
  const pages = [{ items: [{ id: 'A' }], nextCursor: 'x' }, { items: [{ id: 'B' }] }]
  const { scope, sent } = createScope([...pages, ...pages, ...pages])
  const client = new QueryClient()
  await client.fetchInfiniteQuery({ ...strangerSightingsOptions(scope, 'S'), pages: 2 })
  await client.fetchInfiniteQuery({ ...personSightingsOptions(scope, 'P'), pages: 2 })
  const items = jobItemsOptions(scope.api, 'J', { rejected: true })
  await client.fetchInfiniteQuery({ ...items, pages: 2 })
  expect(sent.map(({ line }) => line)).toEqual([
    'GET /v1/collections/c/strangers/S/sightings?limit=100',
    'GET /v1/collections/c/strangers/S/sightings?limit=100&cursor=x',
    'GET /v1/collections/c/sightings?person=P&limit=100',
    'GET /v1/collections/c/sightings?person=P&limit=100&cursor=x',
    'GET /v1/jobs/J/items?limit=200&rejected=true',
    'GET /v1/jobs/J/items?limit=200&rejected=true&cursor=x',
  ])
  // A stranger that is discarded takes its sightings with it.
  const { queryKey } = strangerOptions(scope, 'S')
  expect(strangerSightingsOptions(scope, 'S').queryKey.slice(0, queryKey.length)).toEqual(queryKey)
})

test('what is asked of a collection is stale together, and jobs are not', async () => {
  const { scope } = createScope([])
  const keys = [personsOptions(scope), strangersOptions(scope), historyOptions(scope)]
  for (const { queryKey } of [...keys, reportOptions(scope)]) {
    expect(queryKey.slice(0, 2)).toEqual(collectionKey('c'))
  }
  expect(jobsOptions(scope.api).queryKey[0]).toBe(jobOptions(scope.api, 'J').queryKey[0])
})

test('rates are asked for one by one, in their order', async () => {
  const { scope, sent } = createScope([{ items: [] }])
  await new QueryClient().fetchQuery(thresholdsOptions(scope, [0.01, 1e-6]))
  expect(sent[0]?.line).toBe('GET /v1/collections/c/thresholds?maxFpir=0.01&maxFpir=0.000001')
})

test('a change names the revision that the user has seen, or none, and answers its entry', async () => {
  const { scope, sent } = createScope([{ id: 'P' }])
  const changed = await updatePerson(scope, { id: 'P', revision: 3 }, { name: 'Ann' })
  expect(changed).toEqual({ person: { id: 'P' }, entryId: 'H9' })
  await updatePerson(scope, { id: 'P', revision: undefined }, { name: 'Ann' })
  expect(sent).toEqual([
    { line: 'PATCH /v1/collections/c/persons/P', ifMatch: '"3"' },
    { line: 'PATCH /v1/collections/c/persons/P', ifMatch: null },
  ])
})

test('a deletion answers the entry of the history that takes it back', async () => {
  const { scope, sent } = createScope([])
  expect(await deletePerson(scope, 'P')).toBe('H9')
  expect(await deleteFace(scope, 'P', 'F')).toBe('H9')
  expect(sent.map(({ line }) => line)).toEqual([
    'DELETE /v1/collections/c/persons/P',
    'DELETE /v1/collections/c/persons/P/faces/F',
  ])
})

test('several changes are taken back from the last one on', async () => {
  const { scope, sent } = createScope([])
  await undoEntries(scope, ['H1', 'H2'])
  expect(sent.map(({ line }) => line)).toEqual([
    'POST /v1/collections/c/history/H2/undo',
    'POST /v1/collections/c/history/H1/undo',
  ])
})
