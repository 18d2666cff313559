import { describe, expect, it } from 'vitest'
import { findDownload } from './download.ts'
import type { Manifest, ModelSource } from './manifest-types.ts'

const file: ModelSource = { kind: 'file', formats: ['.onnx'], hint: 'a file' }
const pypi: ModelSource = { kind: 'pypi', package: 'b==1', files: {}, bytes: 20 }
const npm: ModelSource = { kind: 'npm', package: 'a@1', integrity: '', files: [], bytes: 300 }
const unmeasured: ModelSource = { kind: 'npm', package: 'c@1', integrity: '', files: [] }

const manifest = {
  models: [
    { id: 'npm', sources: [npm, pypi] },
    { id: 'pypi', sources: [file, pypi] },
    { id: 'file', sources: [file] },
    { id: 'unmeasured', sources: [unmeasured] },
    ...[
      ['both', 'npm', 'pypi'],
      ['half', 'npm', 'file'],
      ['some', 'unmeasured', 'npm'],
    ].map(([id, ...parts]) => ({ id, sources: [], parts: parts.map((model) => ({ model })) })),
  ],
} as unknown as Manifest

describe('findDownload', () => {
  it.each([
    ['npm', { bytes: 300 }],
    ['pypi', { bytes: 20 }],
    ['unmeasured', {}],
    ['both', { bytes: 320 }],
    ['some', {}],
    ['file', undefined],
    ['half', undefined],
  ])('%s', (id, expected) => {
    expect(findDownload(manifest, id)).toEqual(expected)
  })

  it('does not know other models', () => {
    expect(() => findDownload(manifest, 'none')).toThrow(/not known|Known models/)
  })
})
