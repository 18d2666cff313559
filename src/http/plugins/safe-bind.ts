import { isIP } from 'node:net'
import { FaceError } from '../../core/errors.ts'
import { isLoopbackHost, type ResolvedHttpOptions } from '../options.ts'

interface BindOptions
  extends Pick<ResolvedHttpOptions, 'host' | 'apiKeys' | 'insecure' | 'trustProxy'> {
  /** The database has keys, so that one is asked for. */
  readonly hasKeys: boolean
}

/** Whether only a key of the database lets the server listen where it is told to. */
export function needsStoredKey({
  host,
  apiKeys,
  insecure,
}: Pick<ResolvedHttpOptions, 'host' | 'apiKeys' | 'insecure'>): boolean {
  return !isLoopbackHost(host) && apiKeys.length === 0 && !insecure
}

/** Names that the server's library knows for networks. */
const namedNetworks: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal'])

/**
 * Checks that the configured server may listen on its address.
 *
 * @throws {FaceError} `insecureBind` beyond this machine without an API key, unless `insecure`;
 *   `invalidConfig` when every client there would be believed to be a proxy, or a proxy is no address
 */
export function assertSafeBind(options: BindOptions): void {
  const { host, hasKeys, trustProxy } = options
  const isLocal = isLoopbackHost(host)
  if (needsStoredKey(options) && !hasKeys) {
    throw new FaceError('insecureBind', { detail: `The address is ${host}.` })
  }
  if (trustProxy === true && !isLocal) {
    throw new FaceError('invalidConfig', {
      detail: `http.trustProxy: true believes the X-Forwarded-For of every client that reaches ${host}, so that nobody is held by a rate limit. Expected the addresses or networks of the proxies, for instance ["10.0.0.7", "172.16.0.0/12"], or false.`,
    })
  }
  for (const proxy of toList(trustProxy)) {
    if (isNetwork(proxy)) continue
    throw new FaceError('invalidConfig', {
      detail: `http.trustProxy: ${JSON.stringify(proxy)} is neither an address nor a network. Expected for instance 10.0.0.7, 172.16.0.0/12, fd00::/8, or one of ${[...namedNetworks].join(', ')}.`,
    })
  }
}

function toList(trustProxy: BindOptions['trustProxy']): readonly string[] {
  if (typeof trustProxy === 'boolean') return []
  const entries = typeof trustProxy === 'string' ? trustProxy.split(',') : trustProxy
  return entries.map((entry) => entry.trim())
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  if (more.length > 0) return false
  if (prefix === undefined) return namedNetworks.has(address) || isIP(address) !== 0
  const bits = isIP(address) === 4 ? 32 : 128
  return isIP(address) !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
}
