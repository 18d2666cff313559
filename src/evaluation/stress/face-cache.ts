import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AnalyzedFace } from '../../vision/analyzer/analyzer-types.ts'

/** A face with its embedding, as the analyzer answered it. */
export type EmbeddedFace = AnalyzedFace & { readonly embedding: Float32Array }

/** The face that the analyzer found in one picture; `undefined` when there is none or the picture cannot be read. */
export interface FoundFace {
  /** Key that names the picture. */
  readonly key: string
  readonly face: EmbeddedFace | undefined
}

interface Line {
  readonly key: string
  /** The face, with its embedding as base64 of little-endian float32. */
  readonly face?: Omit<EmbeddedFace, 'embedding'> & { readonly embedding: string }
}

/** Reads a cache: one JSON line a picture. A line that was cut off is ignored. */
export async function readFaces(file: string): Promise<ReadonlyMap<string, FoundFace>> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const found = new Map<string, FoundFace>()
  for (const line of text.split('\n')) {
    const parsed = parseLine(line)
    if (parsed !== undefined) found.set(parsed.key, parsed)
  }
  return found
}

/** Adds to a cache, which is created when it is not there. */
export async function appendFaces(file: string, faces: readonly FoundFace[]): Promise<void> {
  if (faces.length === 0) return
  await mkdir(dirname(file), { recursive: true })
  // The first line break ends a line that an earlier run could not finish.
  await appendFile(file, `\n${faces.map((each) => JSON.stringify(toLine(each))).join('\n')}\n`)
}

function toLine({ key, face }: FoundFace): Line {
  if (face === undefined) return { key }
  const { buffer, byteOffset, byteLength } = face.embedding
  const embedding = Buffer.from(buffer, byteOffset, byteLength).toString('base64')
  return { key, face: { ...face, embedding } }
}

function parseLine(text: string): FoundFace | undefined {
  if (!text.endsWith('}')) return undefined
  try {
    const { key, face } = JSON.parse(text) as Line
    if (face === undefined) return { key, face }
    const bytes = Uint8Array.from(Buffer.from(face.embedding, 'base64'))
    return { key, face: { ...face, embedding: new Float32Array(bytes.buffer) } }
  } catch {
    return undefined
  }
}
