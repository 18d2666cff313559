import { Type } from 'typebox'
import { databaseNamePattern } from '../mongodb-url.ts'
import { section } from './section.ts'

/** The database. */
export const store = Type.Object(
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
    templateSecrets: Type.Array(Type.String({ minLength: 32 }), {
      default: [],
      secret: true,
      description:
        'Secrets of at least 32 characters that protect the embeddings of collections: the first one those of new collections, the others those that were made with them. Without its secret a collection cannot be searched. Best given as `FACE_WATCHER_STORE_TEMPLATE_SECRETS`.',
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

/** How similar faces are searched. */
export const index = Type.Object(
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

/** How changes of other processes are noticed. */
export const sync = Type.Object(
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
