import { describe, expect, it } from 'vitest'
import { type LearnedState, toAttachment, toLearnedState } from './attachment.ts'

const dimension = 32
const state: LearnedState = {
  learned: {
    ...{
      width: 16,
      head: 16,
      scale: 3,
      candidates: 64,
      shortlist: 64,
      agreement: 0.9995,
      reserve: 16,
    },
    axes: Float32Array.from({ length: 16 * dimension }, (_, i) => i / 512),
  },
  faces: 5000,
  widened: 4,
  audit: { tried: 600, missed: 1 },
  written: 7,
  at: '2026-01-02T03:04:05.678Z',
}

/** As a snapshot gives it back: facts through JSON. */
function restore(facts: (kept: Record<string, unknown>) => Record<string, unknown>): LearnedState {
  const attachment = toAttachment(state)
  const kept = JSON.parse(JSON.stringify(attachment.facts)) as Record<string, unknown>
  return toLearnedState({ ...attachment, facts: facts(kept) }, dimension)
}

describe('what a snapshot keeps of a projection', () => {
  it('comes back as it was', () => {
    expect(restore((kept) => kept)).toEqual(state)
  })

  it('of an earlier version has no audit and no widening', () => {
    const { audit: _, widened: __, ...earlier } = toAttachment(state).facts
    expect(restore(() => earlier)).toEqual({
      ...state,
      widened: 1,
      audit: { tried: 0, missed: 0 },
    })
  })

  it.each([{ tried: -1, missed: 0 }, { tried: 5, missed: 6 }, 'many', null])(
    'forgets counts that make no sense: %j',
    (audit) => {
      expect(restore((kept) => ({ ...kept, audit })).audit).toEqual({ tried: 0, missed: 0 })
    },
  )

  it.each([
    ['width', 17],
    ['head', 64],
    ['scale', 0],
    ['widened', 0],
    ['faces', 'all'],
  ])('is refused when %s is %s', (name, value) => {
    expect(() => restore((kept) => ({ ...kept, [name]: value }))).toThrow('Not a projection')
  })
})
