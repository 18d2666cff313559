import {
  type BulkWriteResult,
  MongoBulkWriteError,
  MongoNetworkError,
  MongoParseError,
  MongoServerError,
  MongoUnexpectedServerResponseError,
  MongoWriteConcernError,
} from 'mongodb'
import { describe, expect, it } from 'vitest'
import { FaceError } from '../../core/errors.ts'
import { isDuplicateKey, toStoreError } from './errors.ts'

const secret = 'mongodb://ann:secret@host'

function fromServer(code: number, errorLabels: string[] = []): MongoServerError {
  return new MongoServerError({ code, codeName: 'Name', errmsg: secret, errorLabels })
}

describe('errors of the MongoDB driver', () => {
  it.each([
    ['a broken connection', new MongoNetworkError(secret), 'storeUnavailable'],
    [
      'a broken connection of a bulk write',
      new MongoBulkWriteError(new MongoNetworkError(secret), {} as BulkWriteResult),
      'storeUnavailable',
    ],
    ['a closed socket', Object.assign(new Error(secret), { code: 'EPIPE' }), 'storeUnavailable'],
    [
      'a retry without a server',
      new MongoUnexpectedServerResponseError(secret),
      'storeUnavailable',
    ],
    [
      'a pool that was closed',
      Object.assign(new Error(secret), { name: 'MongoPoolClosedError' }),
      'storeUnavailable',
    ],
    [
      'an unknown host',
      Object.assign(new Error(secret), { syscall: 'getaddrinfo' }),
      'storeUnavailable',
    ],
    [
      'a majority that does not answer',
      new MongoWriteConcernError({ ok: 1, writeConcernError: { code: 64, errmsg: secret } }),
      'storeUnavailable',
    ],
    ['a primary that steps down', fromServer(189), 'storeUnavailable'],
    ['a wrong password', fromServer(18), 'storeUnavailable'],
    ['a write conflict', fromServer(112), 'storeBusy'],
    ['a transient error', fromServer(1, ['TransientTransactionError']), 'storeBusy'],
    ['a full disk', fromServer(14_031), 'storeFull'],
    ['a URL that is none', new MongoParseError(secret), 'invalidConfig'],
    ['anything else of the server', fromServer(2), 'internal'],
    ['anything else', new Error(secret), 'internal'],
  ])('turns %s into a code, without its message', (_, error, code) => {
    const storeError = toStoreError(error)
    expect(storeError.code).toBe(code)
    expect(storeError.message).not.toContain('secret')
  })

  it('leaves errors of the catalogue as they are', () => {
    const error = new FaceError('faceNotFound')
    expect(toStoreError(error)).toBe(error)
  })

  it('knows what a unique index refused', () => {
    expect(isDuplicateKey(fromServer(11_000))).toBe(true)
    expect(isDuplicateKey(fromServer(112))).toBe(false)
    expect(isDuplicateKey(new Error('11000'))).toBe(false)
  })
})
