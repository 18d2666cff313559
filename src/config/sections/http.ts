import { Type } from 'typebox'
import { section } from './section.ts'

/** As a browser writes it: scheme and host, a port where it is another one, and no path. */
const originSchema = Type.String({
  maxLength: 300,
  pattern: '^https?://(?:[a-z0-9.-]+|\\[[0-9a-f:]+\\])(?::\\d{1,5})?$',
  allowed: 'an origin in lower case, such as https://intranet.example.org',
})

/** How the service is reached. */
export const http = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      default: '127.0.0.1',
      description:
        'Address to listen on. An address that other machines can reach needs an API key or `http.insecure`.',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 8000,
      description: 'Port to listen on; 0 picks a free one.',
    }),
    insecure: Type.Boolean({
      default: false,
      description: 'Allow listening beyond this machine without an API key.',
    }),
    tls: Type.Object(
      {
        certFile: Type.String({
          default: '',
          description:
            'File with the certificate and those between it and the root, PEM. With it and `http.tls.keyFile` the server speaks HTTPS; both are read again when they change.',
        }),
        keyFile: Type.String({
          default: '',
          description: 'File with the private key of the certificate, PEM, without a passphrase.',
        }),
        minVersion: Type.Union([Type.Literal('TLSv1.2'), Type.Literal('TLSv1.3')], {
          default: 'TLSv1.2',
          description: 'Oldest version of TLS that is spoken.',
        }),
      },
      section,
    ),
    apiKey: Type.String({
      default: '',
      secret: true,
      description:
        'One API key in plain text, meant for the environment of a container; only its hash is kept in memory. Prefer `http.apiKeys`.',
    }),
    apiKeys: Type.Array(
      Type.String({
        pattern: '^sha256:[0-9a-f]{64}$',
        allowed: '`sha256:` and 64 digits of 0-9a-f',
      }),
      {
        default: [],
        secret: true,
        description:
          'Hashes of API keys that may do everything, as `face-watcher keys generate` prints them. With a key here or in the database (`keys create`) every `/v1` request needs a bearer token.',
      },
    ),
    rateLimitPerMinute: Type.Union([Type.Integer({ minimum: 1 }), Type.Literal('off')], {
      default: 'off',
      description: 'Requests a minute that one client address may make.',
    }),
    allowedHosts: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'Host names that requests may name besides the loopback names and `http.host`. With a name here every other one is refused, except on `/healthz` and `/readyz`. Without, any name is served once an API key is asked for; while none is, on this machine, only the loopback names are, which stops pages of other sites from reaching the service through a browser.',
    }),
    allowedOrigins: Type.Array(originSchema, {
      default: [],
      description:
        'Origins of other web pages that may call the API from a browser (CORS), each with an API key in its requests; cookies are never taken from them. Needs an API key.',
    }),
    frameAncestors: Type.Array(originSchema, {
      default: [],
      description:
        'Origins of web pages that may show the page in a frame; none can otherwise. Needs an API key.',
    }),
    publicDocs: Type.Boolean({
      default: true,
      description:
        'Whether `/docs` and `/openapi.json` are for everybody; false: they need a key with the scope `system:read`. `/metrics` always needs it. The web page holds no data and asks for a key itself.',
    }),
    maxImages: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 20,
      description: 'Images that one enrolment request may carry.',
    }),
    maxRequestBytes: Type.Integer({
      minimum: 1024,
      default: 64 * 1024 * 1024,
      description: 'Largest request, bytes; at least one image of `limits.maxImageBytes` fits.',
    }),
    maxArchiveBytes: Type.Integer({
      minimum: 1024,
      maximum: 8 * 1024 ** 3,
      default: 256 * 1024 * 1024,
      description:
        'Largest archive of photographs to enrol, bytes. It is kept in the database until they are enrolled, and has to arrive within `http.requestTimeoutMs`.',
    }),
    maxConnections: Type.Integer({
      minimum: 1,
      default: 1000,
      description: 'Connections that may be open at the same time; more are closed at once.',
    }),
    maxHeldUploadBytes: Type.Integer({
      minimum: 1024,
      default: 256 * 1024 * 1024,
      description:
        'Request bodies that are held in memory at the same time, bytes, over all connections; at least one of `http.maxRequestBytes` fits. Beyond it the largest that is still being received is answered with `overloaded`.',
    }),
    requestTimeoutMs: Type.Integer({
      minimum: 0,
      default: 120_000,
      description: 'Time a client has to send its request, milliseconds; 0: no limit.',
    }),
    writeTimeoutMs: Type.Integer({
      minimum: 0,
      default: 30_000,
      description:
        'Time in which a client has to take some of its answer, milliseconds, before its connection is closed; it has to take at least 8 KiB a second on average, after this time. 0: no limit.',
    }),
    shutdownTimeoutMs: Type.Integer({
      minimum: 0,
      default: 30_000,
      description: 'Time that requests in flight get to finish after SIGTERM, milliseconds.',
    }),
    drainDelayMs: Type.Integer({
      minimum: 0,
      default: 0,
      description:
        'Time after SIGTERM in which `/readyz` says no while requests are still served, milliseconds; for load balancers.',
    }),
    trustProxy: Type.Array(
      Type.String({
        minLength: 1,
        allowed: 'an address or network, such as 10.0.0.7, 172.16.0.0/12 or loopback',
      }),
      {
        default: [],
        description:
          'Reverse proxies whose `X-Forwarded-*` is believed: their addresses and networks (`10.0.0.7`, `172.16.0.0/12`, `loopback`, `linklocal`, `uniquelocal`). `true` and `false` of earlier versions are refused: `true` believed every client, so that each chose the address that rate limits count.',
      },
    ),
  },
  section,
)
