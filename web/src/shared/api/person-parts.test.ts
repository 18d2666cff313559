import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { joinParts, loadPart, type PersonParts, partsOf } from './person-parts.ts'
import type { Page, Person } from './types.ts'

const queryKey = ['persons']

/** A list of persons with whole numbers as places and ids, of which an answer has two, or three at most. */
function createList(ids: readonly number[]) {
  const there = new Set(ids)
  const asked: string[] = []
  const client = new QueryClient()
  let inView: (part: number) => boolean = () => true
  const load = async (cursor: string, wanted = 2): Promise<Page<Person>> => {
    asked.push(cursor)
    const most = Math.min(wanted, 3)
    const rest = [...there].filter((id) => id > Number(cursor)).sort((a, b) => a - b)
    const items = rest.slice(0, most).map((id) => ({ id: String(id), revision: 1 }) as Person)
    return rest.length > most ? { items, nextCursor: items.at(-1)?.id } : { items }
  }
  const options = {
    queryKey,
    initialPageParam: '',
    structuralSharing: false,
    getNextPageParam: (page: Page<Person>) => page.nextCursor,
    queryFn: ({ pageParam }: { readonly pageParam: string }) =>
      loadPart({ client, queryKey, cursor: pageParam, isInView: (part) => inView(part), load }),
  }
  return {
    there,
    asked,
    load: (pages: number) => client.fetchInfiniteQuery({ ...options, pages }),
    loadAll: () => client.fetchInfiniteQuery({ ...options, pages: 99 }),
    /** What is asked for after a change, while only some parts are seen. */
    async changeWhile(isSeen: (part: number) => boolean): Promise<readonly string[]> {
      inView = isSeen
      asked.length = 0
      await client.invalidateQueries({ queryKey, refetchType: 'none' })
      const { length: pages = 1 } = client.getQueryData<PersonParts>(queryKey)?.pages ?? []
      await client.fetchInfiniteQuery({ ...options, pages })
      return asked
    },
    ids: () => {
      const { pages = [] } = client.getQueryData<PersonParts>(queryKey) ?? {}
      return joinParts(pages).map(({ id }) => Number(id))
    },
    stale: () =>
      client.getQueryData<PersonParts>(queryKey)?.pages.map(({ isStale = false }) => isStale),
  }
}

test('a short list is loaded again as a whole', async () => {
  const list = createList([2, 4, 6, 8, 10])
  await list.loadAll()
  expect(await list.changeWhile(() => false)).toEqual(['', '4', '8'])
})

test('of a long list the first part and those that are seen are loaded again', async () => {
  const list = createList([2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
  await list.loadAll()
  list.there.delete(14)
  list.there.delete(6)
  expect(await list.changeWhile((part) => part === 3)).toEqual(['', '12'])
  expect(list.stale()).toEqual([false, true, true, false, true])
  expect(list.ids()).toEqual([2, 4, 6, 8, 10, 12, 16, 18, 20])
  await list.changeWhile((part) => part === 1)
  expect(list.ids()).toEqual([2, 4, 8, 10, 12, 16, 18, 20])
})

test('a part ends where it ended, however many came or went', async () => {
  const list = createList([10, 20, 30, 40, 50, 60, 70, 80, 90])
  await list.loadAll()
  for (const id of [31, 32, 33]) list.there.add(id)
  expect(await list.changeWhile((part) => part === 1)).toEqual(['', '20', '32'])
  expect(list.ids()).toEqual([10, 20, 30, 31, 32, 33, 40, 50, 60, 70, 80, 90])
  for (const id of [30, 31, 32, 33, 40]) list.there.delete(id)
  await list.changeWhile((part) => part === 1)
  expect(list.ids()).toEqual([10, 20, 50, 60, 70, 80, 90])
})

test('the last part that is loaded ends where the server ends it', async () => {
  const list = createList([2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
  await list.load(4)
  expect(await list.changeWhile((part) => part === 3)).toEqual(['', '12'])
  expect(list.ids()).toEqual([2, 4, 6, 8, 10, 12, 14, 16])
})

test('who was the last of a part comes back there', async () => {
  const list = createList([2, 4, 6, 8, 10, 12, 14, 16])
  await list.loadAll()
  list.there.delete(8)
  await list.changeWhile((part) => part === 1)
  expect(list.ids()).toEqual([2, 4, 6, 10, 12, 14, 16])
  list.there.add(8)
  await list.changeWhile((part) => part === 1)
  expect(list.ids()).toEqual([2, 4, 6, 8, 10, 12, 14, 16])
})

test('who has come to the front is there once', async () => {
  const list = createList([2, 4, 6, 8, 10, 12, 14, 16])
  await list.loadAll()
  list.there.add(1)
  await list.changeWhile(() => false)
  expect(list.ids()).toEqual([1, 2, 4, 6, 8, 10, 12, 14, 16])
})

test('parts are found by places of the list', async () => {
  const list = createList([2, 4, 6, 8, 10])
  const { pages } = await list.loadAll()
  const isSeen = partsOf(pages, { first: 1, last: 2 })
  expect([0, 1, 2, 3].map(isSeen)).toEqual([true, true, false, false])
})
