import { describe, expect, it } from 'vitest'
import { findSuppression, type SaidFace } from './not-this-person.ts'

const unit = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180))
const rejected = (id: string, degrees: number): SaidFace => ({
  ...{ id, kind: 'rejection', embedding: unit(degrees) },
})
const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180)

describe('findSuppression', () => {
  it('suppresses a person whose nearest face is further than the nearest rejected one', () => {
    const said = [rejected('far', 80), rejected('near', 20), rejected('next', 25)]
    expect(findSuppression(unit(0), cosine(30), said)).toEqual({
      rejectionId: 'near',
      similarity: expect.closeTo(cosine(20), 6),
    })
    expect(findSuppression(unit(0), cosine(10), said)).toBeUndefined()
    expect(findSuppression(unit(0), cosine(30), [])).toBeUndefined()
  })

  it('does not suppress where both are equally near, whatever float32 makes of them', () => {
    const own = Math.fround(cosine(20)) - 3e-7
    expect(findSuppression(unit(0), own, [rejected('same', 20)])).toBeUndefined()
  })

  it('takes a confirmed face for one of the person', () => {
    const confirmed: SaidFace = { id: 'c', kind: 'confirmation', embedding: unit(5) }
    const said = [rejected('near', 20), confirmed]
    expect(findSuppression(unit(0), cosine(60), said)).toBeUndefined()
    expect(findSuppression(unit(20), cosine(60), said)?.rejectionId).toBe('near')
    expect(findSuppression(unit(0), cosine(60), [confirmed])).toBeUndefined()
  })
})
