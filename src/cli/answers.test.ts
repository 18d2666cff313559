import { describe, expect, it } from 'vitest'
import type { IdentifiedFace, IdentifyResult, VerifyResult } from '../recognition/face-watcher.ts'
import { toIdentifyLines, toLabel, toVerifyLines } from './answers.ts'

const origin = { x: 0, y: 0 }
const quality = {
  ...{ sizePx: 50, sharpness: 100, brightness: 0.5, confidence: 0.99 },
  pose: { yaw: 0, pitch: 0, roll: 0 },
}
const ann = {
  ...{ personId: 'P1', personName: 'Ann', metadata: {}, faceId: 'F1' },
  ...{ similarity: 0.71, fmr: 1e-6, fmrExtrapolated: true },
}

function face(
  decision: IdentifiedFace['decision'],
  reasons: IdentifiedFace['reasons'] = [],
): IdentifiedFace {
  const landmarks = [origin, origin, origin, origin, origin] as const
  const box = { x: 1, y: 2, width: 30, height: 40 }
  const detection = { box, landmarks, confidence: 0.99 }
  const thresholds = { match: 0.5, possible: 0.4, shift: 0 }
  return { detection, quality, decision, reasons, thresholds, candidates: [ann] }
}

function identified(
  faces: readonly IdentifiedFace[],
  facts: Partial<IdentifyResult> = {},
): IdentifyResult {
  return {
    ...{ width: 640, height: 480, turned: 0, omittedFaces: 0, collection: 'default' },
    ...{ modelId: 'm', faces, ...facts },
  } as IdentifyResult
}

describe('toIdentifyLines', () => {
  it('gives reasons and no name where the face cannot be compared', () => {
    const lines = toIdentifyLines(
      'a.jpg',
      identified([face('undetermined', ['rotated', 'tooDark'])]),
    )
    expect(lines).toEqual([
      'a.jpg: 1 face',
      '  1. undetermined: the face stands on its side or its head; the face is too dark, box [1, 2, 30, 40]',
    ])
  })

  it('says how the image was turned and how many faces were left out', () => {
    const [head] = toIdentifyLines('a.jpg', identified([], { turned: 90, omittedFaces: 2 }))
    expect(head).toBe(
      'a.jpg: no face found, read turned by 90 degrees clockwise, 2 smaller faces left out',
    )
  })

  it('never states a rate below what was counted', () => {
    const [, line] = toIdentifyLines('a.jpg', identified([face('match')]))
    expect(line).toContain('match Ann (0.710, rarer than 1 in 1,000,000)')
  })

  it('prints the names of clients without control characters', () => {
    const evil = { ...face('unknown'), candidates: [{ ...ann, personName: 'A\u001b[2J' }] }
    expect(toIdentifyLines('a.jpg', identified([evil])).join()).not.toContain('\u001b')
  })
})

describe('toLabel', () => {
  it('names whom it knows, with a mark of doubt, and nobody else', () => {
    expect(toLabel(face('match'))).toBe('Ann 0.71')
    expect(toLabel(face('possible'))).toBe('Ann? 0.71')
    expect(toLabel(face('unknown'))).toBe('unknown')
    expect(toLabel(face('undetermined', ['occluded']))).toBe('cannot tell')
  })
})

describe('toVerifyLines', () => {
  const result: VerifyResult = {
    ...{ modelId: 'm', match: true, decision: 'match', similarity: 0.8, threshold: 0.45 },
    ...{ reasons: { probe: [], reference: [] }, fmr: 3e-5, fmrExtrapolated: false },
    timings: { queueMs: 0, decodeMs: 0, detectMs: 0, alignMs: 0, embedMs: 0, searchMs: 0 },
  }

  it('says match or no match, with a rate that was counted or its bound', () => {
    expect(toVerifyLines(result, true)).toEqual([
      'match: similarity 0.8000, threshold 0.4500; strangers as similar: 1 in 33,000',
    ])
    const [extrapolated] = toVerifyLines({ ...result, fmr: 1e-6, fmrExtrapolated: true }, true)
    expect(extrapolated).toContain('; strangers as similar: rarer than 1 in 1,000,000')
    const [other] = toVerifyLines({ ...result, match: false, decision: 'noMatch' }, true)
    expect(other).toMatch(/^no match: /)
  })

  it('says of which image what cannot be compared, and no similarity', () => {
    const reasons = { probe: ['notAFace'], reference: ['occluded'] } as const
    const undetermined = { ...result, match: false, decision: 'undetermined', reasons } as const
    expect(toVerifyLines(undetermined, true)).toEqual([
      'undetermined: these faces cannot be compared',
      '  first image: it is not clear that this is a face',
      '  second image: something covers the face',
    ])
    const stored = { ...undetermined, reasons: { probe: ['notAFace'], reference: [] } } as const
    expect(toVerifyLines(stored, false)[1]).toBe('  image: it is not clear that this is a face')
  })
})
