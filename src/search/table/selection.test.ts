import { describe, expect, it } from 'vitest'
import { createSelection } from './selection.ts'

const noSlack = { slack: 0, faceId: (row: number) => String(row).padStart(6, '0') }

describe('createSelection', () => {
  it('keeps the best rows, best first', () => {
    const similarity = (row: number) => Math.fround(((row * 7919) % 1000) / 1000)
    const selection = createSelection({ k: 3, ...noSlack, rescore: similarity })
    for (let row = 0; row < 1000; row++) {
      if (similarity(row) >= selection.bound) selection.add(row, similarity(row))
      if (row % 100 === 99) selection.settle()
    }
    const best = selection.finish()
    expect(best.map((item) => Math.round(item.similarity * 1000))).toEqual([999, 998, 997])
    expect(selection.bound).toBeCloseTo(0.997)
  })

  it('lets the float64 similarity decide where the scan rounded the other way', () => {
    const exact = [0.5, 0.50000001, 0.2]
    const scanned = [0.5000001, 0.5, 0.2]
    const selection = createSelection({
      k: 1,
      ...noSlack,
      slack: 1e-6,
      rescore: (row) => exact[row]!,
    })
    scanned.forEach((similarity, row) => {
      selection.add(row, similarity)
    })
    expect(selection.finish()).toEqual([{ row: 1, similarity: 0.50000001 }])
  })

  it('puts equal rows in the order of their ids, however many there are', () => {
    const selection = createSelection({
      k: 4,
      ...noSlack,
      faceId: (row) => String(999_999 - row),
      rescore: () => 0.25,
    })
    for (let row = 0; row < 5000; row++) {
      if (0.25 >= selection.bound) selection.add(row, 0.25)
      if (row % 256 === 255) selection.settle()
    }
    expect(selection.finish().map((item) => item.row)).toEqual([4999, 4998, 4997, 4996])
  })

  it('leaves the similarities behind the best k as they were scanned, below all of these', () => {
    const rescored: number[] = []
    const scanned = [0.5, 0.9, 0.8999999, 0.6, 0.1]
    const selection = createSelection({
      k: 1,
      more: 2,
      ...noSlack,
      slack: 1e-6,
      rescore: (row) => {
        rescored.push(row)
        return row === 2 ? 0.90000001 : 0.89999995
      },
    })
    scanned.forEach((similarity, row) => {
      selection.add(row, similarity)
    })
    expect(selection.finish().map(({ row }) => row)).toEqual([2, 1, 3])
    expect(rescored.toSorted()).toEqual([1, 2])
  })

  it('gives fewer when fewer came', () => {
    const selection = createSelection({ k: 4, ...noSlack, rescore: () => 1 })
    selection.add(3, 1)
    selection.settle()
    expect(selection.bound).toBe(Number.NEGATIVE_INFINITY)
    expect(selection.finish()).toEqual([{ row: 3, similarity: 1 }])
  })
})
