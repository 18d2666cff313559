import { afterEach, describe, expect, it, vi } from 'vitest'
import type { IndexStatus, VectorIndex } from '../../search/vector-index.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import { readAgreements } from './index-agreement.ts'

/** Collections named as their indexes, two a page. */
function createStore(ids: readonly string[]): Parameters<typeof readAgreements>[0] {
  return {
    collections: {
      async list({ cursor = '0' } = {}) {
        const end = Number(cursor) + 2
        const items = ids
          .slice(Number(cursor), end)
          .map((id) => ({ indexId: id, name: id }) as Collection)
        return { items, ...(end < ids.length ? { nextCursor: String(end) } : {}) }
      },
    },
  }
}

const measured = { exact: false, agreement: 0.999, agreementAtLeast: 0.998, agreementAtMost: 1 }

afterEach(() => vi.useRealTimers())

describe('readAgreements', () => {
  it('tells of every collection whose index is loaded, answers in time and tells', async () => {
    vi.useFakeTimers()
    const statuses: Record<string, Promise<IndexStatus>> = {
      told: Promise.resolve({ faces: 1, ...measured, audited: 7, width: 16, shortlist: 64 }),
      exact: Promise.resolve({ faces: 1, exact: true, agreement: 1 }),
      unmeasured: Promise.resolve({ faces: 1, exact: false, width: 16 }),
      another: Promise.resolve({ faces: 1 }),
      busy: new Promise(() => {}),
      lost: Promise.reject(new Error('lost')),
    }
    const ids = ['closed', ...Object.keys(statuses)]
    const read = readAgreements(createStore(ids), (id) => {
      const status = statuses[id]
      return status && ({ status: () => status } as VectorIndex)
    })
    await vi.advanceTimersByTimeAsync(1000)
    expect(await read).toEqual([
      { collection: 'told', ...measured, audited: 7, width: 16, shortlist: 64 },
      {
        ...{ collection: 'exact', exact: true, agreement: 1, agreementAtLeast: 1 },
        ...{ agreementAtMost: 1, audited: 0, width: 0, shortlist: 0 },
      },
    ])
  })
})
