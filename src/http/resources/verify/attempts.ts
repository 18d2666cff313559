import type { FastifyRequest } from 'fastify'
import { createThrottle, toAddressSubject } from '../../../access/throttle.ts'
import type { VerifyResult, VerifyTarget } from '../../../recognition/face-watcher.ts'

/** Attempts of callers to be taken for somebody. */
export interface VerifyAttempts {
  /**
   * Compares, unless the caller has failed with this person or face too often.
   *
   * @throws {FaceError} `tooManyAttempts`
   */
  run(
    request: FastifyRequest,
    attempt: VerifyAttempt,
    verify: () => Promise<VerifyResult>,
  ): Promise<VerifyResult>
}

interface VerifyAttempt {
  readonly target: VerifyTarget
  /** The caller says what a match is, so that one proves nothing. */
  readonly isOwnRule: boolean
}

/**
 * Slows down a caller who fails to be one person, as NIST SP 800-63B asks, so that nobody tries photographs
 * until one matches. Two images that the caller brings concern nobody who is enrolled.
 */
export function createVerifyAttempts(): VerifyAttempts {
  const throttle = createThrottle()
  return {
    async run(request, { target, isOwnRule }, verify) {
      const subject = toSubject(request, target)
      if (subject === undefined) return verify()
      throttle.assertReady(subject)
      const result = await verify()
      // What cannot be compared says nothing about the person.
      if (result.decision === 'noMatch') throttle.failed(subject)
      if (result.match && !isOwnRule) throttle.succeeded(subject)
      return result
    },
  }
}

/** Who tries to be whom; undefined when it is nobody who is enrolled. */
function toSubject({ principal, ip }: FastifyRequest, target: VerifyTarget): string | undefined {
  if ('image' in target) return undefined
  const { kind, id } = principal?.actor ?? { kind: 'anonymous', id: '' }
  const caller = kind === 'anonymous' ? toAddressSubject(ip) : id
  const whom = 'personId' in target ? ['person', target.personId] : ['face', target.faceId]
  return JSON.stringify([kind, caller, target.collection, ...whom])
}
