import { describe, expect, test } from 'vitest'
import { toKeptAddress } from './kept-address.ts'

describe('toKeptAddress', () => {
  test.each([
    '/data/gallery.sqlite',
    'sqlite:///data/gallery.sqlite',
    'mongodb://db1:27017,db2/faces?replicaSet=rs0&tls=true',
    'mongodb+srv://cluster.example/faces',
  ])('keeps %s whole', (address) => {
    expect(toKeptAddress(address)).toEqual({ address, isPartial: false })
  })

  test.each([
    ['mongodb://ann:s3cret@db1/faces?replicaSet=rs0', 'mongodb://db1/faces?replicaSet=rs0'],
    ['mongodb://ann@db1/faces', 'mongodb://db1/faces'],
    ['mongodb://ann:s3/cr@et@db1/faces', 'mongodb://db1/faces'],
    [
      'mongodb://db1/faces?tlsCertificateKeyFilePassword=s3cret&authSource=admin',
      'mongodb://db1/faces?authSource=admin',
    ],
    ['mongodb://db1/f?authMechanismProperties=AWS_SESSION_TOKEN:s3cret', 'mongodb://db1/f'],
    ['mongodb://db1/f?authMechanismProperties=A:s3cret@x', 'mongodb://x'],
    ['http://ann:s3cret@localhost', 'http://localhost'],
  ])('leaves out of %s what may be secret', (address, kept) => {
    expect(toKeptAddress(address)).toEqual({ address: kept, isPartial: true })
    expect(kept).not.toContain('s3cret')
  })
})
