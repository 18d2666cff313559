import { describe, expect, it } from 'vitest'
import type { InstallProgress } from '../models/install.ts'
import { createModelProgress, describeStage } from './model-progress.ts'
import type { Output } from './output.ts'

describe('describeStage', () => {
  it('tells the size of a download and how long it has taken', () => {
    expect(describeStage({ stage: 'download', bytes: 41_114_878 }, 0)).toBe('downloading 41.1 MB')
    expect(describeStage({ stage: 'download', bytes: 41_114_878 }, 12.6)).toBe(
      'downloading 41.1 MB, 12 s',
    )
    expect(describeStage({ stage: 'build' }, 0.4)).toBe('building')
    expect(describeStage({ stage: 'download' }, 3)).toBe('downloading, 3 s')
  })
})

describe('createModelProgress', () => {
  const follow = (steps: readonly InstallProgress[]) => {
    const notes: string[] = []
    const output = { stderr: { isTTY: false }, note: (text: string) => notes.push(text) }
    const progress = createModelProgress(output as unknown as Output)
    for (const step of steps) progress.update(step)
    progress.stop()
    return notes
  }

  it('writes a line at the start, with the size, and one at the end of each model', () => {
    const notes = follow([
      { model: 'a', stage: 'download', fraction: 0, bytes: 10_884_274 },
      { model: 'a', stage: 'write', fraction: 0.95 },
      { model: 'a', stage: 'done', fraction: 1 },
      { model: 'b', stage: 'build', fraction: 0.8 },
      { model: 'b', stage: 'done', fraction: 1 },
    ])
    expect(notes).toEqual([
      'Installing model a (downloading 10.9 MB) ...',
      'Installed model a.',
      'Installing model b ...',
      'Installed model b.',
    ])
  })

  it('is silent about models that are there', () => {
    expect(follow([{ model: 'a', stage: 'done', fraction: 1 }])).toEqual([])
  })
})
