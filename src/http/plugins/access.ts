import bearerAuth from '@fastify/bearer-auth'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { createKeyCheck } from '../../access/key-check.ts'
import { anonymous, assertReachesAll, assertScope, type Principal } from '../../access/principal.ts'
import type { ScopeOrPublic } from '../../access/scopes.ts'
import type { CallContext } from '../../core/actor.ts'
import type { GalleryCaller } from '../../gallery/gallery.ts'
import type { ResolvedHttpOptions } from '../options.ts'
import type { App, HttpServices } from '../types.ts'

/**
 * Finds out who asks, and refuses who may not: every route declares one scope in its configuration,
 * or `public`, and with a route that declares none the application does not start. To be called before any route is
 * registered. Handlers of routes that are not public find the caller in `request.principal`, and the
 * use cases for this caller in `request.faceWatcher`.
 */
export async function registerAccess(
  app: App,
  { faceWatcher, keys }: HttpServices,
  { apiKeys }: ResolvedHttpOptions,
): Promise<void> {
  const routeScopes = new Map<string, ScopeOrPublic>()
  app.decorate('routeScopes', routeScopes)
  app.decorateRequest('principal', null)
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
  await app.register(bearerAuth, {
    addHook: false,
    keys: new Set<string>(),
    specCompliance: 'rfc6749',
    verifyErrorLogLevel: 'debug',
    async auth(key: string, request: FastifyRequest) {
      request.principal = (await keyCheck.check(key, request.ip)) ?? null
      return request.principal !== null
    },
  })

  async function identifyCaller(request: FastifyRequest, reply: FastifyReply): Promise<Principal> {
    if (apiKeys.length === 0 && !(await keys.areRequired())) return anonymous
    await new Promise<void>((resolve, reject) => {
      app.verifyBearerAuth?.(request, reply, (error) => (error ? reject(error) : resolve()))
    })
    return request.principal as Principal
  }

  // Before the body is read, but after the rate limit, which works in `onRequest`.
  app.addHook('preParsing', async (request, reply) => {
    const { scope, wholeServer = false } = request.routeOptions.config
    if (request.is404 || scope === 'public') return
    if (scope === undefined) throw new Error('a route without a scope')
    const principal = await identifyCaller(request, reply)
    request.principal = principal
    assertScope(principal, scope)
    if (wholeServer) assertReachesAll(principal)
    request.faceWatcher = faceWatcher.as(toGalleryCaller(request))
  })
}

/** What the calls of a request carry; its route is not public. */
export function toCaller({ principal, id, ip }: FastifyRequest): CallContext {
  return { actor: (principal as Principal).actor, requestId: id, address: ip }
}

/** The same with the collections that the caller reaches. */
export function toGalleryCaller(request: FastifyRequest): GalleryCaller {
  return { ...toCaller(request), collectionIds: request.principal?.collectionIds }
}
