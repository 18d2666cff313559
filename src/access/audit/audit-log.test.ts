import { describe, expect, it } from 'vitest'
import type { CallContext } from '../../core/actor.ts'
import type { AuditRecord } from '../../core/audit/entry.ts'
import { createAuditLog } from './audit-log.ts'

const ann: CallContext = { actor: { kind: 'apiKey', id: 'K1', name: 'Ann' }, address: '10.0.0.1' }

function makeLog({ failures = 0 } = {}) {
  const written: AuditRecord[] = []
  let left = failures
  const append = async (records: readonly AuditRecord[]): Promise<void> => {
    if (left-- > 0) throw new Error('away')
    written.push(...records)
  }
  const log = createAuditLog({ audit: { append }, everyMs: 1, tallyMs: 1e6 })
  return { log, written }
}

const toKinds = (written: readonly AuditRecord[]) => written.map(({ event }) => event.kind)

describe('createAuditLog', () => {
  it('writes what it was told in order, all of it before it is closed, and nothing later', async () => {
    const { log, written } = makeLog()
    for (let i = 0; i < 450; i++) {
      log.note({ kind: 'identified', details: { similarity: i } }, { ...ann, requestId: `r${i}` })
    }
    await log.close()
    log.note({ kind: 'identified' }, ann)
    log.tally({ kind: 'cropsRead' }, ann)
    await log.close()
    expect(written.map(({ context }) => context.requestId)).toEqual(
      Array.from({ length: 450 }, (_, i) => `r${i}`),
    )
    expect(written[0]?.context).toEqual({ ...ann, requestId: 'r0' })
  })

  it('counts by kind, details and caller, and joins whom it concerns', async () => {
    const { log, written } = makeLog()
    const other = { ...ann, address: '10.0.0.2' }
    for (let i = 0; i < 300; i++) {
      log.tally({ kind: 'cropsRead', collectionId: 'C', subjects: { faces: [`F${i}`] } }, ann)
      log.tally({ kind: 'accessRefused', details: { reason: 'unauthorized' } }, other)
    }
    log.tally({ kind: 'accessRefused', details: { reason: 'forbidden' } }, other)
    await log.close()
    expect(written).toMatchObject([
      { event: { kind: 'cropsRead', details: { count: 300 } }, context: ann },
      { event: { details: { reason: 'unauthorized', count: 300 } }, context: other },
      { event: { details: { reason: 'forbidden', count: 1 } }, context: other },
    ])
    expect(written[0]?.event.subjects?.faces).toHaveLength(200)
  })

  it('does not grow with the number of callers', async () => {
    const { log, written } = makeLog()
    for (let i = 0; i < 5000; i++) {
      log.tally(
        { kind: 'accessRefused', details: { reason: 'unauthorized' } },
        {
          ...ann,
          address: `10.0.${i >> 8}.${i & 255}`,
        },
      )
    }
    await log.close()
    expect(written).toHaveLength(1001)
    expect(written.at(-1)).toMatchObject({
      event: { details: { count: 4000 } },
      context: { actor: { id: 'audit' } },
    })
  })

  it('writes later what it could not write, and says how much was lost', async () => {
    const { log, written } = makeLog({ failures: 3 })
    log.note({ kind: 'verified' }, ann)
    await expect.poll(() => written.length).toBe(1)
    for (let i = 0; i < 10_100; i++) log.note({ kind: 'identified' }, ann)
    await log.close()
    expect(written).toHaveLength(10_002)
    expect(toKinds(written).at(-1)).toBe('entriesLost')
    expect(written.at(-1)?.event.details).toEqual({ count: 100 })
  })
})
