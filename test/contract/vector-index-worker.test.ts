import { describe, expect, it } from 'vitest'
import type { VectorIndexProvider } from '../../src/gallery/vector-index.ts'
import {
  createTablePool,
  createTableProvider,
  tableLimits,
} from '../../src/gallery/vectors/table-provider.ts'

const worker = new URL('../fixtures/gallery/faulty-worker.mjs', import.meta.url)

function start(limits: Partial<typeof tableLimits> = {}): {
  readonly provider: VectorIndexProvider
  readonly lost: string[]
} {
  const lost: string[] = []
  const provider = createTableProvider('exact', createTablePool(worker), {
    onLost: (id) => lost.push(id),
    limits: { ...tableLimits, ...limits },
  })
  return { provider, lost }
}

describe("an index's worker", () => {
  it('whose answer cannot be read fails the call and is replaced', async () => {
    const { provider, lost } = start()
    const index = await provider.open('c1', 4)
    await expect(index.vectors(['unreadable'])).rejects.toMatchObject({ code: 'workerFailed' })
    await expect.poll(() => lost).toEqual(['c1'])
    expect(await index.size()).toBe(0)
    await provider.close()
  })

  it.each(['never', 'spin'])('that answers %s is replaced when the time is up', async (how) => {
    const { provider, lost } = start({ turnMs: 500 })
    const index = await provider.open('c1', 4)
    await expect(index.vectors([how])).rejects.toMatchObject({ code: 'workerFailed' })
    await expect.poll(() => lost).toEqual(['c1'])
    await expect.poll(() => index.size()).toBe(0)
    await provider.close()
  })

  it.each(['never', 'spin'])('that answers %s does not hold up close', async (how) => {
    const { provider } = start({ closeMs: 300 })
    const index = await provider.open('c1', 4)
    const change = expect(index.remove([how])).rejects.toMatchObject({ code: 'workerFailed' })
    await provider.close()
    await change
    await expect(index.size()).rejects.toMatchObject({ code: 'notReady' })
  })
})
