import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLastSeen } from './last-seen.ts'

describe('when persons were last seen', () => {
  const seen = vi.fn(async (_: string, __: readonly { personId: string; at: string }[]) => {})

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05.000Z') })
    seen.mockClear()
    seen.mockImplementation(async () => {})
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is written once a minute for a person, with the latest time', async () => {
    const lastSeen = createLastSeen({ seen })
    lastSeen.note('c', ['ann'])
    await vi.advanceTimersByTimeAsync(30_000)
    lastSeen.note('c', ['ann', 'bob'])
    lastSeen.note('d', ['cid'])
    expect(seen).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(30_000)
    const at = '2026-01-02T03:04:35.000Z'
    expect(seen.mock.calls).toEqual([
      [
        'c',
        [
          { personId: 'ann', at },
          { personId: 'bob', at },
        ],
      ],
      ['d', [{ personId: 'cid', at }]],
    ])
    await vi.advanceTimersByTimeAsync(120_000)
    expect(seen).toHaveBeenCalledTimes(2)
  })

  it('is written in parts', async () => {
    const lastSeen = createLastSeen({ seen })
    lastSeen.note(
      'c',
      Array.from({ length: 450 }, (_, i) => `p${i}`),
    )
    await lastSeen.close()
    expect(seen.mock.calls.map(([, entries]) => entries.length)).toEqual([200, 200, 50])
  })

  it('is written at the end, and not noted any more', async () => {
    const lastSeen = createLastSeen({ seen })
    lastSeen.note('c', ['ann'])
    await lastSeen.close()
    expect(seen).toHaveBeenCalledTimes(1)
    lastSeen.note('c', ['bob'])
    await vi.advanceTimersByTimeAsync(120_000)
    expect(seen).toHaveBeenCalledTimes(1)
  })

  it('is lost where it cannot be written, and nothing else is', async () => {
    const warn = vi.fn()
    const lastSeen = createLastSeen({ seen }, { logger: { warn } as never })
    seen.mockRejectedValueOnce(new Error('busy'))
    lastSeen.note('c', ['ann'])
    lastSeen.note('d', ['bob'])
    await lastSeen.close()
    expect(warn).toHaveBeenCalledTimes(1)
    expect(seen).toHaveBeenCalledTimes(2)
  })
})
