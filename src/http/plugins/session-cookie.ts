import { timingSafeEqual } from 'node:crypto'
import { parseCookie, type SerializeOptions, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toCsrfToken } from '../../access/sessions.ts'
import { FaceError } from '../../core/errors.ts'

/** The header in which the page sends the token of its session. */
export const csrfHeader = 'x-csrf-token'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A cookie of ours: the session's, or that of a sign-in on its way. */
interface CookieKind {
  readonly name: string
  readonly sameSite: 'strict' | 'lax'
  readonly maxAge?: number
}

export const sessionCookie: CookieKind = { name: 'faceWatcherSession', sameSite: 'strict' }

/** It has to come along when the provider sends the browser back. */
export const signInCookie: CookieKind = {
  name: 'faceWatcherSignIn',
  sameSite: 'lax',
  maxAge: 600,
}

/**
 * A browser takes `__Host-` only by TLS, from this very host and for all paths, so that no other host
 * of the domain can plant it. Whether a request came by TLS a trusted proxy may say.
 */
function toName({ name }: CookieKind, { protocol }: FastifyRequest): string {
  return protocol === 'https' ? `__Host-${name}` : name
}

export function readCookie(kind: CookieKind, request: FastifyRequest): string | undefined {
  const { cookie } = request.headers
  return cookie === undefined ? undefined : parseCookie(cookie)[toName(kind, request)] || undefined
}

/** @param value  undefined: the browser forgets the cookie */
export function writeCookie(
  kind: CookieKind,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  value: string | undefined,
): void {
  const { sameSite, maxAge } = kind
  const options: SerializeOptions = {
    ...{ path: '/', httpOnly: true, sameSite, secure: request.protocol === 'https' },
    ...(value === undefined ? { maxAge: 0 } : {}),
    ...(value === undefined || maxAge === undefined ? {} : { maxAge }),
  }
  reply.header('set-cookie', stringifySetCookie(toName(kind, request), value ?? '', options))
}

/**
 * Refuses what the page of another origin makes a browser send.
 *
 * @throws {FaceError} `crossSite`
 */
export function assertOwnPage({ headers, host }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  const { origin } = headers
  const isOwnOrigin =
    origin === undefined ||
    (URL.canParse(origin) && [headers.host, host].includes(new URL(origin).host))
  if (isOwnOrigin && (site === undefined || site === 'same-origin' || site === 'none')) return
  throw new FaceError('crossSite', { detail: 'It comes from a page of another origin.' })
}

/**
 * Refuses a request that a session's cookie came with, but that changes something and may not be the
 * page's own.
 *
 * @param token  of the session
 * @throws {FaceError} `crossSite`
 */
export function assertOwnRequest(request: FastifyRequest, token: string): void {
  if (safeMethods.has(request.method)) return
  assertOwnPage(request)
  const given = Buffer.from(String(request.headers[csrfHeader] ?? ''))
  const expected = Buffer.from(toCsrfToken(token))
  if (given.length === expected.length && timingSafeEqual(given, expected)) return
  throw new FaceError('crossSite', { detail: "The header X-CSRF-Token has to be the session's." })
}
