import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { hashKey } from '../../../access/keys.ts'
import { type OidcSignIn, startPath } from '../../../access/oidc.ts'
import type { Principal } from '../../../access/principal.ts'
import { type StartedSession, toCsrfToken } from '../../../access/sessions.ts'
import { FaceError, isFaceError } from '../../../core/errors.ts'
import { isUnknownCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import {
  assertOwnPage,
  readCookie,
  sessionCookie,
  writeCookie,
} from '../../plugins/session-cookie.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { replaceSession } from './replace-session.ts'
import { SessionInfo, type SessionInfoBody, SignedOut } from './schema.ts'

const tags = ['session']
const config = { scope: 'public' } as const

/** `/v1/session`: who asks, signing in with a key, and signing out. */
export function registerSessionRoutes(app: App, { sessions, oidc }: RouteContext): void {
  const ways: SessionInfoBody['ways'] = oidc === undefined ? ['key'] : ['key', 'oidc']
  const provider = oidc && { name: oidc.name, path: startPath }

  function describe(
    principal: Principal | undefined,
    started: StartedSession | undefined,
  ): Omit<SessionInfoBody, 'required'> {
    return {
      ways,
      ...(provider && { provider }),
      ...(principal && { caller: toCallerBody(principal) }),
      ...(started && { session: toSessionBody(started) }),
    }
  }

  app.route({
    method: 'GET',
    url: '/v1/session',
    config,
    schema: {
      operationId: 'getSession',
      tags,
      summary: 'Who asks, and how to sign in',
      description: 'Also for a caller with a key or a token, who then has no session.',
      response: { 200: ref(SessionInfo), ...problemResponses('tooManyAttempts') },
    },
    handler: async (request, reply) => {
      if (await app.isOpen()) {
        return { required: false, ...describe(await app.identifyCaller(request, reply), undefined) }
      }
      const principal = await findCaller(app, { request, reply })
      const { session } = request
      const started = session === null ? undefined : { token: session.token, session }
      return { required: true, ...describe(principal, started) }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/session',
    config,
    schema: {
      operationId: 'signIn',
      tags,
      summary: 'Sign in with an API key',
      description:
        'For browsers: the answer sets a cookie that scripts cannot read. It may do what the key may, and ends when the key is revoked, expires or may do less, when it is not used, and after some hours.',
      body: Type.Object(
        { key: Type.String({ minLength: 1, maxLength: 1000, description: 'An API key.' }) },
        { additionalProperties: false },
      ),
      response: {
        200: ref(SessionInfo),
        ...problemResponses('unauthorized', 'crossSite', 'tooManyAttempts'),
      },
    },
    handler: async (request, reply) => {
      assertOwnPage(request)
      const { key } = request.body
      const principal = await app.keyCheck.checkEntered(key, request.ip)
      if (principal === undefined) {
        throw new FaceError('unauthorized', { detail: 'The API key is not known.' })
      }
      const started = await sessions.startWithKey(principal, hashKey(key))
      await replaceSession(sessions, { request, reply }, started)
      return { required: true, ...describe(principal, started) }
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/session',
    config,
    schema: {
      operationId: 'signOut',
      tags,
      summary: 'Sign out',
      description:
        'Ends the session of the cookie: here at once, on other nodes within five seconds. Nothing happens where there is none.',
      querystring: Type.Object(
        {
          everywhere: Type.Optional(
            Type.Boolean({
              description: 'All sessions of the same key or person, in all browsers.',
            }),
          ),
        },
        { additionalProperties: false },
      ),
      response: { 200: ref(SignedOut), ...problemResponses('crossSite') },
    },
    handler: async (request, reply) => {
      const token = readCookie(sessionCookie, request)
      if (token === undefined || request.headers.authorization !== undefined) return { ended: 0 }
      await findCaller(app, { request, reply })
      const { session } = request
      writeCookie(sessionCookie, { request, reply }, undefined)
      if (session === null) return { ended: 0 }
      const ended = request.query.everywhere ? await sessions.endAll(session) : 1
      await sessions.end(token)
      const isProviders = session.actor.kind === 'signedIn'
      const providerUrl = isProviders ? await findEndUrl(request, oidc) : undefined
      return { ended, ...(providerUrl === undefined ? {} : { providerUrl }) }
    },
  })
}

/** Who asks; undefined where nobody is known, which is an answer here. */
async function findCaller(
  app: App,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<Principal | undefined> {
  try {
    return await app.identifyCaller(request, reply)
  } catch (error) {
    if (!isUnknownCaller(error)) throw error
    // The check has set another.
    reply.code(200)
    return undefined
  }
}

/** Whether the provider can be asked is not what signing out depends on. */
async function findEndUrl(
  request: FastifyRequest,
  oidc: OidcSignIn | undefined,
): Promise<string | undefined> {
  try {
    return await oidc?.findEndUrl()
  } catch (error) {
    request.log.warn({ code: isFaceError(error) ? error.code : 'internal' }, 'provider')
    return undefined
  }
}

function toCallerBody(principal: Principal): NonNullable<SessionInfoBody['caller']> {
  const { actor, scopes, collectionIds, grants } = principal
  const own = { scopes, ...(collectionIds === undefined ? {} : { collectionIds }) }
  return { actor, scopes, grants: grants ?? [own] }
}

function toSessionBody({
  token,
  session,
}: StartedSession): NonNullable<SessionInfoBody['session']> {
  const { createdAt, idleEndsAt, endsAt } = session
  return { createdAt, idleEndsAt, endsAt, csrfToken: toCsrfToken(token) }
}
