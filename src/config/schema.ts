import { Type } from 'typebox'
import { defaultKeepUnknown, keepUnknownRanges } from '../core/keep-unknown.ts'
import { defaultPolicy } from '../core/policy.ts'
import { defaultQualityGates } from '../core/quality.ts'
import { qualityGateRanges } from '../core/quality-gates.ts'
import { databaseNamePattern } from './mongodb-url.ts'

const section = { additionalProperties: false } as const

/** A number or the word `off`, which switches the limit off. */
const numberOrOff = (options: {
  minimum: number
  maximum?: number
  default: number | 'off'
  description: string
}) => {
  const { default: standard, description, ...range } = options
  return Type.Union([Type.Number(range), Type.Literal('off')], { default: standard, description })
}

const rate = (standard: number, description: string) =>
  Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, default: standard, description })

const http = Type.Object(
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
        'Host names a request may name besides the loopback names while no API key is asked for; it stops pages of other sites from reaching the service through a browser.',
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
    trustProxy: Type.Union([Type.Boolean(), Type.Array(Type.String({ minLength: 1 }))], {
      default: false,
      description:
        "Believe `X-Forwarded-*` of a reverse proxy: a list of the proxies' addresses and networks (`10.0.0.7`, `172.16.0.0/12`, `loopback`, `linklocal`, `uniquelocal`), or true, which believes every client, so that each chooses the address that rate limits count; the server does not start with true beyond this machine.",
    }),
  },
  section,
)

const limits = Type.Object(
  {
    maxImageBytes: Type.Integer({
      minimum: 1024,
      default: 20 * 1024 * 1024,
      description: 'Largest image file, bytes.',
    }),
    maxPixels: Type.Integer({
      minimum: 10_000,
      default: 100_000_000,
      description:
        'Most pixels an image may have; checked before any are decoded. One of 108 megapixels, as some phones make, takes 1.04 GB: raise `limits.maxImageMemoryBytes` with it.',
    }),
    maxSidePx: Type.Integer({
      minimum: 100,
      maximum: 65_535,
      default: 20_000,
      description: 'Longest side an image may have, pixels.',
    }),
    maxImageMemoryBytes: Type.Integer({
      minimum: 100_000_000,
      default: 1_000_000_000,
      description:
        'Memory that the images being analysed may take together, bytes; how much one needs follows from its pixels, its format and `minFaceSize`. One that does not fit beside the others waits, one that never fits is refused.',
    }),
  },
  section,
)

const models = Type.Object(
  {
    embedder: Type.String({
      minLength: 1,
      default: 'mobilefacenet',
      description:
        'Model of new collections; `face-watcher models list` shows the choice. Existing collections keep theirs.',
    }),
    detector: Type.String({
      minLength: 1,
      default: 'mtcnn',
      description: 'Model that finds faces; there is one, `mtcnn`.',
    }),
  },
  section,
)

const detector = Type.Object(
  {
    minFaceSize: Type.Integer({
      minimum: 12,
      default: 40,
      description: 'Shorter side of the smallest face looked for, image pixels. Smaller is slower.',
    }),
    maxFaces: Type.Integer({
      minimum: 1,
      default: 100,
      description: 'Faces kept of one image, the largest first.',
    }),
    thresholds: Type.Tuple(
      [
        Type.Number({ minimum: 0, maximum: 1 }),
        Type.Number({ minimum: 0, maximum: 1 }),
        Type.Number({ minimum: 0, maximum: 1 }),
      ],
      { default: [0.6, 0.7, 0.7], description: "Thresholds of MTCNN's three stages." },
    ),
    readTurned: Type.Boolean({
      default: true,
      description:
        'Whether an image without a sure face is also read on its sides and its head. Pictures of a camera that stands upright need no such reading.',
    }),
  },
  section,
)

