import { describe, expect, test } from 'vitest'
import { expectCode } from '../../test/helpers/expect-code.ts'
import { defaultQualityGates } from './quality.ts'
import { patchQualityGates, qualityGateRanges, resolveQualityGates } from './quality-gates.ts'

describe('resolveQualityGates', () => {
  test('takes a limit where the settings have one, and asks nothing where they say off', () => {
    const defaults = { minSizePx: 40, minSharpness: 5 }
    expect(resolveQualityGates(defaults)).toEqual(defaults)
    expect(resolveQualityGates(defaults, { minSharpness: undefined })).toEqual(defaults)
    expect(resolveQualityGates(defaults, { minSizePx: 0, maxYawDegrees: 20 })).toEqual({
      ...{ minSizePx: 0, minSharpness: 5, maxYawDegrees: 20 },
    })
    expect(resolveQualityGates(defaults, { minSizePx: 'off' }).minSizePx).toBeUndefined()
  })
})

describe('patchQualityGates', () => {
  const settings = { minSizePx: 80, maxBrightness: 'off' } as const

  test('changes what is given, leaves what is absent, and takes back what is null', () => {
    expect(patchQualityGates(settings, {})).toEqual(settings)
    expect(patchQualityGates(settings, { minSizePx: undefined })).toEqual(settings)
    expect(patchQualityGates(settings, { minSizePx: 'off', minConfidence: 0.9 })).toEqual({
      ...{ minSizePx: 'off', maxBrightness: 'off', minConfidence: 0.9 },
    })
    expect(patchQualityGates(settings, { minSizePx: null, maxBrightness: null })).toEqual({})
  })

  test('takes the ends of each range and nothing beyond', async () => {
    for (const [gate, { minimum, maximum }] of Object.entries(qualityGateRanges)) {
      const set = (limit: unknown) => async () => patchQualityGates({}, { [gate]: limit })
      expect(await set(minimum)()).toEqual({ [gate]: minimum })
      const most = maximum ?? 1e9
      expect(await set(most)()).toEqual({ [gate]: most })
      const beyond = maximum === undefined ? [] : [maximum + 0.01]
      for (const wrong of [minimum - 0.01, Number.NaN, Infinity, 'on', '1', {}, ...beyond]) {
        await expectCode(set(wrong)(), 'invalidOption')
      }
    }
  })

  test('knows every gate that there is, and no other', async () => {
    expect(Object.keys(qualityGateRanges).sort()).toEqual(Object.keys(defaultQualityGates).sort())
    for (const gate of ['minSize', 'constructor', '__proto__']) {
      const patch = JSON.parse(`{"${gate}": 1}`)
      await expectCode((async () => patchQualityGates({}, patch))(), 'invalidOption')
    }
  })
})
