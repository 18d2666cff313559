/**
 * The configuration that everything after the start works with: complete and checked. `schema.ts` describes the keys;
 * a type test there keeps the two equal.
 */
export interface Config {
  /** Absolute path. Holds the database, the installed models and the index snapshots. */
  readonly dataDir: string
  readonly http: HttpConfig
  readonly limits: LimitsConfig
  readonly models: ModelsConfig
  readonly detector: DetectorConfig
  readonly quality: QualityConfig
  readonly policy: PolicyConfig
  readonly analyzer: AnalyzerConfig
  readonly store: StoreConfig
  readonly index: IndexConfig
  readonly sync: SyncConfig
  readonly log: LogConfig
}

export interface HttpConfig {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  readonly insecure: boolean
  /** A key in plain text; hashed at start and never shown. Empty: none. */
  readonly apiKey: string
  /** `sha256:` and 64 hex digits each. */
  readonly apiKeys: readonly string[]
  readonly rateLimitPerMinute: number | 'off'
  readonly allowedHosts: readonly string[]
  readonly maxImages: number
  readonly maxRequestBytes: number
  readonly maxConnections: number
  readonly maxHeldUploadBytes: number
  readonly requestTimeoutMs: number
  readonly writeTimeoutMs: number
  readonly shutdownTimeoutMs: number
  readonly drainDelayMs: number
  readonly trustProxy: boolean | readonly string[]
}

export interface LimitsConfig {
  readonly maxImageBytes: number
  readonly maxPixels: number
  readonly maxSidePx: number
  readonly maxImageMemoryBytes: number
}

export interface ModelsConfig {
  readonly embedder: string
  readonly detector: string
}

export interface DetectorConfig {
  readonly minFaceSize: number
  readonly maxFaces: number
  readonly thresholds: readonly [number, number, number]
  readonly readTurned: boolean
}

/** Gates a face must pass to be enrolled. */
export interface QualityConfig {
  readonly minSizePx: number | 'off'
  readonly minSharpness: number | 'off'
  readonly minBrightness: number | 'off'
  readonly maxBrightness: number | 'off'
  readonly maxYawDegrees: number | 'off'
  readonly maxPitchDegrees: number | 'off'
  readonly minConfidence: number | 'off'
}

/** The decision policy that new collections get. */
export interface PolicyConfig {
  readonly maxFpir: number
  readonly possibleFpir: number
  readonly probeShift: 'off' | 'standard' | 'strict'
  readonly galleryShift: boolean
}

export interface AnalyzerConfig {
  readonly workers: number | 'auto'
  readonly maxQueue: number
}

export interface StoreConfig {
  readonly kind: 'sqlite' | 'mongodb'
  /** SQLite: key of the database file. Empty: it is not encrypted. */
  readonly encryptionKey: string
  /** SQLite: how long a write waits for another process, milliseconds. */
  readonly busyTimeoutMs: number
  /** MongoDB: connection string of a replica set. */
  readonly url: string
  /** MongoDB: name of the database. */
  readonly database: string
  /** MongoDB: how long an operation may take, milliseconds. */
  readonly timeoutMs: number
}

export interface IndexConfig {
  readonly kind: 'projected' | 'exact' | 'faiss' | 'milvus'
  /** FAISS: string for `index_factory`. */
  readonly factory: string
  /** Milvus: host and port. */
  readonly address: string
  /** Milvus: `user:password` or an API key. Empty: none is sent. */
  readonly token: string
  /** Milvus: first part of the names of this installation's collections. */
  readonly prefix: string
  /** Milvus: kind of its index. */
  readonly type: 'FLAT' | 'HNSW' | 'IVF_FLAT'
}

export interface SyncConfig {
  readonly pollMs: number
}

export interface LogConfig {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  readonly format: 'auto' | 'json' | 'pretty'
}

/** Any part of a {@link Config}. */
export type PartialConfig = {
  readonly [Section in keyof Config]?: Config[Section] extends object
    ? Partial<Config[Section]>
    : Config[Section]
}