const quality = Type.Object(
  {
    minSizePx: numberOrOff({
      ...qualityGateRanges.minSizePx,
      default: defaultQualityGates.minSizePx ?? 'off',
    }),
    minSharpness: numberOrOff({
      ...qualityGateRanges.minSharpness,
      default: defaultQualityGates.minSharpness ?? 'off',
    }),
    minBrightness: numberOrOff({
      ...qualityGateRanges.minBrightness,
      default: defaultQualityGates.minBrightness ?? 'off',
    }),
    maxBrightness: numberOrOff({
      ...qualityGateRanges.maxBrightness,
      default: defaultQualityGates.maxBrightness ?? 'off',
    }),
    maxYawDegrees: numberOrOff({
      ...qualityGateRanges.maxYawDegrees,
      default: defaultQualityGates.maxYawDegrees ?? 'off',
    }),
    maxPitchDegrees: numberOrOff({
      ...qualityGateRanges.maxPitchDegrees,
      default: defaultQualityGates.maxPitchDegrees ?? 'off',
    }),
    minConfidence: numberOrOff({
      ...qualityGateRanges.minConfidence,
      default: defaultQualityGates.minConfidence ?? 'off',
    }),
  },
  section,
)

const policy = Type.Object(
  {
    maxFpir: rate(
      defaultPolicy.maxFpir,
      'Share of searches for strangers that may answer `match`, for new collections. The similarity threshold follows from it, the model and the size of the gallery.',
    ),
    possibleFpir: rate(
      defaultPolicy.possibleFpir,
      'Share of searches for strangers that may answer `possible` or `match`, for new collections; at least `policy.maxFpir`.',
    ),
    probeShift: Type.Union(
      [Type.Literal('off'), Type.Literal('standard'), Type.Literal('strict')],
      {
        default: defaultPolicy.probeShift ?? 'standard',
        description:
          'Whether the threshold of a search rises where strangers are more alike than the model expects (one studio, one group of people), for new collections; `strict` raises it by a quarter more.',
      },
    ),
    galleryShift: Type.Boolean({
      default: defaultPolicy.galleryShift ?? false,
      description:
        'Whether thresholds rise by what the people of a collection are more alike than the model expects, for new collections: for verification, and for searches whose pictures come from the camera that the collection was photographed with.',
    }),
  },
  section,
)

const analyzer = Type.Object(
  {
    workers: Type.Union([Type.Integer({ minimum: 1, maximum: 256 }), Type.Literal('auto')], {
      default: 'auto',
      description: 'Worker threads that analyse images; `auto` is one for each core.',
    }),
    maxQueue: Type.Integer({
      minimum: 1,
      default: 256,
      description: 'Images that may wait for a worker; beyond that the answer is 503 `overloaded`.',
    }),
  },
  section,
)

const store = Type.Object(
  {
    kind: Type.Union([Type.Literal('sqlite'), Type.Literal('mongodb')], {
      default: 'sqlite',
      description:
        'Where persons and faces are stored: `sqlite`, a file in the data directory; `mongodb`, for several nodes.',
    }),
    encryptionKey: Type.String({
      default: '',
      secret: true,
      description:
        'SQLite: encrypts the database file. Set it before the first start; it cannot be changed later. Best given as `FACE_WATCHER_STORE_ENCRYPTION_KEY`.',
    }),
    busyTimeoutMs: Type.Integer({
      minimum: 0,
      maximum: 600_000,
      default: 5000,
      description: 'SQLite: how long a write waits for another process, milliseconds.',
    }),
    url: Type.String({
      default: 'mongodb://127.0.0.1:27017',
      secret: true,
      description:
        'MongoDB: connection string of a replica set. A database that it names (`mongodb://HOST/DATABASE`) is the one in use and must be that of `store.database` where both are set; `/admin` only says where the user is checked. Best given as `FACE_WATCHER_STORE_URL` when it has a password.',
    }),
    database: Type.String({
      pattern: databaseNamePattern,
      allowed: '1 to 38 of A-Z, a-z, 0-9, `_` and `-`',
      default: 'face_watcher',
      description: 'MongoDB: name of the database, unless `store.url` names it.',
    }),
    timeoutMs: Type.Integer({
      minimum: 100,
      maximum: 600_000,
      default: 5000,
      description:
        'MongoDB: how long an operation may take before it is answered with 503, milliseconds.',
    }),
  },
  section,
)

