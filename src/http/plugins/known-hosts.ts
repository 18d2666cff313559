import type { FastifyRequest } from 'fastify'
import type { Keys } from '../../access/keys.ts'
import { FaceError } from '../../core/errors.ts'
import { isLoopbackHost, type ResolvedHttpOptions } from '../options.ts'
import type { App } from '../types.ts'

/** Orchestrators ask for these by a machine's address; they tell nobody anything. */
const probed = new Set(['/healthz', '/readyz'])

/**
 * Refuses requests for other host names, and those that pages of other origins make a browser send
 * while no key is asked for: for every route, files and what is not there too.
 */
export function registerKnownHosts(app: App, keys: Keys, options: ResolvedHttpOptions): void {
  const isListed = options.allowedHosts.length > 0
  app.addHook('onRequest', async (request) => {
    const isOpen = options.apiKeys.length === 0 && !(await asksForKeys(request, keys))
    // Beyond this machine any name may be right, unless the configuration says which.
    const isLocal = isOpen && isLoopbackHost(options.host)
    const isProbe = probed.has(request.routeOptions.url ?? '')
    if (isLocal || (isListed && !isProbe)) assertKnownHost(request, options)
    if (isOpen) assertSameOrigin(request)
  })
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
  const known = [options.host, ...options.allowedHosts].map(toHostName)
  const isKnown = (host: string) => {
    const name = toHostName(host)
    return name !== '' && (isLoopbackHost(name) || known.includes(name))
  }
  if (toNamedHosts(request).every(isKnown)) return
  throw new FaceError('forbidden', {
    detail:
      'The Host header names another machine. Use localhost, or allow the host name in the configuration (http.allowedHosts).',
  })
}

/**
 * The hosts that a request names, all of which have to be known: `Host`; what a trusted proxy says
 * that the client named, which many proxies hand on from the client, so that it must not stand in for
 * `Host`; and the host of an address in absolute form (`GET http://host/`), which goes before `Host`
 * (RFC 9112, section 3.2.2).
 */
function toNamedHosts(request: FastifyRequest): readonly string[] {
  const target = request.raw.url ?? ''
  const absolute = target.startsWith('/') || target === '*' ? [] : [toAuthority(target)]
  return [request.headers.host ?? '', request.host, ...absolute]
}

/** Host and port of an address in absolute form; empty when it has none. */
function toAuthority(target: string): string {
  return URL.canParse(target) ? new URL(target).host : ''
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
      detail:
        'The request comes from a page of another origin. To allow this, set an API key and http.allowedOrigins.',
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
