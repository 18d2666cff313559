import { describe, expect, it } from 'vitest'
import { errorCatalogue, FaceError, fromErrorRecord, isFaceError, toErrorRecord } from './errors.ts'

describe('FaceError', () => {
  it('takes status, kind and message from the catalogue', () => {
    const error = new FaceError('noFace')
    expect(error).toMatchObject({ status: 422, kind: 'refusal', name: 'FaceError' })
    expect(error.message).toBe(errorCatalogue.noFace.message)
  })

  it('adds the detail to the message', () => {
    const error = new FaceError('noFace', { detail: 'The image is blank.' })
    expect(error.message).toBe('No face was found in the image. The image is blank.')
  })

  it('crosses a thread boundary with code, detail and info', () => {
    const error = new FaceError('overloaded', { detail: 'Busy.', info: { retryAfterSeconds: 2 } })
    const copy = fromErrorRecord(structuredClone(toErrorRecord(error)))
    expect(copy).toBeInstanceOf(FaceError)
    expect(copy).toMatchObject({
      code: 'overloaded',
      detail: 'Busy.',
      info: { retryAfterSeconds: 2 },
    })
    expect(toErrorRecord(fromErrorRecord({ code: 'noFace' }))).toEqual({ code: 'noFace' })
  })

  it('turns anything else into an internal fault', () => {
    expect(toErrorRecord(new Error('boom'))).toEqual({ code: 'internal', detail: 'boom' })
    expect(toErrorRecord('boom')).toEqual({ code: 'internal', detail: 'boom' })
  })

  it('is told apart by code', () => {
    const error = new FaceError('noFace')
    expect(isFaceError(error)).toBe(true)
    expect(isFaceError(error, 'noFace')).toBe(true)
    expect(isFaceError(error, 'multipleFaces')).toBe(false)
    expect(isFaceError(new Error('x'))).toBe(false)
  })
})
