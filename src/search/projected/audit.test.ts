import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Audit, type AuditedTable, type AuditProbe, createAudit } from './audit.ts'

/** Similarities of a probe with 10,000 rows; the best one is 0.9. */
const exact = 0.9
const probe = (number: number): AuditProbe => ({ probe: Float32Array.of(number) })

interface FakeOptions {
  /** Of every so many probes one is missed, by how much the search is widened; 0: none. */
  readonly missesOneIn: (widened: number) => number
  readonly exactFrom?: number
  readonly probes?: number
}

function createFake({ missesOneIn, exactFrom = 64, probes = 500 }: FakeOptions) {
  let widened = 1
  const isMissed = (number: number): boolean => {
    const oneIn = missesOneIn(widened)
    return oneIn > 0 && number % oneIn === 0
  }
  const table: AuditedTable = {
    count: 10_000,
    raiseBest(some, { best }) {
      some.forEach((_, i) => {
        best[i] = exact
      })
    },
    findBest: ({ probe: [number] }) => (isMissed(number!) ? 0.5 : exact),
    widen() {
      widened *= 2
      return widened < exactFrom
    },
    createProbes: () => Array.from({ length: probes }, (_, i) => probe(i + 1)),
  }
  return { table, widened: () => widened }
}

let audit: Audit | undefined
afterEach(() => {
  audit?.dispose()
  vi.restoreAllMocks()
})

describe('an audit', () => {
  it('tells nothing before it has measured anything', () => {
    audit = createAudit(createFake({ missesOneIn: () => 0 }).table)
    expect(audit.status()).toBeUndefined()
  })

  it('leaves searches as they are that agree', async () => {
    const fake = createFake({ missesOneIn: () => 0 })
    audit = createAudit(fake.table)
    await audit.verify()
    expect(fake.widened()).toBe(1)
    const status = audit.status()
    expect(status).toMatchObject({ audited: 500, agreement: 1, agreementAtMost: 1 })
    expect(status?.agreementAtLeast).toBeGreaterThan(0.99)
    expect(status?.agreementAtLeast).toBeLessThan(1)
  })

  it('widens searches until they agree, and tells of those', async () => {
    const fake = createFake({ missesOneIn: (widened) => (widened < 4 ? 60 : 0) })
    audit = createAudit(fake.table)
    await audit.verify()
    expect(fake.widened()).toBe(4)
    expect(audit.status()).toMatchObject({ audited: 500, agreement: 1 })
  })

  it('lets searches become exact where no width is enough', async () => {
    const fake = createFake({ missesOneIn: () => 60, exactFrom: 8 })
    audit = createAudit(fake.table)
    await audit.verify()
    expect(fake.widened()).toBe(8)
    expect(audit.status()).toMatchObject({ agreement: 1 })
  })

  it('gives up while rows change, and begins again when none does', async () => {
    const fake = createFake({ missesOneIn: () => 0, probes: 40 })
    let isRestless = true
    audit = createAudit({
      ...fake.table,
      raiseBest(probes, options) {
        if (isRestless) audit?.changed()
        fake.table.raiseBest(probes, options)
      },
    })
    await audit.verify()
    expect(audit.status()).toBeUndefined()
    isRestless = false
    await vi.waitFor(() => expect(audit?.status()).toMatchObject({ audited: 40 }), 5000)
  })

  it('compares other codes of the same rows with what it knows of them', async () => {
    const fake = createFake({ missesOneIn: () => 0, probes: 40 })
    let compared = 0
    audit = createAudit({
      ...fake.table,
      raiseBest(probes, options) {
        compared++
        fake.table.raiseBest(probes, options)
      },
    })
    await audit.verify()
    const atFirst = compared
    audit.codesChanged()
    await audit.verify()
    expect(compared).toBe(atFirst)
    audit.changed()
    await audit.verify()
    expect(compared).toBe(2 * atFirst)
    expect(audit.status()).toMatchObject({ audited: 40 })
  })

  it('measures the rows as they are after a change that is over', async () => {
    audit = createAudit(createFake({ missesOneIn: () => 0, probes: 40 }).table)
    const earlier = audit.verify()
    audit.changed()
    await audit.verify()
    expect(audit.status()).toMatchObject({ audited: 40 })
    await earlier
  })

  it('repeats searches that were answered, and widens when they miss', async () => {
    const fake = createFake({ missesOneIn: () => 0 })
    audit = createAudit(fake.table)
    for (let i = 0; i < 6; i++) audit.offer(Float32Array.of(1), 0.5)
    await vi.waitFor(() => expect(audit?.status()?.audited).toBe(500), 10_000)
    expect(fake.widened()).toBe(2)
  }, 20_000)

  it('tells of the searches that were asked, in the place of made-up probes', async () => {
    const fake = createFake({ missesOneIn: () => 0, probes: 8 })
    audit = createAudit(fake.table)
    await audit.verify()
    // Four are repeated, of which one had missed: too few to widen, but told.
    for (const found of [0.5, exact, exact, exact]) audit.offer(Float32Array.of(1), found)
    await vi.waitFor(() => expect(audit?.status()?.agreement).toBeLessThan(1), 10_000)
    expect(audit.status()).toMatchObject({ audited: 8, agreement: 7 / 8 })
    expect(fake.widened()).toBe(1)
    for (let i = 0; i < 4; i++) audit.offer(Float32Array.of(1), exact)
    await vi.waitFor(() => expect(audit?.counts.tried).toBe(8), 10_000)
    await vi.waitFor(() => expect(audit?.counts.missed).toBe(1), 10_000)
  }, 20_000)

  it('does not count a search whose gallery changed before it was repeated', async () => {
    audit = createAudit(createFake({ missesOneIn: () => 0 }).table)
    audit.offer(Float32Array.of(1), 0.5)
    audit.changed()
    await sleep(1300)
    expect(audit.status()).toBeUndefined()
  })

  it('goes on with what another one counted', () => {
    audit = createAudit(createFake({ missesOneIn: () => 0 }).table)
    audit.resume({ tried: 400, missed: 4 })
    expect(audit.status()).toMatchObject({ audited: 400, agreement: 0.99 })
    expect(audit.counts).toEqual({ tried: 400, missed: 4 })
  })

  it('does nothing any more once it is disposed of', async () => {
    audit = createAudit(createFake({ missesOneIn: () => 0 }).table)
    const verified = audit.verify()
    audit.dispose()
    await verified
    audit.offer(Float32Array.of(1), 0.5)
    expect(audit.status()).toBeUndefined()
  })
})
