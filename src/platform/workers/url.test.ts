import { expect, it } from 'vitest'
import { workerUrl } from './url.ts'

it('finds the worker beside compiled code', () => {
  const url = workerUrl('file:///app/dist/vision/analyzer.js', './worker.js')
  expect(url.href).toBe('file:///app/dist/vision/worker.js')
})

it('finds the compiled worker of TypeScript sources', () => {
  const url = workerUrl('file:///home/ann/src/app/src/vision/analyzer.ts', './worker.js')
  expect(url.href).toBe('file:///home/ann/src/app/dist/vision/worker.js')
})
