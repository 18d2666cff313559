import { describe, expect, it } from 'vitest'
import { createCrowdWatch, crowdedForMs } from './crowd-watch.ts'

describe('createCrowdWatch', () => {
  it('calls an image alone when nothing runs and nothing met for a while', () => {
    let now = 0
    const watch = createCrowdWatch(() => now)
    expect(watch.comesAlone(0)).toBe(true)
    now += 5
    expect(watch.comesAlone(0)).toBe(true)
    expect(watch.comesAlone(1)).toBe(false)
    now += crowdedForMs
    expect(watch.comesAlone(0)).toBe(false)
    now += 1
    expect(watch.comesAlone(0)).toBe(true)
  })

  it('stays crowded while images go on meeting', () => {
    let now = 0
    const watch = createCrowdWatch(() => now)
    for (let i = 0; i < 10; i++) {
      expect(watch.comesAlone(i % 2 === 0 ? 2 : 0)).toBe(false)
      now += crowdedForMs / 2
    }
  })
})
