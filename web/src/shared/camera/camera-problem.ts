/** Why a camera does not run. */
export type CameraProblem = 'refused' | 'absent' | 'inUse' | 'insecure' | 'lost' | 'failed'

/** The problem that an error of `getUserMedia` means (Media Capture and Streams, section 10.2). */
export function toCameraProblem(error: unknown): CameraProblem {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'absent'
    case 'NotReadableError':
    case 'AbortError':
      return 'inUse'
    default:
      return 'failed'
  }
}
