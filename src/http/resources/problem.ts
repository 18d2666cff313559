import type { ErrorCode } from '../../core/errors.ts'

/** An error as RFC 9457 problem document. */
export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly code: ErrorCode
  readonly requestId: string
}
