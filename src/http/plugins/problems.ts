import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorCatalogue, FaceError } from '../../core/errors.ts'
import { ref } from '../resources/component.ts'
import type { ProblemBody } from '../resources/problem.ts'
import { Problem } from '../resources/system/schema.ts'
import type { App } from '../types.ts'
import { createRecentProblems, type RecentProblems } from './recent-problems.ts'

export const problemMediaType = 'application/problem+json'

/** Members of a problem document that the extras of an error must not replace. */
const reserved = new Set(['type', 'title', 'status', 'detail', 'code', 'requestId'])

/**
 * The RFC 9457 problem document of an error. Extras of the error become members next to the standard
 * ones. For a fault only the request id is shown: its detail may name files of the server.
 */
export function toProblem(error: FaceError, requestId: string): ProblemBody {
  const isFault = error.kind === 'fault'
  const extras = Object.entries(isFault ? {} : (error.info ?? {}))
  return {
    type: `urn:face-watcher:error:${error.code}`,
    title: errorCatalogue[error.code].message,
    status: error.status,
    ...(error.detail === undefined || isFault ? {} : { detail: error.detail }),
    code: error.code,
    requestId,
    ...Object.fromEntries(extras.filter(([name]) => !reserved.has(name))),
  }
}

/** The catalogue's errors for those that Fastify and its plugins throw, by their codes. */
const frameworkErrors: Readonly<Record<string, readonly [ErrorCode, string?]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupportedMediaType'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['payloadTooLarge'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalidRequest', 'The body is empty; JSON was expected.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalidRequest', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'invalidRequest',
    'The body is not as long as its Content-Length.',
  ],
  FST_ERR_BAD_URL: ['invalidRequest', 'The address is not validly encoded.'],
  FST_ERR_MAX_PARAM_LENGTH: ['notFound'],
  FST_BEARER_AUTH_MISSING_AUTHORIZATION_HEADER: [
    'unauthorized',
    'Send the header "Authorization: Bearer <API key>".',
  ],
  FST_BEARER_AUTH_INVALID_AUTHORIZATION_HEADER: ['unauthorized', 'The API key is not known.'],
  FST_PARTS_LIMIT: ['invalidRequest', 'The form has too many parts.'],
  FST_FIELDS_LIMIT: ['invalidRequest', 'The form has too many text fields.'],
  FST_FILES_LIMIT: ['tooManyImages'],
  FST_PROTO_VIOLATION: ['invalidRequest', 'The form has a field whose name is not allowed.'],
  FST_INVALID_JSON_FIELD_ERROR: ['invalidRequest', 'A field of the form is not valid JSON.'],
  FST_INVALID_MULTIPART_CONTENT_TYPE: ['unsupportedMediaType'],
  FST_MULTIPART_PREMATURE_CLOSE: ['aborted'],
}

/** Any thrown value as an error of the catalogue; what is not foreseen becomes `internal`. */
export function toFaceError(error: unknown, request: FastifyRequest): FaceError {
  if (error instanceof FaceError) return error
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  const multipart = request.routeOptions.config.multipart
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY' && multipart) {
    return new FaceError('missingImage', {
      detail: 'The body is empty.',
      info: { expected: multipart.fields },
      cause: error,
    })
  }
  const known = typeof code === 'string' ? frameworkErrors[code] : undefined
  if (known) {
    const [faceCode, detail] = known
    const info =
      faceCode === 'unsupportedMediaType' ? { allowed: mediaTypesOf(request) } : undefined
    return new FaceError(faceCode, {
      ...(detail === undefined ? {} : { detail }),
      ...(info === undefined ? {} : { info }),
      cause: error,
    })
  }
  // Every other error that Fastify blames on the client, for instance a prototype-poisoning body.
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new FaceError('invalidRequest', { cause: error })
  }
  return new FaceError('internal', { cause: error })
}

/** The content types that the route of a request reads. */
export function mediaTypesOf(request: FastifyRequest): readonly string[] {
  return request.routeOptions.config.multipart
    ? ['multipart/form-data', 'application/json']
    : ['application/json']
}

