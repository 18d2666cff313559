import { expect, test } from 'vitest'
import { type Encoding, pickEncoding } from './content-encoding.ts'

const both = () => true

test.each<readonly [string | undefined, Encoding | undefined]>([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['GZIP;Q=0.5', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['*;q=0.1, br;q=0', 'gzip'],
  ['identity', undefined],
  ['br;q=0, gzip;q=0.0', undefined],
  ['br;q=much', undefined],
  ['', undefined],
  [undefined, undefined],
])('of %j picks %s', (header, encoding) => {
  expect(pickEncoding(header, both)).toBe(encoding)
})

test('picks only what there is', () => {
  expect(pickEncoding('br, gzip', (encoding) => encoding === 'gzip')).toBe('gzip')
  expect(pickEncoding('br, gzip', () => false)).toBeUndefined()
})
