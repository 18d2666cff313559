import { createHash, webcrypto } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TObject, TOptional, TString } from 'typebox'
import { Type } from 'typebox'
import { FaceError } from '../../core/errors.ts'
import type { AnswerStore } from '../../storage/ports/answers.ts'
import type { Upload } from '../intake/images.ts'

/** Schema of the headers of a route that stores something. */
export const idempotencyHeaders: TObject<{ 'idempotency-key': TOptional<TString> }> = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '^[\\x21-\\x7e]+$',
      description:
        'A value unique to this enrolment. Sent again within 24 hours with the same request, it gets the first answer, with `Idempotency-Replayed: true`.',
    }),
  ),
})

interface Answer<Body> {
  readonly status: number
  readonly body: Body
}

interface OneRequest<Body> {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly upload: Upload
  /** The address of what a 201 made, from its body. */
  readonly toLocation: (body: Body) => string
}

/**
 * Runs an enrolment at most once per Idempotency-Key and sends its answer.
 *
 * Without a key it just runs. With one, the same request again gets the stored answer; the key with
 * another request, or while the first is running, is an error. A failed run frees the key.
 *
 * @throws {FaceError} `idempotencyConflict`
 */
export async function answerOnce<Body>(
  { request, reply, upload, toLocation }: OneRequest<Body>,
  answers: AnswerStore,
  run: () => Promise<Answer<Body>>,
): Promise<FastifyReply> {
  const locate = (status: number, body: Body) => {
    if (status === 201) reply.header('location', toLocation(body))
  }
  const given = request.headers['idempotency-key']
  if (typeof given !== 'string') {
    const { status, body } = await run()
    locate(status, body)
    return reply.code(status).send(body)
  }
  const key = toOwnKey(request, given)
  const requestHash = await computeRequestHash(request, upload)
  const earlier = await answers.claim(key, requestHash)
  if (earlier && earlier.requestHash !== requestHash) {
    throw new FaceError('idempotencyConflict', { detail: 'The request is a different one.' })
  }
  if (earlier && !earlier.response) {
    throw new FaceError('idempotencyConflict', { detail: 'The first request is in progress.' })
  }
  if (earlier?.response) {
    locate(earlier.response.status, JSON.parse(earlier.response.body) as Body)
    return reply
      .code(earlier.response.status)
      .header('idempotency-replayed', 'true')
      .type('application/json; charset=utf-8')
      .send(earlier.response.body)
  }
  try {
    const answer = await run()
    locate(answer.status, answer.body)
    const body = String(reply.code(answer.status).serialize(answer.body))
    await keepAnswer(request, () => answers.complete(key, { ...answer, body }))
    return reply.type('application/json; charset=utf-8').send(body)
  } catch (error) {
    await keepAnswer(request, () => answers.complete(key, undefined))
    throw error
  }
}

/**
 * The value as this caller's: an answer is kept for the caller that it was given to, and not told to
 * another one, which may not be for the same collections.
 */
function toOwnKey({ principal }: FastifyRequest, given: string): string {
  const { kind, id } = principal?.actor ?? {}
  if (kind === 'apiKey') return `${id}:${given}`
  // What a provider calls somebody may be long.
  if (kind !== 'signedIn' && kind !== 'token') return given
  return `${createHash('sha256').update(`${kind} ${id}`).digest('hex').slice(0, 32)}:${given}`
}

/** The enrolment is done or has failed by now; that its key cannot be kept must not change the answer. */
async function keepAnswer(request: FastifyRequest, complete: () => Promise<void>): Promise<void> {
  try {
    await complete()
  } catch (error) {
    request.log.warn({ err: error }, 'the Idempotency-Key could not be kept')
  }
}

/**
 * Hash of method, address, images and fields. Not of the raw body: the boundary of a multipart form
 * differs each time. Images are hashed off the event loop, one after the other, because each is
 * copied on it.
 */
async function computeRequestHash(request: FastifyRequest, upload: Upload): Promise<string> {
  const images: (readonly [field: string, hash: string])[] = []
  for (const { field, bytes } of upload.images) {
    const digest = await webcrypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
    images.push([field, Buffer.from(digest).toString('hex')])
  }
  // By name: without a comparison the values are made texts, which an object can refuse by a member
  // `toString`.
  const fields = Object.entries(upload.fields).sort(([a], [b]) => (a < b ? -1 : 1))
  const parts = [request.method, request.url, images, fields]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
