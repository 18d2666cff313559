import { describe, expect, it } from 'vitest'
import { createMilvusOverlay } from './overlay.ts'
import type { MilvusRows } from './rows.ts'
import { searchMerged } from './search.ts'

const probe = Float32Array.of(1, 0)

/** Rows whose search answers from this list, which is in descending order. */
function createRows(list: readonly (readonly [faceId: string, similarity: number])[]): {
  readonly rows: MilvusRows
  readonly limits: number[]
} {
  const limits: number[] = []
  const rows = {
    async search(probes: Float32Array, limit: number) {
      limits.push(limit)
      const found = list.slice(0, limit).map(([faceId, similarity]) => ({ faceId, similarity }))
      return Array.from({ length: probes.length / 2 }, () => found)
    },
  } as Partial<MilvusRows> as MilvusRows
  return { rows, limits }
}

const many = (count: number, similarity: (i: number) => number) =>
  Array.from(
    { length: count },
    (_, i) => [`f${String(i).padStart(3, '0')}`, similarity(i)] as const,
  )

describe('Milvus search', () => {
  it('merges recent faces with those of Milvus, each once', async () => {
    const { rows } = createRows([
      ['a', 0.9],
      ['b', 0.5],
    ])
    const overlay = createMilvusOverlay()
    overlay.add('new', Float32Array.of(0.7, 0), { replaces: false })
    overlay.add('a', Float32Array.of(0.9, 0), { replaces: false })
    const [list] = await searchMerged({ rows, overlay, dimension: 2 }, probe, 5)
    expect(list).toEqual([
      { faceId: 'a', similarity: 0.9 },
      { faceId: 'new', similarity: 0.7 },
      { faceId: 'b', similarity: 0.5 },
    ])
  })

  it('asks for more when removed faces took the places of others', async () => {
    const { rows, limits } = createRows(many(100, (i) => 1 - i / 100))
    const overlay = createMilvusOverlay()
    for (let i = 0; i < 30; i++) overlay.remove(`f${String(i).padStart(3, '0')}`)
    const [list] = await searchMerged({ rows, overlay, dimension: 2 }, probe, 2)
    expect(list!.map((item) => item.faceId)).toEqual(['f030', 'f031'])
    expect(limits).toEqual([10, 20, 40])
  })

  it('asks for more when it cannot see where equal similarities end', async () => {
    const { rows, limits } = createRows(
      many(60, (i) => (i < 25 ? 1 : 0.5))
        .reverse()
        .sort((a, b) => b[1] - a[1]),
    )
    const overlay = createMilvusOverlay()
    const [list] = await searchMerged({ rows, overlay, dimension: 2 }, probe, 3)
    expect(list!.map((item) => item.faceId)).toEqual(['f000', 'f001', 'f002'])
    expect(limits).toEqual([11, 22, 44])
  })

  it('sends many probes in several calls and keeps their order', async () => {
    const { rows, limits } = createRows([['a', 1]])
    const overlay = createMilvusOverlay()
    const lists = await searchMerged({ rows, overlay, dimension: 2 }, new Float32Array(400), 1)
    expect(lists).toHaveLength(200)
    expect(limits).toHaveLength(4)
  })
})
