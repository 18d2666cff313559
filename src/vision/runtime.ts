import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { FaceError } from '../core/errors.ts'
import type { RunGate } from '../platform/workers/run-gate.ts'

export type TensorData = Float32Array | Uint8Array | BigInt64Array

/** A dense array as the networks take and give it; row-major. */
export interface TensorValue {
  readonly data: TensorData
  readonly dims: readonly number[]
}

/** A float tensor that a network gave. */
export interface FloatTensor extends TensorValue {
  readonly data: Float32Array
}

/** A loaded network. It belongs to the thread that loaded it. */
export interface Session {
  /** Threads that share a run. */
  readonly threads: number
  /**
   * Runs the network once. Blocks the calling thread while it runs (the binding is synchronous).
   *
   * @param feeds  by input name
   * @param names  of the outputs that are wanted; default all
   * @returns by output name; every output is float32
   */
  run(
    feeds: Readonly<Record<string, TensorValue>>,
    names?: readonly string[],
  ): Promise<Readonly<Record<string, FloatTensor>>>
}

export interface SessionSource {
  /** Absolute path of an ONNX file. */
  readonly path: string
  /** The model's id, for messages. */
  readonly modelId: string
  /** Lower-case hex; checked when given. */
  readonly sha256?: string | undefined
  /** Threads that share one run, the calling thread included, >= 1. */
  readonly threads: number
  /** Gate before each run, on a thread that may be terminated. */
  readonly gate?: RunGate | undefined
  /** Whether what a run took is kept for the next, which saves time; default true. */
  readonly keepsMemory?: boolean
}

/**
 * How long a thread waits for the next layer before it sleeps: longer than most layers take. Where
 * other programs used the cores, unlimited spinning cost up to twice the time.
 */
const spinMicroseconds = '100'

/**
 * Threads beyond the caller's spin between the layers of a run, see [Note: Multi-threaded worker]
 * in multi-threaded-worker.ts, and not between runs, when the image library's thread has work. The
 * memory pattern is planned again for each input shape and kept, which only grows where shapes vary
 * by image. Denormal numbers are flushed to zero: MobileFaceNet's activations hold many, and took
 * 72 ms a face with them and 4 without; the embedding was the same to the last bit.
 */
function toSessionOptions(
  { threads, keepsMemory = true }: SessionSource,
  model: Uint8Array,
): InferenceSession.SessionOptions {
  return {
    enableCpuMemArena: keepsMemory,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: {
      session: {
        set_denormal_as_zero: '1',
        force_spinning_stop: '1',
        disable_quant_qdq: hasQuantizedWeightsOnly(model) ? '1' : '0',
        intra_op: { allow_spinning: threads > 1 ? '1' : '0', spin_duration_us: spinMicroseconds },
      },
    },
  }
}

/** A built file begins with its nodes, the weights follow; the largest takes 110 kB for its nodes. */
const nodeBytes = 2 ** 20

/**
 * Whether a network is stored in 8 bits and computes in 32. The runtime then turns its weights into
 * float32 once, at load, and not in each run, as it does where it expects to compute in 8 bits
 * (SFace: 11.8 ms a face, as from a file of float32, and not 40).
 */
function hasQuantizedWeightsOnly(model: Uint8Array): boolean {
  const nodes = Buffer.from(model.buffer, model.byteOffset, Math.min(model.byteLength, nodeBytes))
  return nodes.includes('DequantizeLinear') && !nodes.includes('QuantizeLinear')
}

/**
 * Loads a network from an installed file. Sessions leak when created again and again: load once a worker.
 *
 * @throws {FaceError} `modelNotInstalled` when the file is missing; `modelCorrupt` when its hash is
 *   not the expected one or it is not a usable network
 */
export async function loadSession(source: SessionSource): Promise<Session> {
  const bytes = await readModel(source)
  if (source.sha256 !== undefined) {
    const actual = createHash('sha256').update(bytes).digest('hex')
    if (actual !== source.sha256) throw corrupt(source, 'Its hash is not the expected one.')
  }
  const pass = source.gate?.pass ?? ((run) => run())
  let session: InferenceSession
  try {
    session = await pass(() => InferenceSession.create(bytes, toSessionOptions(source, bytes)))
  } catch (cause) {
    throw corrupt(source, 'It is not a usable network.', cause)
  }
  return {
    threads: source.threads,
    async run(feeds, names) {
      const inputs: Record<string, Tensor> = {}
      for (const [name, value] of Object.entries(feeds)) inputs[name] = toTensor(value)
      const outputs = await pass(() => (names ? session.run(inputs, names) : session.run(inputs)))
      const results: Record<string, FloatTensor> = {}
      for (const [name, tensor] of Object.entries(outputs)) {
        results[name] = { data: tensor.data as Float32Array, dims: tensor.dims }
      }
      return results
    },
  }
}

/**
 * One network as two sessions: `alone` runs on the calling thread, `shared` on several, which only
 * pays where there is enough to do. Both give the same numbers.
 *
 * @param leastValues  that the first input has where the run is shared
 */
export function shareLargeRuns(alone: Session, shared: Session, leastValues: number): Session {
  return {
    threads: shared.threads,
    run(feeds, names) {
      const [first] = Object.values(feeds)
      const values = first?.data.length ?? 0
      return (values < leastValues ? alone : shared).run(feeds, names)
    },
  }
}

/**
 * One network as two sessions: `usual` keeps the memory that its largest run took (the binding,
 * onnxruntime-node 1.30, does not pass on the run option that would shrink it), so that runs on more
 * than `mostValues` have a session that keeps none. It is loaded when it is first needed.
 *
 * @param mostValues  that the first input has where the usual session runs
 */
export function spareLargeRuns(
  usual: Session,
  loadLarge: () => Promise<Session>,
  mostValues: number,
): Session {
  let large: Promise<Session> | undefined
  return {
    threads: usual.threads,
    async run(feeds, names) {
      const [first] = Object.values(feeds)
      if ((first?.data.length ?? 0) <= mostValues) return usual.run(feeds, names)
      large ??= loadLarge()
      return (await large).run(feeds, names)
    },
  }
}

function toTensor({ data, dims }: TensorValue): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, dims)
  if (data instanceof Uint8Array) return new Tensor('uint8', data, dims)
  return new Tensor('int64', data, dims)
}

async function readModel(source: SessionSource): Promise<Uint8Array> {
  try {
    return await readFile(source.path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
      throw corrupt(source, 'It cannot be read.', cause)
    throw new FaceError('modelNotInstalled', {
      detail: `"face-watcher models install ${source.modelId}" installs it, or says which file it needs.`,
      info: { model: source.modelId },
      cause,
    })
  }
}

function corrupt(source: SessionSource, reason: string, cause?: unknown): FaceError {
  return new FaceError('modelCorrupt', {
    detail: `${reason} "face-watcher models install ${source.modelId}" installs it again, or says which file it needs.`,
    info: { model: source.modelId },
    cause,
  })
}
