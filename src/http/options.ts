import type { FastifyBaseLogger } from 'fastify'
import type { TlsFiles } from './intake/tls.ts'

/** Options of the HTTP interface; filled from the configuration. */
export interface HttpOptions {
  /** Address to bind, default `127.0.0.1`. */
  readonly host?: string
  /** 0 to 65535; 0 takes a free port. Default 8000. */
  readonly port?: number
  /** Allows listening beyond this machine without an API key. Default false. */
  readonly insecure?: boolean
  /**
   * Called with a set-up key, instead of an error, when the server shall listen beyond this machine and
   * there is no API key: it makes the first one and nothing else. Only for a terminal.
   */
  readonly onSetUpKey?: (key: string) => void
  /** Speak HTTPS with a certificate and its private key, which are read again when the files change. */
  readonly tls?: TlsFiles
  /** Lower-case hex SHA-256 of each API key. None: no key is asked for. */
  readonly apiKeys?: readonly string[]
  /** Host names a request may name besides the loopback names and `host`; none: any, once a key is asked for. */
  readonly allowedHosts?: readonly string[]
  /** Origins of other pages that may call the API from a browser, as in `https://intranet.example.org`. */
  readonly allowedOrigins?: readonly string[]
  /** Origins of pages that may show the page in a frame. */
  readonly frameAncestors?: readonly string[]
  /** Whether `/docs` and `/openapi.json` need no key. Default true. */
  readonly publicDocs?: boolean
  /** Largest image file, bytes. Default 20 MiB. */
  readonly maxImageBytes?: number
  /** Most images of one enrolment request. Default 20. */
  readonly maxImages?: number
  /** Largest request of several images, bytes. Default 64 MiB, at least one image. */
  readonly maxRequestBytes?: number
  /** Largest archive of photographs, bytes. Default 256 MiB. */
  readonly maxArchiveBytes?: number
  /** Requests a client (IP address) may send in a window. Absent: no limit. */
  readonly rateLimit?: { readonly max: number; readonly timeWindowMs: number }
  /** Most connections at the same time; more are closed at once. Default 1000. */
  readonly maxConnections?: number
  /** Bytes of request bodies held at the same time, over all connections. Default 256 MiB, at least one request. */
  readonly maxHeldUploadBytes?: number
  /** Addresses and networks of the proxies whose `X-Forwarded-*` is believed. Default: none. */
  readonly trustProxy?: readonly string[]
  /** Time to receive a whole request, milliseconds; 0: no limit. Default 120,000. */
  readonly requestTimeoutMs?: number
  /** Time in which a client has to take some of its answer, milliseconds; 0: no limit. Default 30,000. */
  readonly writeTimeoutMs?: number
  /** Least bytes a second at which a client takes its answer on average, after `writeTimeoutMs`. Default 8 KiB. */
  readonly leastBytesPerSecond?: number
  /** Most bytes of large answers that are made and not yet sent, over all connections. Default 128 MiB. */
  readonly maxUnsentBytes?: number
  /** Time for requests in work to finish after a request to stop, milliseconds. Default 30,000. */
  readonly shutdownTimeoutMs?: number
  /** Time after a request to stop in which `/readyz` says no but requests are still served, milliseconds. Default 0. */
  readonly drainDelayMs?: number
  /** Directory of the built web page. Absent or missing: a plain text at `/`. */
  readonly webRoot?: string
  /** Default: no log. */
  readonly logger?: FastifyBaseLogger
}

type WithoutDefault = 'tls' | 'rateLimit' | 'webRoot' | 'logger' | 'onSetUpKey'

/** {@link HttpOptions} with every default filled in. */
export type ResolvedHttpOptions = Readonly<
  Required<Omit<HttpOptions, WithoutDefault>> & {
    [K in WithoutDefault]: HttpOptions[K] | undefined
  }
>

/** Room for the boundaries, part headers and text fields of a multipart body, or the JSON around an image. */
export const envelopeBytes: number = 64 * 1024

/** Fills in the defaults. */
export function resolveHttpOptions(options: HttpOptions): ResolvedHttpOptions {
  const maxImageBytes = options.maxImageBytes ?? 20 * 1024 * 1024
  const maxRequestBytes = Math.max(
    options.maxRequestBytes ?? 64 * 1024 * 1024,
    toBodyBytes(maxImageBytes),
  )
  return {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 8000,
    insecure: options.insecure ?? false,
    onSetUpKey: options.onSetUpKey,
    tls: options.tls,
    apiKeys: options.apiKeys ?? [],
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
    frameAncestors: options.frameAncestors ?? [],
    publicDocs: options.publicDocs ?? true,
    maxImageBytes,
    maxImages: options.maxImages ?? 20,
    maxRequestBytes,
    maxArchiveBytes: options.maxArchiveBytes ?? 256 * 1024 * 1024,
    rateLimit: options.rateLimit,
    maxConnections: options.maxConnections ?? 1000,
    maxHeldUploadBytes: Math.max(
      options.maxHeldUploadBytes ?? 256 * 1024 * 1024,
      maxRequestBytes + envelopeBytes,
    ),
    trustProxy: options.trustProxy ?? [],
    requestTimeoutMs: options.requestTimeoutMs ?? 120_000,
    writeTimeoutMs: options.writeTimeoutMs ?? 30_000,
    leastBytesPerSecond: options.leastBytesPerSecond ?? 8 * 1024,
    // A page of a list has up to one MiB.
    maxUnsentBytes: options.maxUnsentBytes ?? 128 * 1024 * 1024,
    shutdownTimeoutMs: options.shutdownTimeoutMs ?? 30_000,
    drainDelayMs: options.drainDelayMs ?? 0,
    webRoot: options.webRoot,
    logger: options.logger,
  }
}

/** The largest body that can carry `imageBytes` of images: base64 takes four bytes for three. */
export function toBodyBytes(imageBytes: number): number {
  return Math.ceil(imageBytes / 3) * 4 + envelopeBytes
}

/** Whether only this machine can reach an address that the server would listen on. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  return name === 'localhost' || name === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(name)
}