/** Answers an error and logs it: faults as errors, what an operator can mend as warnings. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const faceError = toFaceError(error, request)
  const { code, status, kind } = faceError
  if (kind === 'fault') request.log.error({ err: faceError.cause ?? faceError, code }, 'fault')
  else if (kind !== 'input' && status >= 500) request.log.warn({ err: faceError, code }, code)
  // Node reads the rest of an unfinished body and throws it away, so that the client, who is still
  // sending, gets to see the answer; a closed connection would be a reset to it.
  reply.removeHeader('connection')
  reply.header('cache-control', 'no-store')
  // Set by a hook already, except where routing itself fails.
  reply.header('x-request-id', request.id)
  if (status === 429 || status === 503 || code === 'idempotencyConflict') {
    const seconds = faceError.info?.retryAfterSeconds
    reply.header('retry-after', typeof seconds === 'number' ? Math.max(1, Math.ceil(seconds)) : 1)
  }
  if (code === 'unauthorized') reply.header('www-authenticate', 'Bearer')
  if (code === 'missingScope') reply.header('www-authenticate', toScopeChallenge(faceError))
  if (code === 'notReady') reply.header('connection', 'close')
  reply
    .code(status)
    .type(problemMediaType)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(toProblem(faceError, request.id))
}

/** RFC 6750 section 3: which scope would do. */
function toScopeChallenge({ info }: FaceError): string {
  return `Bearer error="insufficient_scope", scope="${String(info?.scope)}"`
}

/** Answers what is no HTTP, or too slow or too long to be: there is no request yet to speak of. */
export function answerClientError(error: Error, socket: Socket): void {
  if (!socket.writable) return
  const body = JSON.stringify(
    toProblem(
      new FaceError('invalidRequest', { detail: 'It is not valid HTTP, or came too slowly.' }),
      randomUUID(),
    ),
  )
  const head = [
    `HTTP/1.1 ${errorCatalogue.invalidRequest.status} Bad Request`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  // Nobody reads an answer after a reset.
  if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') socket.destroy()
  else socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/**
 * Registers the handlers of errors, of unknown addresses (404) and of wrong methods (405).
 *
 * @returns the errors that are answered from now on
 */
export function registerProblems(app: App): RecentProblems {
  const recent = createRecentProblems()
  const known: {
    readonly pattern: RegExp
    readonly parameters: number
    readonly method: string
  }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const source = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z]+/g, '[^/]+')
    const pattern = new RegExp(`^${source}$`)
    const parameters = url.split(':').length - 1
    for (const name of [method].flat()) known.push({ pattern, parameters, method: name })
  })
  app.setErrorHandler((error, request, reply) => {
    const { status, code } = toFaceError(error, request)
    recent.note({
      ...{ at: new Date().toISOString(), requestId: request.id, method: request.method },
      ...{ route: request.routeOptions.url ?? 'unmatched', status, code },
    })
    sendProblem(error, request, reply)
  })
  const refuse = (request: FastifyRequest, reply: FastifyReply): never => {
    const path = toPath(request.url)
    const matching = known.filter(({ pattern }) => pattern.test(path))
    // `.../persons/bulk` is an address of its own, and no person.
    const fewest = Math.min(...matching.map(({ parameters }) => parameters))
    const own = matching.filter(({ parameters }) => parameters === fewest)
    const allowed = [...new Set(own.map(({ method }) => method))].sort()
    if (allowed.length === 0) throw new FaceError('notFound')
    reply.header('allow', allowed.join(', '))
    throw new FaceError('methodNotAllowed', {
      detail: `Allowed: ${allowed.join(', ')}.`,
      info: { allowed },
    })
  }
  // Before a body is read that nobody wants, and before Fastify's own rules for a method's body.
  app.addHook('preParsing', async (request, reply) => {
    if (request.is404) refuse(request, reply)
  })
  app.setNotFoundHandler(refuse)
  return recent
}

/** The path of a request, decoded, also of an address in absolute form, `http://host/path`. */
function toPath(address: string): string {
  const path = address.replace(/^https?:\/\/[^/?#]*/i, '').split('?', 1)[0] ?? ''
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

interface ProblemResponse {
  readonly description: string
  readonly content: Readonly<
    Record<
      string,
      { readonly schema: ReturnType<typeof ref<ProblemBody>>; readonly example: ProblemBody }
    >
  >
}

/** Response schemas of the errors a route answers, by status, besides those any route may answer. */
export function problemResponses(...codes: readonly ErrorCode[]): Record<string, ProblemResponse> {
  const byStatus = new Map<string, ErrorCode[]>()
  for (const code of codes) {
    const status = String(errorCatalogue[code].status)
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const responses: Record<string, ProblemResponse> = {}
  for (const [status, list] of byStatus) {
    responses[status] = { description: list.join(', '), content: exampleOf(list[0]!) }
  }
  responses['4xx'] = {
    description: 'invalidRequest, unauthorized, missingScope, rateLimited, ...',
    content: exampleOf('invalidRequest'),
  }
  responses['5xx'] = {
    description: 'overloaded, notReady, storeBusy, internal, ...',
    content: exampleOf('overloaded'),
  }
  return responses
}

/** The content of an error's response, with the problem document of a code as its example. */
function exampleOf(code: ErrorCode): ProblemResponse['content'] {
  const example = toProblem(new FaceError(code), '0b0c6d0e-3a0b-4d0f-9a53-0f2f7e9f5b1d')
  return { [problemMediaType]: { schema: ref(Problem), example } }
}
