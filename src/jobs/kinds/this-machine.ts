import { hostname } from 'node:os'
import { FaceError } from '../../core/errors.ts'

/** Of the input of a job that works with files of one machine. */
export function toMachine(): string {
  return hostname()
}

/**
 * A job with files of one machine may have been taken up by a server on another one, where the same
 * path leads to something else, or nowhere.
 *
 * @throws {FaceError} `invalidOption`
 */
export function assertMachine(machine: string | undefined): void {
  if (machine === undefined || machine === hostname()) return
  throw new FaceError('invalidOption', {
    detail: `It works with files of the machine ${JSON.stringify(machine)}, and was taken up on another one; run the command there again, without --detach.`,
  })
}
