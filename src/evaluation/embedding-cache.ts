import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { finished } from 'node:stream/promises'
import type { RejectionReason } from '../core/types.ts'

/** Result of analysing one image: an embedding, or the reason why there is none. */
export type CachedAnalysis =
  | {
      readonly key: string
      /** Faces found in the image. */
      readonly faces: number
      readonly embedding: Float32Array
      /** The model's judge says that this face cannot be compared. */
      readonly refused: boolean
    }
  | { readonly key: string; readonly failure: RejectionReason }

export interface EmbeddingCache {
  get(key: string): CachedAnalysis | undefined
  add(analysis: CachedAnalysis): void
  /** Resolves when everything added is written. */
  close(): Promise<void>
}

/** Everything an embedding depends on besides the image; a change of any of them starts a new cache. */
export interface CacheIdentity {
  readonly datasetFingerprint: string
  readonly modelId: string
  /** Fingerprint of the built model files and of the detector's options. */
  readonly pipelineFingerprint: string
}

interface Line {
  readonly key: string
  readonly faces?: number
  /** Base64 of little-endian float32. */
  readonly embedding?: string
  readonly refused?: boolean
  readonly failure?: RejectionReason
}

/**
 * Opens the cache of one data set and model: a file that only grows, one JSON line an image, so
 * that a run that was killed goes on where it stopped. A line that was cut off is ignored.
 */
export async function openEmbeddingCache(
  cacheDir: string,
  identity: CacheIdentity,
): Promise<EmbeddingCache> {
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16)
  const file = join(cacheDir, 'embeddings', `${identity.modelId}-${hash}.jsonl`)
  await mkdir(dirname(file), { recursive: true })
  const text = await readFile(file, 'utf8').catch(() => '')
  const entries = new Map<string, CachedAnalysis>()
  for (const line of text.split('\n')) {
    const analysis = parseLine(line)
    if (analysis !== undefined) entries.set(analysis.key, analysis)
  }
  const stream = createWriteStream(file, { flags: 'a' })
  if (text !== '' && !text.endsWith('\n')) stream.write('\n')
  // Without a listener a full disk would end the process; `close` reports it.
  let failure: Error | undefined
  stream.on('error', (error) => {
    failure = error
  })
  return {
    get: (key) => entries.get(key),
    add(analysis) {
      entries.set(analysis.key, analysis)
      stream.write(`${JSON.stringify(toLine(analysis))}\n`)
    },
    async close() {
      if (failure !== undefined) throw failure
      stream.end()
      await finished(stream)
    },
  }
}

function toLine(analysis: CachedAnalysis): Line {
  if ('failure' in analysis) return analysis
  const { buffer, byteOffset, byteLength } = analysis.embedding
  return {
    ...analysis,
    embedding: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  }
}

function parseLine(text: string): CachedAnalysis | undefined {
  if (!text.endsWith('}')) return undefined
  try {
    const line = JSON.parse(text) as Line
    if (line.failure !== undefined) return { key: line.key, failure: line.failure }
    if (line.embedding === undefined) return undefined
    const bytes = Uint8Array.from(Buffer.from(line.embedding, 'base64'))
    return {
      key: line.key,
      faces: line.faces ?? 1,
      embedding: new Float32Array(bytes.buffer),
      refused: line.refused ?? false,
    }
  } catch {
    return undefined
  }
}
