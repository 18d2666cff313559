import { expect, it } from 'vitest'
import type { VectorTable } from './table.ts'
import { createTableWorker } from './table-worker.ts'

const noNeighbours = { counts: [], faceIds: [], similarities: new Float64Array(0) }

/** A table whose changes take a while, and the log of what it did. */
function createSlowTable(log: string[]): VectorTable {
  const table: Partial<VectorTable> = {
    async upsert() {
      log.push('change begins')
      await new Promise((resolve) => setImmediate(resolve))
      log.push('change ends')
    },
    search() {
      log.push('search')
      return noNeighbours
    },
  }
  return table as VectorTable
}

it.each([
  ['turns', ['change begins', 'change ends', 'search']],
  ['own', ['change begins', 'search', 'change ends']],
] as const)(
  'of tables that take %s lets a search wait for a change, or not',
  async (concurrency, expected) => {
    const log: string[] = []
    const run = createTableWorker(async () => createSlowTable(log), concurrency)
    const collectionId = 'c1'
    expect(await run({ operation: 'open', collectionId, dimension: 4 })).toEqual({ value: false })
    const change = { faceIds: [], vectors: new Float32Array(0) }
    const probe = { probes: new Float32Array(0), k: 1, more: 0 }
    const answers = await Promise.all([
      run({ operation: 'upsert', collectionId, ...change }),
      run({ operation: 'search', collectionId, ...probe }),
    ])
    expect(answers).toEqual([{ value: undefined }, { value: noNeighbours }])
    expect(log).toEqual(expected)
  },
)

it('answers that a table is lost which was not opened', async () => {
  const run = createTableWorker(async () => createSlowTable([]))
  const answer = await run({ operation: 'size', collectionId: 'c1' })
  expect(answer).toMatchObject({ error: { code: 'workerFailed' } })
})
