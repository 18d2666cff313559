import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  createTablePool,
  createTableProvider,
  type TableProviderOptions,
  tableLimits,
} from '../../src/search/table/table-provider.ts'
import type { VectorIndexProvider } from '../../src/search/vector-index.ts'

const worker = new URL('../fixtures/gallery/faulty-worker.mjs', import.meta.url)

function start(
  limits: Partial<typeof tableLimits> = {},
  gate?: NonNullable<TableProviderOptions['gate']>,
): {
  readonly provider: VectorIndexProvider
  readonly lost: string[]
} {
  const lost: string[] = []
  const provider = createTableProvider('exact', createTablePool(worker, {}, gate), {
    onLost: (id) => lost.push(id),
    limits: { ...tableLimits, ...limits },
    ...(gate && { gate }),
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

  it.each(['unreadable', 'never'])(
    'that answers %s is not ended while native code runs, however long that takes',
    async (how) => {
      let looks = 0
      const seen: string[] = []
      const waitForPause = async () => {
        seen.push(...lost)
        await sleep(10)
        return ++looks > 20
      }
      const { provider, lost } = start({ turnMs: 500 }, { waitForPause, close: async () => true })
      const index = await provider.open('c1', 4)
      await expect(index.vectors([how])).rejects.toMatchObject({ code: 'workerFailed' })
      await expect.poll(() => lost).toEqual(['c1'])
      expect(seen).toEqual([])
      // Both what was lost and the time limit may end it.
      expect(looks).toBeGreaterThanOrEqual(21)
      await provider.close()
    },
  )

  it('does not abort the process at the end when native code runs', async () => {
    let runs = true
    const gate = { waitForPause: async () => !runs, close: async () => !runs }
    const pool = createTablePool(worker, {}, gate)
    const provider = createTableProvider('exact', pool, { gate })
    const index = await provider.open('c1', 4)
    await expect(provider.close()).rejects.toMatchObject({ code: 'workerFailed' })
    expect(pool.threads).toHaveLength(1)
    await expect(index.size()).rejects.toMatchObject({ code: 'notReady' })
    runs = false
    await pool.destroy()
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
