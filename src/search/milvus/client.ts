import type { MilvusClient as SdkClient } from '@zilliz/milvus2-sdk-node'
import { FaceError } from '../../core/errors.ts'

export interface MilvusClientOptions {
  /** `host:port`, or with `https://` in front for TLS. */
  readonly address: string
  /** `user:password` or an API key. */
  readonly token?: string
  readonly database?: string
  /** Time that one call may take, milliseconds. */
  readonly timeoutMs: number
}

/** The SDK's client, connected or connecting; it reconnects when the connection is lost. */
export interface MilvusClient {
  readonly sdk: SdkClient
  readonly timeoutMs: number
  /**
   * Makes one call to the server.
   *
   * @throws {FaceError} `indexUnavailable` when the server cannot be reached or refuses; {@link MilvusCollectionGone}
   */
  call<T extends object>(request: (sdk: SdkClient) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The rows were dropped or released under us: what this node knows of them is void. */
export class MilvusCollectionGone extends Error {
  constructor() {
    super('The Milvus collection is gone.')
    this.name = 'MilvusCollectionGone'
  }
}

/** Collection or partition not found or not loaded; Milvus' `pkg/util/merr/errors.go`. */
const goneCodes: ReadonlySet<number> = new Set([100, 101, 200, 201])

/**
 * Loads the SDK, an optional dependency.
 *
 * @throws {FaceError} `indexKindUnavailable` when it is not installed
 */
export async function loadMilvusSdk(): Promise<typeof import('@zilliz/milvus2-sdk-node')> {
  try {
    return await import('@zilliz/milvus2-sdk-node')
  } catch (cause) {
    throw new FaceError('indexKindUnavailable', {
      detail: 'Milvus needs its client: npm install @zilliz/milvus2-sdk-node',
      cause,
    })
  }
}

/**
 * Loads the SDK and begins to connect; an unreachable server is no error yet.
 *
 * @throws {FaceError} `indexKindUnavailable` as {@link loadMilvusSdk}
 */
export async function connectMilvus(options: MilvusClientOptions): Promise<MilvusClient> {
  const { MilvusClient: Sdk } = await loadMilvusSdk()
  const { address, token, database, timeoutMs } = options
  const sdk = new Sdk({
    address,
    ...(token ? { token } : {}),
    ...(database ? { database } : {}),
    timeout: timeoutMs,
    // The sync tries again, from its cursor; a retry in here would only make callers wait longer.
    maxRetries: 0,
    // gRPC's own pause grows to two minutes; a server that is back should be used again.
    channelOptions: {
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 2000,
    },
    telemetry: { enabled: false },
    // Its debug level writes vectors to the output.
    logLevel: 'error',
  })
  // Every call connects on its own; this one only asks for the server's version.
  sdk.connectPromise.catch(() => {})

  return {
    sdk,
    timeoutMs,
    async call(request) {
      const answer = await request(sdk).catch((thrown: unknown) => {
        throw toError(thrown)
      })
      const failure = findFailure(answer)
      if (failure) throw failure
      return answer
    },
    async close() {
      await sdk.closeConnection()
    },
  }
}

interface Status {
  readonly code?: number
  readonly reason: string
}

/** The failure in an answer, which is a status or has one. */
function findFailure(answer: object): Error | undefined {
  const { code, reason } = ('status' in answer ? answer.status : answer) as Status
  if (!code) return undefined
  // Milvus 2.3 has no code for a partition that a search does not find.
  if (goneCodes.has(code) || /^partition name \S+ not found/.test(reason)) {
    return new MilvusCollectionGone()
  }
  return new FaceError('indexUnavailable', { detail: `Milvus answered: ${reason}` })
}

/** Makes an error of what the SDK threw: of gRPC, an answer, or a bug on the answer of a lost collection. */
function toError(thrown: unknown): Error {
  if (thrown instanceof TypeError) return new MilvusCollectionGone()
  const isAnswer =
    typeof thrown === 'object' && thrown !== null && ('status' in thrown || 'error_code' in thrown)
  return (
    (isAnswer ? findFailure(thrown) : undefined) ??
    new FaceError('indexUnavailable', {
      detail: 'Milvus did not answer: check that it runs, and index.milvus.address.',
      cause: thrown,
    })
  )
}
