import { expect, it } from 'vitest'
import { reportFailure } from '../../src/cli/failures.ts'
import { FaceError } from '../../src/core/errors.ts'
import { formatReport } from '../../src/evaluation/report.ts'
import { describeMissingAddon } from '../../src/search/faiss/addon.ts'
import { assertByteLength } from '../../src/vision/pipeline/image-limits.ts'

const nowhere = {
  ...{ print: () => {}, json: () => {}, jsonLine: () => {}, table: () => {}, note: () => {} },
  stderr: process.stderr,
}

it('gives one advice, and no second one where the message has it', () => {
  const said: string[] = []
  const output = { ...nowhere, note: (text: string) => said.push(text) }
  const detail = '"face-watcher models install x" installs it.'
  reportFailure(new FaceError('modelNotInstalled', { detail }), output, false)
  reportFailure(new FaceError('modelNotInstalled'), output, false)
  expect(said).toEqual([
    `face-watcher: The model is not installed. ${detail} [modelNotInstalled]`,
    'face-watcher: The model is not installed. "face-watcher models list" shows which are. [modelNotInstalled]',
  ])
})

it('says that a path is not the bytes of an image', () => {
  const limits = { maxImageBytes: 10, maxPixels: 10, maxSidePx: 10 }
  expect(() => assertByteLength('ann.jpg' as never, limits)).toThrow(
    'Expected the bytes of an image file (Uint8Array), got a value of type string.',
  )
})

it.each([
  [0, 66, 'Nothing to measure: nobody has two photographs'],
  [66, 0, 'Nothing to measure: there are not two people'],
])('states no rate over %i mated and %i non-mated pairs', (matedPairs, nonMatedPairs, words) => {
  const text = formatReport({
    ...{ protocol: 'fmr', dataset: 'mine', selection: 'all', modelId: 'm', dimension: 2 },
    ...{ failures: [], tmrAtFmr: [], points: [], failedMatedPairs: 0, images: 12 },
    ...{ imagesWithoutDetection: 0, persons: 12, matedPairs, nonMatedPairs },
  })
  expect(text).toContain(words)
  expect(text).toMatch(/equal error rate +-$/m)
})

it('names a way to FAISS that there is: the npm package has no source of the addon', () => {
  expect(describeMissingAddon(true)).toContain('npm run build:faiss')
  expect(describeMissingAddon(false)).not.toContain('npm run')
})

it('says how many pairs a rate takes where there are too few', () => {
  const rates = { failures: [], tmrAtFmr: [], points: [], equalErrorRate: 0, failedMatedPairs: 0 }
  const counts = { images: 12, imagesWithoutDetection: 0, persons: 12, matedPairs: 0 }
  const text = formatReport({
    ...{ protocol: 'fmr', dataset: 'mine', selection: 'all', modelId: 'm', dimension: 2 },
    ...{ ...rates, ...counts, nonMatedPairs: 66 },
  })
  expect(text).toContain('an FMR of 0.01 takes 3,000')
  expect(text).not.toContain('threshold')
})
