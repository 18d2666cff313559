import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { Keys } from '../../access/keys.ts'
import { FaceError } from '../../core/errors.ts'
import type { ResolvedHttpOptions } from '../options.ts'
import type { App } from '../types.ts'
import { registerKnownHosts } from './known-hosts.ts'
import { mediaTypesOf } from './problems.ts'
import { registerRateLimits } from './rate-limits.ts'

/** What a page of another origin may send, and read of the answers. */
const sentHeaders = [
  ...['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match'],
  'x-request-id',
]
const readHeaders = [
  ...['content-disposition', 'etag', 'idempotency-replayed', 'location', 'retry-after'],
  ...['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
  ...['server-timing', 'www-authenticate', 'x-history-entry', 'x-request-id'],
]
/** How long a browser speaks only HTTPS with the host, seconds: half a year. */
const hstsSeconds = 180 * 86_400
/** How long a browser need not ask again whether it may, seconds. */
const preflightAgeSeconds = 600

/** Security headers, the guards of hosts and origins, and the rate limit: for every route. */
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
        frameAncestors:
          options.frameAncestors.length > 0 ? ["'self'", ...options.frameAncestors] : ["'none'"],
      },
    },
    // It knows no list of origins; browsers that know `frame-ancestors` pass over it.
    xFrameOptions: options.frameAncestors.length > 0 ? false : { action: 'deny' },
    // Where TLS ends before this server, for which host names is the proxy's knowledge. Where it ends
    // here, other names of the domain are not ours to speak for.
    strictTransportSecurity: options.tls !== undefined && {
      maxAge: hstsSeconds,
      includeSubDomains: false,
    },
  })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('permissions-policy', 'camera=(self), microphone=(), geolocation=()')
  })
  registerKnownHosts(app, keys, options)
  await registerOtherOrigins(app, options)
  await registerRateLimits(app, keys, options)
}

/**
 * Lets the pages of some origins call the API from a browser, by a key that they send themselves.
 * Never with credentials: a browser's cookie for here must not work for another page. The question
 * before a request (preflight) has no key and is answered without one.
 */
async function registerOtherOrigins(
  app: App,
  { allowedOrigins }: ResolvedHttpOptions,
): Promise<void> {
  if (allowedOrigins.length === 0) return
  // The plugin's route for what is asked before a request.
  app.addHook('onRoute', (route) => {
    if (route.url === '*') route.config = { ...route.config, scope: 'public' }
  })
  await app.register(cors, {
    origin: [...allowedOrigins],
    credentials: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: sentHeaders,
    exposedHeaders: readHeaders,
    maxAge: preflightAgeSeconds,
    strictPreflight: false,
  })
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
