import { FaceError } from '../../core/errors.ts'

/** @throws {FaceError} `storeUnavailable` when `body` takes longer; it is not waited for any more then */
export function withinTime<T>(body: () => Promise<T>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const detail = `It did not answer within ${limitMs} ms.`
      reject(new FaceError('storeUnavailable', { detail }))
    }, limitMs)
    body()
      .finally(() => clearTimeout(timer))
      .then(resolve, reject)
  })
}
