import { isIP } from 'node:net'
import { FaceError } from '../../core/errors.ts'
import { isLoopbackHost, type ResolvedHttpOptions } from '../options.ts'

type KeyOptions = Pick<
  ResolvedHttpOptions,
  'host' | 'apiKeys' | 'insecure' | 'allowedOrigins' | 'frameAncestors'
>

interface BindOptions extends KeyOptions, Pick<ResolvedHttpOptions, 'trustProxy'> {
  /** The database has keys, so that one is asked for. */
  readonly hasKeys: boolean
  /** Whether somebody sees the set-up key. */
  readonly canSetUp?: boolean
}

/** Options that let pages of other origins in, which only a key tells from the user's own. */
const optionsOfOrigins = ['allowedOrigins', 'frameAncestors'] as const

/** Whether the server may only start as it is told to when its database has a key. */
export function needsStoredKey(options: KeyOptions): boolean {
  if (options.apiKeys.length > 0) return false
  const isBeyond = !isLoopbackHost(options.host) && !options.insecure
  return isBeyond || optionsOfOrigins.some((name) => options[name].length > 0)
}

/** Names that the server's library knows for networks. */
const namedNetworks: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal'])

/**
 * Checks that the configured server may listen on its address.
 *
 * @throws {FaceError} `insecureBind` beyond this machine without an API key, unless `insecure` or
 *   `canSetUp`; `invalidConfig` when pages of other origins are let in without a key, an origin is none, or a
 *   proxy is no address
 */
export function assertSafeBind(options: BindOptions): void {
  assertOrigins(options)
  assertProxies(options.trustProxy)
  if (!needsStoredKey(options) || options.hasKeys) return
  for (const name of optionsOfOrigins) {
    if (options[name].length === 0) continue
    throw new FaceError('invalidConfig', {
      detail: `http.${name} lets pages of other origins in, so it needs an API key: without one each of them could do everything. Make one with "face-watcher keys create NAME --scope admin".`,
    })
  }
  if (options.canSetUp) return
  throw new FaceError('insecureBind', { detail: `The address is ${options.host}.` })
}

/** The library's options are not checked by a schema. */
function assertOrigins(options: KeyOptions): void {
  for (const name of optionsOfOrigins) {
    const wrong = options[name].find((text) => !isOrigin(text))
    if (wrong === undefined) continue
    throw new FaceError('invalidConfig', {
      detail: `http.${name}: ${JSON.stringify(wrong)} is no origin. Expected a scheme and a host without a path, such as https://intranet.example.org.`,
    })
  }
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text
}

function assertProxies(trustProxy: readonly string[]): void {
  // Of the library, where types may not be checked.
  const entries: readonly unknown[] = Array.isArray(trustProxy) ? trustProxy : [trustProxy]
  for (const proxy of entries) {
    if (typeof proxy === 'string' && isNetwork(proxy)) continue
    throw new FaceError('invalidConfig', {
      detail: `http.trustProxy: ${JSON.stringify(proxy)} is neither an address nor a network. Expected a list of the proxies, each for instance 10.0.0.7, 172.16.0.0/12, fd00::/8, or one of ${[...namedNetworks].join(', ')}.`,
    })
  }
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  if (more.length > 0) return false
  if (prefix === undefined) return namedNetworks.has(address) || isIP(address) !== 0
  const bits = isIP(address) === 4 ? 32 : 128
  return isIP(address) !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
}
