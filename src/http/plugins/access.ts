import bearerAuth from '@fastify/bearer-auth'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { createKeyCheck } from '../../access/key-check.ts'
import type { Keys } from '../../access/keys.ts'
import { anonymous, assertReachesAll, narrowTo, type Principal } from '../../access/principal.ts'
import type { ScopeOrPublic } from '../../access/scopes.ts'
import type { CallContext } from '../../core/actor.ts'
import { FaceError } from '../../core/errors.ts'
import type { GalleryCaller } from '../../gallery/gallery.ts'
import type { ResolvedHttpOptions } from '../options.ts'
import type { App, HttpServices } from '../types.ts'
import { assertOwnRequest, readCookie, sessionCookie } from './session-cookie.ts'

/**
 * Finds out who asks, and refuses who may not: every route declares one scope in its configuration,
 * or `public`, and with a route that declares none the application does not start. To be called before any route is
 * registered. Handlers of routes that are not public find the caller in `request.principal`, and the
 * use cases for this caller in `request.faceWatcher`.
 *
 * A bearer header decides where there is one, whatever cookies come with it.
 */
export async function registerAccess(
  app: App,
  { faceWatcher, keys, sessions, tokens }: HttpServices,
  { apiKeys }: ResolvedHttpOptions,
): Promise<void> {
  const routeScopes = new Map<string, ScopeOrPublic>()
  app.decorate('routeScopes', routeScopes)
  app.decorateRequest('principal', null)
  app.decorateRequest('session', null)
  // Set by the hook below before a handler runs.
  app.decorateRequest('faceWatcher', null as never)
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    routes.push(route)
  })
  // Not before, as a plugin's routes get their scope from a hook of their own.
  app.addHook('onReady', async () => {
    for (const { method, url, config } of routes) {
      const scope = config?.scope
      if (scope === undefined) throw new Error(`${String(method)} ${url} declares no scope`)
      for (const name of [method].flat()) routeScopes.set(`${name} ${url}`, scope)
    }
  })

  const keyCheck = createKeyCheck({ keys, configured: apiKeys })
  app.decorate('keyCheck', keyCheck)
  await app.register(bearerAuth, {
    addHook: false,
    keys: new Set<string>(),
    specCompliance: 'rfc6749',
    verifyErrorLogLevel: 'debug',
    async auth(text: string, request: FastifyRequest) {
      const principal = tokens?.isToken(text)
        ? await tokens.authenticate(text)
        : await keyCheck.check(text, request.ip)
      request.principal = principal ?? null
      return principal !== undefined
    },
  })

  async function identifyBySession(request: FastifyRequest): Promise<Principal | undefined> {
    const token = readCookie(sessionCookie, request)
    if (token === undefined) return undefined
    const found = await sessions.find(token, keyCheck.find)
    if (found === undefined) return undefined
    assertOwnRequest(request, token)
    request.session = { ...found.session, token }
    return found.principal
  }

  app.decorate('isOpen', async () => apiKeys.length === 0 && !(await keys.areRequired()))

  app.decorate('identifyCaller', async (request: FastifyRequest, reply: FastifyReply) => {
    if (await app.isOpen()) return anonymous
    const hasHeader = request.headers.authorization !== undefined
    const bySession = hasHeader ? undefined : await identifyBySession(request)
    if (bySession !== undefined) return bySession
    await new Promise<void>((resolve, reject) => {
      app.verifyBearerAuth?.(request, reply, (error) => (error ? reject(error) : resolve()))
    })
    return request.principal as Principal
  })

  // Before the body is read, but after the rate limit, which works in `onRequest`.
  app.addHook('preParsing', async (request, reply) => {
    const { scope, wholeServer = false, setUp = false } = request.routeOptions.config
    if (request.is404 || scope === 'public') return
    if (scope === undefined) throw new Error('a route without a scope')
    const principal = await app.identifyCaller(request, reply)
    request.principal = setUp && principal.isSetUp ? principal : narrowTo(principal, scope)
    if (wholeServer) assertReachesAll(request.principal)
    request.faceWatcher = faceWatcher.as(toGalleryCaller(request))
  })
}

/** The keys of a server that lets nobody in without a sign-in, also where it has no key yet. */
export function toAskedKeys({ keys, oidc, tokens }: HttpServices): Keys {
  if (oidc === undefined && tokens === undefined) return keys
  return { ...keys, areRequired: async () => true, wereRequired: () => true }
}

/** What the calls of a request carry; its route is not public. */
export function toCaller({ principal, id }: FastifyRequest): CallContext {
  return { actor: (principal as Principal).actor, requestId: id }
}

/** The same with the collections that the caller reaches. */
export function toGalleryCaller(request: FastifyRequest): GalleryCaller {
  return { ...toCaller(request), collectionIds: request.principal?.collectionIds }
}

/** Whether an error says that nobody is known, and not that it could not be found out. */
export function isUnknownCaller(error: unknown): boolean {
  if (error instanceof FaceError) return error.code === 'unauthorized'
  return String((error as { readonly code?: unknown }).code).startsWith('FST_BEARER_AUTH_')
}
