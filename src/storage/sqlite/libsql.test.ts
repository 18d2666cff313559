import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Connection, openConnection, type SqlValue, toStoreError } from './libsql.ts'

describe('a checked connection', () => {
  let db: Connection

  beforeEach(() => {
    db = openConnection({ file: ':memory:', busyTimeoutMs: 100 })
    db.exec('CREATE TABLE t (a INTEGER, r REAL, s TEXT, b BLOB) STRICT')
  })

  afterEach(() => {
    db.close()
  })

  it('stores and answers numbers, text, null and bytes as they are', () => {
    const values: SqlValue[] = [2 ** 40, 1.5, 'ünï 👩‍🚀', Uint8Array.from([0, 255])]
    expect(db.run('INSERT INTO t VALUES (?, ?, ?, ?)', values)).toBe(1)
    const [a, r, s, b] = values
    expect(db.all('SELECT * FROM t')).toEqual([{ a, r, s, b }])
    expect(db.get('SELECT * FROM t')).toEqual({ a, r, s, b })
    expect(db.get('SELECT typeof(?) AS t', [2 ** 40])).toEqual({ t: 'integer' })
    expect(db.get('SELECT ? AS n', [null])).toEqual({ n: null })
    expect(db.get('SELECT * FROM t WHERE a = 0')).toBeUndefined()
  })

  it('takes a part of a larger buffer for just that part', () => {
    const part = new Uint8Array([1, 2, 3, 4]).subarray(1, 3)
    expect(db.get('SELECT ? AS b', [part])).toEqual({ b: Uint8Array.from([2, 3]) })
  })

  it.each<[string, unknown]>([
    ['a boolean', true],
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['text with NUL', 'a\0b'],
    ['an object', {}],
    ['a date', new Date(0)],
    ['an ArrayBuffer', new ArrayBuffer(1)],
  ])('refuses %s as a parameter', (_, value) => {
    expect(() => db.all('SELECT ?', [value as SqlValue])).toThrow(
      expect.objectContaining({ code: 'internal' }),
    )
  })

  it('refuses too few and too many parameters', () => {
    for (const parameters of [[], [1], [1, 2, 3]]) {
      expect(() => db.all('SELECT ?, ?', parameters)).toThrow(
        expect.objectContaining({ code: 'internal' }),
      )
    }
  })

  it('answers nothing after it was closed', () => {
    db.close()
    for (const use of [() => db.all('SELECT 1'), () => db.exec('SELECT 1')]) {
      expect(use).toThrow(expect.objectContaining({ code: 'storeUnavailable' }))
    }
    expect(db.inTransaction).toBe(false)
  })
})

describe('errors of SQLite', () => {
  it.each([
    ['SQLITE_BUSY', 'storeBusy'],
    ['SQLITE_BUSY_SNAPSHOT', 'storeBusy'],
    ['SQLITE_LOCKED', 'storeBusy'],
    ['SQLITE_NOTADB', 'storeKeyWrong'],
    ['SQLITE_CORRUPT', 'storeCorrupt'],
    ['SQLITE_CORRUPT_INDEX', 'storeCorrupt'],
    ['SQLITE_FULL', 'storeFull'],
    ['SQLITE_READONLY', 'storeReadOnly'],
    ['SQLITE_READONLY_DIRECTORY', 'storeReadOnly'],
    ['SQLITE_CANTOPEN', 'dataDirUnusable'],
    ['SQLITE_IOERR_WRITE', 'storeUnavailable'],
    ['SQLITE_CONSTRAINT_UNIQUE', 'internal'],
  ])('%s is %s', (sqlite, code) => {
    const error = Object.assign(new Error('of SQLite'), { code: sqlite })
    expect(toStoreError(error, '/nowhere/gallery.db')).toMatchObject({ code, cause: error })
  })

  it('a file that cannot be opened has no code and is recognised by its message', () => {
    const error = new Error('ConnectionFailed("Unable to open connection to local database x: 14")')
    expect(toStoreError(error, 'x').code).toBe('dataDirUnusable')
  })
})
