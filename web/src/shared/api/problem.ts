import type { Rejection } from './types.ts'

interface ProblemDetails {
  /** Of the answer; absent where there was none. */
  readonly status?: number
  /** What to tell whoever looks into the server's log. */
  readonly requestId?: string
  readonly retryAfterMs?: number
  /** Why each image of an enrolment was refused. */
  readonly rejected?: readonly Rejection[]
}

/** A refused or failed request. `code` is the problem document's, or one of the page's own. */
export class ApiProblem extends Error {
  readonly code: string
  readonly details: ProblemDetails

  constructor(code: string, message: string, details: ProblemDetails = {}) {
    super(message)
    this.name = 'ApiProblem'
    this.code = code
    this.details = details
  }
}

/** The problem in anything that was thrown; `page` when no request failed. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  return new ApiProblem('page', error instanceof Error ? error.message : String(error))
}

/** The problem of a request without an answer: `aborted` or `unreachable`. */
export function toNetworkProblem(error: unknown): ApiProblem {
  if (error instanceof DOMException && error.name === 'AbortError') {
    return new ApiProblem('aborted', 'The request was cancelled.')
  }
  return new ApiProblem('unreachable', 'The server cannot be reached.')
}

/** What a proxy answers in the place of a server that is gone. */
const gatewayStatuses: ReadonlySet<number> = new Set([502, 503, 504])

/** The problem of an answer that is not good: its problem document, or what its status says. */
export function toProblem(body: unknown, response: Response): ApiProblem {
  const document = typeof body === 'object' && body !== null ? body : {}
  const read = (key: string): string | undefined => {
    const value: unknown = Reflect.get(document, key)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const { status, headers } = response
  const code = read('code') ?? (gatewayStatuses.has(status) ? 'unreachable' : 'internal')
  const message = read('detail') ?? read('title') ?? `The server answered ${status}.`
  const requestId = read('requestId') ?? headers.get('x-request-id') ?? undefined
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return new ApiProblem(code, message, {
    status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
    ...('rejected' in document && Array.isArray(document.rejected)
      ? { rejected: document.rejected }
      : {}),
  })
}

const temporaryCodes: ReadonlySet<string> = new Set([
  'unreachable',
  'overloaded',
  'rateLimited',
  'storeBusy',
  'storeUnavailable',
  'notReady',
  // An enrolment was sent again while the first attempt is still in work.
  'idempotencyConflict',
])

/** Whether the request may simply be sent again later. */
export function isTemporary(problem: ApiProblem): boolean {
  return temporaryCodes.has(problem.code)
}

/** Whether a key is missing, or may too little: trying again would not help. */
export function isLocked({ code }: ApiProblem): boolean {
  return code === 'unauthorized' || code === 'missingScope'
}
