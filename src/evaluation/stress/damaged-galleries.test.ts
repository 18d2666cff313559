import { describe, expect, test } from 'vitest'
import type { FmrCurve } from '../../core/types.ts'
import { createRandom } from '../../platform/random.ts'
import { searchDamagedGalleries } from './damaged-galleries.ts'
import { createGateDecider, type StressDecider } from './decider.ts'
import type { JudgedRows } from './pair-rates.ts'
import { computeSimilarities, toRows } from './similarities.ts'

const curve: FmrCurve = {
  source: 'test',
  resultFile: '',
  matedPairs: 0,
  nonMatedPairs: 0,
  points: [],
  tail: { threshold: 0.5, rate: 1e-4, shape: 0, scale: 0.02, exceedances: 100 },
}
const dimension = 40

/** Rows that share a share of one direction; each also has a direction of its own. */
function createFaces(count: number, shared: number, from: number, refused = false): JudgedRows {
  const rows = Array.from({ length: count }, (_, i) => {
    const row = new Float32Array(dimension)
    row[0] = Math.sqrt(shared)
    row[1 + ((from + i) % (dimension - 1))] = Math.sqrt(1 - shared)
    return row
  })
  const usable = rows.map(() => !refused)
  return { ...toRows(rows, dimension), comparable: usable, enrollable: usable }
}

function search(damaged: JudgedRows, decider: StressDecider = createGateDecider()) {
  const clean = createFaces(12, 0, 25)
  const similarities = computeSimilarities(damaged, clean)
  return searchDamagedGalleries(
    { damaged, clean, similarities },
    {
      policy: { maxFpir: 0.01, possibleFpir: 0.1 },
      ...{ curve, decider, damagedPeople: 5, cleanPeople: [0, 10, 80], draws: 2 },
      random: createRandom(1),
    },
  )
}

describe('searchDamagedGalleries', () => {
  test('names every stranger where damaged faces are alike, whoever is enrolled beside them', () => {
    const galleries = search(createFaces(20, 0.9, 0))
    // Too few clean people for 80.
    expect(galleries.map(({ cleanPeople }) => cleanPeople)).toEqual([0, 10])
    for (const { named, searched, damagedPeople } of galleries) {
      expect(named).toMatchObject({ count: 30, of: 30 })
      expect([searched, damagedPeople]).toEqual([30, 5])
    }
  })

  test('names nobody where damaged faces differ', () => {
    for (const { named } of search(createFaces(20, 0.1, 0))) expect(named.count).toBe(0)
  })

  test('leaves out kinds that enrolment refuses', () => {
    expect(search(createFaces(20, 0.9, 0, true))).toEqual([])
  })

  test('counts strangers that are refused a search as not named', () => {
    const faces = createFaces(20, 0.9, 0)
    const comparable = faces.comparable.map((_, i) => i < 8)
    const [gallery] = search({ ...faces, comparable })
    expect(gallery?.named).toMatchObject({ count: 6, of: 30 })
    expect(gallery?.searched).toBe(6)
  })

  test('decides by the raised threshold of the search', () => {
    const gate = createGateDecider()
    const bySearch = search(createFaces(20, 0.9, 0), {
      ...gate,
      searchThreshold: (base, { others }) => {
        expect([...others]).toEqual([...others].sort((a, b) => b - a))
        return base + (others[0]! > 0.8 ? 0.45 : 0)
      },
    })
    expect(bySearch[0]?.named.count).toBe(0)
    const byCandidate = search(createFaces(20, 0.9, 0), {
      ...gate,
      searchThreshold: (base, { probe, candidate }) => {
        expect(candidate).not.toEqual(probe)
        return base + 0.45
      },
    })
    expect(byCandidate[1]?.named.count).toBe(0)
  })
})
