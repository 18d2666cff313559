import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { Keys } from '../../access/keys.ts'
import { FaceError } from '../../core/errors.ts'
import { isLoopbackHost, type ResolvedHttpOptions } from '../options.ts'
import type { App } from '../types.ts'
import { mediaTypesOf } from './problems.ts'

/** Orchestrators ask for these by a machine's address; they tell nobody anything. */
const probed = new Set(['/healthz', '/readyz'])

/** Security headers, the guard of a keyless server, and the rate limit: for every route. */
export async function registerSecurity(
  app: App,
  keys: Keys,
  options: ResolvedHttpOptions,
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        // Without inline styles and scripts, blob: and data: addresses: the page draws photos and
        // frames on canvases. The description of the API at /docs has a policy of its own.
        defaultSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // Whether TLS ends before this server, and for which host names, is the proxy's knowledge.
    strictTransportSecurity: false,
  })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('permissions-policy', 'camera=(self), microphone=(), geolocation=()')
  })
  if (options.apiKeys.length === 0) {
    app.addHook('onRequest', async (request) => {
      if (await asksForKeys(request, keys)) return
      // Beyond this machine any name may be right, unless the configuration says which.
      const isProbe = probed.has(request.routeOptions.url ?? '')
      if (isLoopbackHost(options.host) || (options.allowedHosts.length > 0 && !isProbe)) {
        assertKnownHost(request, options)
      }
      assertSameOrigin(request)
    })
  }
  if (options.rateLimit) {
    await app.register(rateLimit, {
      max: options.rateLimit.max,
      timeWindow: options.rateLimit.timeWindowMs,
      errorResponseBuilder: (_request, { max, ttl }) =>
        new FaceError('rateLimited', {
          detail: `At most ${max} are allowed in a window.`,
          info: { retryAfterSeconds: Math.ceil(ttl / 1000) },
        }),
    })
  }
}

/** Public routes, health among them, do not wait for a database. */
async function asksForKeys(request: FastifyRequest, keys: Keys): Promise<boolean> {
  const isPublic = request.is404 || request.routeOptions.config.scope === 'public'
  return isPublic ? keys.wereRequired() : keys.areRequired()
}

/**
 * Refuses host names that are not this machine's. A web site can let its own name point to
 * 127.0.0.1 (DNS rebinding) and then read everything here from a visitor's browser; but the browser
 * still says the site's name in the Host header.
 */
function assertKnownHost(request: FastifyRequest, options: ResolvedHttpOptions): void {
  const name = toHostName(request.headers.host ?? '')
  if (isLoopbackHost(name)) return
  if ([options.host, ...options.allowedHosts].some((host) => toHostName(host) === name)) return
  throw new FaceError('forbidden', {
    detail:
      'The Host header names another machine. Use localhost, allow the host name in the configuration, or set an API key.',
  })
}

/**
 * Refuses requests that the page of another origin makes a browser send: without a key nothing else
 * tells them from the user's own. Following a link to here is allowed.
 */
function assertSameOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers
  const site = request.headers['sec-fetch-site']
  const isLink =
    (request.method === 'GET' || request.method === 'HEAD') &&
    request.headers['sec-fetch-mode'] === 'navigate'
  const isForeign =
    site === 'cross-site' || (origin !== undefined && !isOriginOf(origin, [host, request.host]))
  if (isForeign && !isLink) {
    throw new FaceError('forbidden', {
      detail: 'The request comes from a page of another origin. Set an API key to allow this.',
    })
  }
}

function isOriginOf(origin: string, hosts: readonly (string | undefined)[]): boolean {
  return URL.canParse(origin) && hosts.includes(new URL(origin).host)
}

/** Lower-case, without the port; empty when it is no host. */
function toHostName(host: string): string {
  const url = `http://${host}`
  return URL.canParse(url) ? new URL(url).hostname : ''
}

/** Refuses a content type that the route does not read. */
export function registerContentTypes(app: App): void {
  app.addHook('onRequest', async (request) => {
    const isForm = /^multipart\//i.test(request.headers['content-type'] ?? '')
    if (isForm && !request.routeOptions.config.multipart) {
      throw new FaceError('unsupportedMediaType', { info: { allowed: mediaTypesOf(request) } })
    }
  })
}