const index = Type.Object(
  {
    kind: Type.Union(
      [
        Type.Literal('projected'),
        Type.Literal('exact'),
        Type.Literal('faiss'),
        Type.Literal('milvus'),
      ],
      {
        default: 'projected',
        description:
          'How similar faces are searched: `projected`, in memory: a quick first pass over short codes, then exact similarities (small galleries are searched exactly); `exact`, in memory, every face compared; `faiss`, the FAISS library (built in a checkout with `npm run build:faiss`); `milvus`, a Milvus server that all nodes share.',
      },
    ),
    faiss: Type.Object(
      {
        factory: Type.String({
          minLength: 1,
          maxLength: 200,
          default: 'Flat',
          description:
            'What `index_factory` of FAISS makes, for instance `Flat`, `HNSW32` or `IVF1024,PQ64`.',
        }),
      },
      section,
    ),
    milvus: Type.Object(
      {
        address: Type.String({
          minLength: 1,
          default: '127.0.0.1:19530',
          description: 'Host and port of the Milvus server.',
        }),
        token: Type.String({
          default: '',
          secret: true,
          description: '`user:password` or an API key; empty where none is asked for.',
        }),
        prefix: Type.String({
          pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$',
          allowed: '1 to 64 of A-Z, a-z, 0-9 and `_`, no digit first',
          default: 'face_watcher',
          description: "How the names of this installation's Milvus collections begin.",
        }),
        indexType: Type.Union(
          [Type.Literal('FLAT'), Type.Literal('HNSW'), Type.Literal('IVF_FLAT')],
          { default: 'HNSW', description: "Kind of Milvus' index." },
        ),
      },
      section,
    ),
  },
  section,
)

const sync = Type.Object(
  {
    pollMs: Type.Integer({
      minimum: 10,
      maximum: 60_000,
      default: 250,
      description: 'How often changes made by other processes are looked for, milliseconds.',
    }),
  },
  section,
)

const jobs = Type.Object(
  {
    concurrency: Type.Integer({
      minimum: 0,
      maximum: 16,
      default: 1,
      description:
        'Long operations that this process runs at once; with 0 it leaves them to other processes.',
    }),
    keepDays: Type.Number({
      minimum: 0,
      maximum: 36_500,
      default: 30,
      description: 'How long a job is kept after its end, with what it says of each thing.',
    }),
  },
  section,
)

const history = Type.Object(
  {
    undoDays: Type.Number({
      minimum: 0,
      maximum: 36_500,
      default: 7,
      description:
        'How long what is deleted can be put back; then it is erased for good. With 0 a deletion erases at once.',
    }),
    keepDays: Type.Number({
      minimum: 1,
      maximum: 36_500,
      default: 365,
      description:
        'How long the history of persons and faces is kept; entries that something can still be put back from are kept until it is erased.',
    }),
  },
  section,
)

const strangers = Type.Object(
  {
    hours: Type.Number({
      ...keepUnknownRanges.hours,
      default: defaultKeepUnknown.hours,
      description:
        'How long a collection that keeps what it could not name keeps a sighting, hours, where it does not say itself.',
    }),
    ignoredHours: Type.Number({
      ...keepUnknownRanges.ignoredHours,
      default: defaultKeepUnknown.ignoredHours,
      description:
        'How long after it was last seen a stranger that is ignored is remembered, hours, where the collection does not say itself.',
    }),
    maxSightings: Type.Integer({
      ...keepUnknownRanges.maxSightings,
      default: defaultKeepUnknown.maxSightings,
      description:
        'Most sightings of a collection, where it does not say itself; the oldest are removed.',
    }),
    crops: Type.Boolean({
      default: defaultKeepUnknown.crops,
      description:
        'Whether a picture of the face is kept with a sighting, where the collection does not say itself.',
    }),
  },
  section,
)

const log = Type.Object(
  {
    level: Type.Union(
      [
        Type.Literal('trace'),
        Type.Literal('debug'),
        Type.Literal('info'),
        Type.Literal('warn'),
        Type.Literal('error'),
        Type.Literal('fatal'),
        Type.Literal('silent'),
      ],
      { default: 'info', description: 'Least severe level that is logged.' },
    ),
    format: Type.Union([Type.Literal('auto'), Type.Literal('json'), Type.Literal('pretty')], {
      default: 'auto',
      description: '`auto` is `pretty` on a terminal and `json` elsewhere.',
    }),
  },
  section,
)

/**
 * Every key of the configuration with its default, its range and its description. Properties of
 * type object are sections; all others are values. `secret: true` marks values never shown.
 */
export const configSchema = Type.Object(
  {
    dataDir: Type.String({
      minLength: 1,
      description:
        'Directory of the database, the models and the index snapshots. `~/` is your home; a relative path in a file is relative to that file.',
    }),
    http,
    limits,
    models,
    detector,
    quality,
    policy,
    analyzer,
    store,
    index,
    sync,
    jobs,
    history,
    strangers,
    log,
  },
  section,
)
