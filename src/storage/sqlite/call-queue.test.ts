import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxScans } from '../rules/scans.ts'
import type { StoreCall } from './batch.ts'
import { createCallQueue } from './call-queue.ts'

const scan: StoreCall = { method: 'persons.list', parameters: ['id', { name: 'an' }] }
const others: readonly StoreCall[] = [
  { method: 'faces.add', parameters: [] },
  { method: 'persons.list', parameters: ['id', { exactName: 'Ann' }] },
  { method: 'persons.list', parameters: ['id'] },
  { method: 'ping', parameters: [] },
]
const close: StoreCall = { method: 'close', parameters: [] }

describe('the queue of a store', () => {
  it('gives every call once, each kind in its order, one scan a batch, the end last', () => {
    const arbitraryCall = fc.oneof(fc.constant(scan), fc.constantFrom(...others))
    fc.assert(
      fc.property(fc.array(arbitraryCall, { maxLength: 300 }), fc.nat(5), (wanted, takes) => {
        const queue = createCallQueue<StoreCall>()
        const pushed: StoreCall[] = []
        const batches: StoreCall[][] = []
        for (const call of wanted) {
          if (queue.whyFull(call) !== undefined) continue
          const own = { ...call }
          pushed.push(own)
          queue.push(own)
          if (pushed.length % 50 < takes) batches.push(queue.take())
        }
        queue.push(close)
        for (let batch = queue.take(); batch.length > 0; batch = queue.take()) batches.push(batch)
        const isScan = (call: StoreCall) => call.method === 'persons.list' && isByName(call)
        for (const batch of batches) expect(batch.filter(isScan).length).toBeLessThanOrEqual(1)
        const taken = batches.flat()
        expect(taken.at(-1)).toBe(close)
        expect(taken.filter(isScan)).toEqual(pushed.filter(isScan))
        expect(taken.filter((call) => !isScan(call)).slice(0, -1)).toEqual(
          pushed.filter((call) => !isScan(call)),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('takes no more than so many scans, and goes on to take other calls', () => {
    const queue = createCallQueue<StoreCall>()
    for (let i = 0; i < maxScans; i++) {
      expect(queue.whyFull(scan)).toBeUndefined()
      queue.push(scan)
    }
    expect(queue.whyFull(scan)).toMatch(/searches by name/)
    for (const call of [...others, close]) expect(queue.whyFull(call)).toBeUndefined()
    queue.take()
    expect(queue.whyFull(scan)).toBeUndefined()
  })
})

function isByName({ parameters }: StoreCall): boolean {
  return (parameters[1] as { name?: string } | undefined)?.name !== undefined
}
