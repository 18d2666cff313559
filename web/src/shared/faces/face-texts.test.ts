import { createTranslator } from 'use-intl/core'
import { expect, test } from 'vitest'
import type { IdentifiedFace } from '../api/types.ts'
import { en } from '../text/en.ts'
import { faceLabel, likenessText, summary } from './face-texts.ts'

const t = createTranslator({ locale: 'en', messages: en, namespace: 'faces' })
const ann = { personId: 'P1', personName: 'Ann', metadata: {}, faceId: 'F1', similarity: 0.7 }

function face(decision: IdentifiedFace['decision']): IdentifiedFace {
  return {
    ...{ decision, reasons: [], candidates: [ann] },
    box: { x: 0, y: 0, width: 9, height: 9 },
  }
}

test('names a face as its decision allows', () => {
  expect(
    (['match', 'possible', 'unknown', 'undetermined'] as const)
      .map(face)
      .map((one) => faceLabel(t, one)),
  ).toEqual(['Ann', 'maybe Ann', 'Unknown', 'Cannot tell'])
})

test('says how rare such a likeness is among strangers, never rarer than was counted', () => {
  const words = (fmr: number, fmrExtrapolated = false) =>
    likenessText(t, { ...ann, fmr, fmrExtrapolated })
  expect(words(2e-5)).toBe('About 1 in 50,000 strangers looks this similar.')
  expect(words(1e-5, true)).toBe('Fewer than 1 in 100,000 strangers look this similar.')
  expect(words(1e-12)).toBe('Fewer than 1 in 1,000,000 strangers look this similar.')
  expect(words(0.8)).toBe('Most strangers look this similar.')
  expect(likenessText(t, ann)).toBe('Similarity 0.70')
})

test('sums up who is in a picture', () => {
  expect(summary(t, [])).toBe('No face in the picture.')
  expect(summary(t, [face('match'), face('unknown'), face('undetermined')])).toBe(
    'In the picture: Ann, 1 unknown person, 1 face that cannot be compared.',
  )
})
