import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countIds, makeSightings, strangerCurve, toUnit } from '../../../test/helpers/strangers.ts'
import { createStrangerClusters, type StrangerClusters } from './stranger-clusters.ts'

const create = (dimension: number): StrangerClusters =>
  createStrangerClusters({ dimension, curve: strangerCurve, newId: countIds() })

const at = (degrees: number): Float32Array => {
  const angle = (degrees * Math.PI) / 180
  return toUnit([Math.cos(angle), Math.sin(angle)])
}

describe('createStrangerClusters', () => {
  test('founds a stranger for a face that is like nobody', () => {
    const clusters = create(2)
    expect(clusters.add({ id: 'a', embedding: at(0) })).toEqual({
      strangerId: '00000001',
      isNew: true,
      joined: [],
      changed: ['00000001'],
    })
    expect(clusters.add({ id: 'b', embedding: at(180) })).toMatchObject({
      strangerId: '00000002',
      isNew: true,
    })
    expect(clusters.size).toBe(2)
  })

  test('gives a face to the stranger whose face is nearest', () => {
    const clusters = create(2)
    clusters.add({ id: 'a', embedding: at(0) })
    clusters.add({ id: 'b', embedding: at(100) })
    expect(clusters.add({ id: 'c', embedding: at(55) })).toEqual({
      strangerId: '00000002',
      isNew: false,
      joined: [],
      changed: ['00000002'],
    })
    const state = clusters.state('00000002')
    expect(state).toMatchObject({ id: '00000002', count: 2 })
    expect(state?.members.map(({ sightingId }) => sightingId)).toEqual(['b', 'c'])
    expect(state?.sum[0]).toBeCloseTo(at(100)[0]! + at(55)[0]!, 6)
  })

  test('does not follow one similar face where the mean is far', () => {
    const clusters = create(2)
    for (const degrees of [0, 1, 2, 3, 50]) {
      clusters.add({ id: String(degrees), embedding: at(degrees) })
    }
    expect(clusters.size).toBe(1)
    // 0.64 to the nearest face, but 0.16 on average.
    expect(clusters.add({ id: 'far', embedding: at(100) }).isNew).toBe(true)
  })

  test('joins two strangers that turn out to be one, under the older id', () => {
    const clusters = create(2)
    clusters.add({ id: 'a', embedding: at(0) })
    clusters.add({ id: 'b', embedding: at(64) })
    expect(clusters.size).toBe(2)
    // As near to the younger one, which grows to the older.
    expect(clusters.add({ id: 'c', embedding: at(33) })).toEqual({
      strangerId: '00000001',
      isNew: false,
      joined: [{ from: '00000002', into: '00000001' }],
      changed: ['00000001'],
    })
    expect(clusters.size).toBe(1)
    expect(clusters.state('00000002')).toBeUndefined()
    const state = clusters.state('00000001')
    expect(state?.count).toBe(3)
    expect(state?.members.map(({ sightingId }) => sightingId)).toEqual(['a', 'b', 'c'])
  })

  test('prefers the older of two equally near ones', () => {
    const clusters = create(2)
    const members = [{ sightingId: 's', embedding: at(0) }]
    for (const id of ['2', '1', '3']) {
      clusters.restore({ id, count: 1, sum: at(0), members })
    }
    expect(clusters.add({ id: 'x', embedding: at(10) }).strangerId).toBe('1')
  })

  test('forgets a stranger that is removed', () => {
    const clusters = create(2)
    const { strangerId } = clusters.add({ id: 'a', embedding: at(0) })
    clusters.remove(strangerId)
    clusters.remove('nobody')
    expect(clusters.size).toBe(0)
    expect(clusters.add({ id: 'b', embedding: at(0) }).isNew).toBe(true)
  })

  test('refuses an embedding of another length', () => {
    const clusters = create(2)
    const embedding = toUnit([1, 0, 0])
    const mismatch = expect.objectContaining({ code: 'dimensionMismatch' })
    expect(() => clusters.add({ id: 'a', embedding })).toThrow(mismatch)
    expect(clusters.size).toBe(0)
  })

  test('takes a stored stranger in place of the one it has', () => {
    const clusters = create(2)
    clusters.add({ id: 'a', embedding: at(0) })
    const members = [{ sightingId: 'b', embedding: at(90) }]
    clusters.restore({ id: '00000001', count: 1, sum: at(90), members })
    expect(clusters.size).toBe(1)
    expect(clusters.add({ id: 'c', embedding: at(100) }).strangerId).toBe('00000001')
    expect(clusters.add({ id: 'd', embedding: at(0) }).isNew).toBe(true)
  })

  test('does not hold on to the embedding it was given', () => {
    const clusters = create(2)
    const embedding = at(0)
    clusters.add({ id: 'a', embedding })
    embedding.fill(0)
    expect(clusters.state('00000001')?.sum[0]).toBe(1)
    expect(clusters.state('00000001')?.members[0]?.embedding[0]).toBe(1)
  })

  test('goes on after a restart as if nothing had been', () => {
    let joins = 0
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 60 }), (seed, stopAfter) => {
        const options = { count: 60, persons: 12, dimension: 8, noise: 0.8, seed }
        const sightings = makeSightings(options)
        const whole = create(8)
        const stored = new Map<string, ReturnType<StrangerClusters['state']>>()
        let clusters = create(8)
        const newId = countIds()
        for (const [i, sighting] of sightings.entries()) {
          if (i === stopAfter) {
            clusters = createStrangerClusters({ dimension: 8, curve: strangerCurve, newId })
            // The order of what a store reads is not that of its making.
            for (const state of [...stored.values()].reverse()) clusters.restore(state!)
          } else if (i === 0) {
            clusters = createStrangerClusters({ dimension: 8, curve: strangerCurve, newId })
          }
          const addition = clusters.add(sighting)
          expect(addition).toEqual(whole.add(sighting))
          for (const { from } of addition.joined) stored.delete(from)
          for (const id of addition.changed) stored.set(id, clusters.state(id))
          joins += addition.joined.length
        }
        expect(stored.size).toBe(whole.size)
        for (const [id, state] of stored) expect(state).toEqual(whole.state(id))
      }),
    )
    expect(joins).toBeGreaterThan(100)
  })

  test('counts every sighting once', () => {
    const sightings = makeSightings({ count: 200, persons: 20, dimension: 64, noise: 0.6, seed: 1 })
    const clusters = create(64)
    const strangerOf = new Map<string, string>()
    for (const sighting of sightings) {
      const { strangerId, joined } = clusters.add(sighting)
      for (const { from, into } of joined) {
        for (const [id, stranger] of strangerOf) if (stranger === from) strangerOf.set(id, into)
      }
      strangerOf.set(sighting.id, strangerId)
    }
    const ids = [...new Set(strangerOf.values())]
    expect(ids).toHaveLength(clusters.size)
    const total = ids.reduce((sum, id) => sum + (clusters.state(id)?.count ?? 0), 0)
    expect(total).toBe(200)
    // Every person's photographs are alike, and unlike others'.
    expect(clusters.size).toBe(20)
  })
})
