import { describe, expect, it } from 'vitest'
import { type Learned, learnProjection } from '../../src/search/projected/learning.ts'
import { createScanThreads } from '../../src/search/projected/scan-threads.ts'
import { createProjectedTable } from '../../src/search/projected/table.ts'
import { createKernelLoader } from '../../src/search/table/kernel.ts'
import { toLists } from '../../src/search/table/neighbours.ts'
import { createRowTable } from '../../src/search/table/rows.ts'
import { createClusteredVectors, createIds } from '../contract/vector-index-oracle.ts'

const dimension = 64
const count = 2000

async function loadKernels() {
  const load = (name: string) =>
    createKernelLoader(new URL(`../../dist/kernels/${name}.wasm`, import.meta.url))()
  return { exact: await load('scan-f32'), codes: await load('scan-i8') }
}

/** What learning would find that was misled: lists that are too short for codes of the wrong axes. */
function mislead(learned: Learned): Learned {
  const width = 16
  const axes = learned.axes.slice(-width * dimension)
  return { ...learned, width, head: width, axes, candidates: 64, shortlist: 64, agreement: 1 }
}

async function createTable(misledBelow: number) {
  const kernels = await loadKernels()
  const reserves: number[] = []
  const table = createProjectedTable(dimension, {
    kernels,
    scanThreads: createScanThreads(kernels.codes, 1),
    minFaces: count,
    async learn(sample, gallery) {
      reserves.push(gallery.reserve)
      const learned = learnProjection(sample, { dimension, ...gallery }, kernels)
      return learned && gallery.reserve < misledBelow ? mislead(learned) : learned
    },
  })
  const faces = createClusteredVectors(count, dimension, { seed: 1, centres: 500 })
  const probes = createClusteredVectors(count + 64, dimension, { seed: 1, centres: 500 }).slice(
    count * dimension,
  )
  table.upsert(createIds(count), faces.slice())
  await table.optimize()
  const exact = createRowTable(kernels.exact, dimension)
  exact.upsert(createIds(count), faces.slice())
  const best = async (neighbours: ReturnType<typeof table.search>) =>
    toLists(await neighbours).map(([first]) => first)
  const found = await best(table.search(probes, 1, 0))
  const expected = await best(exact.search(probes, { k: 1, more: 0 }))
  return { table, reserves, found, expected }
}

describe('a projection whose sample told too little', () => {
  it('is learned again with wider codes, and the report is of those', async () => {
    const { table, reserves, found, expected } = await createTable(64)
    expect([...new Set(reserves)]).toEqual([4, 16, 64])
    expect(found).toEqual(expected)
    const status = table.status()
    expect(status).toMatchObject({ exact: false, audited: 1536, learning: false })
    expect(status.agreement).toBeGreaterThanOrEqual(0.999)
    expect(status.width).toBeGreaterThan(16)
    table.dispose()
  })

  it('is searched exactly, and says so, where no reserve is enough', async () => {
    const { table, reserves, found, expected } = await createTable(Number.POSITIVE_INFINITY)
    expect([...new Set(reserves)]).toEqual([4, 16, 64, 256])
    expect(found).toEqual(expected)
    expect(table.status()).toMatchObject({ exact: true, agreement: 1, learning: false })
    table.dispose()
  })
})
