// Embeddings of LFW's photographs, as an earlier `face-watcher evaluate` left them in its cache.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A complete cache of a model's embeddings of LFW's photographs.
 *
 * @returns {{name: string, people: Float32Array[][]} | undefined} unit vectors, grouped by person
 */
export function readLfw(cacheDir, model = 'mobilefacenet') {
  let files
  try {
    const pattern = new RegExp(`^${model}-[0-9a-f]{16}\\.jsonl$`)
    files = readdirSync(join(cacheDir, 'embeddings')).filter((name) => pattern.test(name))
  } catch {
    return undefined
  }
  const size = (file) => statSync(join(cacheDir, 'embeddings', file)).size
  const largest = Math.max(0, ...files.map(size))
  const name = files.filter((file) => size(file) === largest).sort()[0]
  if (name === undefined) return undefined
  const people = new Map()
  for (const line of readFileSync(join(cacheDir, 'embeddings', name), 'utf8').split('\n')) {
    if (line === '') continue
    const { key, embedding } = JSON.parse(line)
    if (embedding === undefined) continue
    const person = key.split('/')[0]
    const bytes = Uint8Array.from(Buffer.from(embedding, 'base64'))
    people.set(person, [...(people.get(person) ?? []), new Float32Array(bytes.buffer)])
  }
  return { name, people: [...people].sort().map(([, images]) => images) }
}
