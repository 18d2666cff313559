import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

const POLL_MS = 250

/**
 * Size of the largest file below a folder, bytes; 0 when there is none. Files that go away meanwhile
 * do not count: npm and pip rename what they have fetched.
 */
async function largestFile(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  let largest = 0
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const stats = await stat(join(entry.parentPath, entry.name)).catch(() => undefined)
    largest = Math.max(largest, stats?.size ?? 0)
  }
  return largest
}

/**
 * [Note: bytes of a download] npm and pip tell nobody how far they are, but both write what arrives
 * to a file as it comes. Each gets a folder of its own for that, where the largest file is the
 * package: besides it there are only the registry's answers of a few kilobytes.
 *
 * @param folder   where the program writes; need not exist yet
 * @param onBytes  is called with the bytes that have arrived, each time that it has become more
 * @returns ends the watching
 */
export function watchDownload(folder: string, onBytes: (bytes: number) => void): () => void {
  let most = 0
  let ended = false
  let timer: NodeJS.Timeout | undefined
  const look = async () => {
    const bytes = await largestFile(folder)
    if (ended) return
    if (bytes > most) {
      most = bytes
      onBytes(bytes)
    }
    timer = setTimeout(() => void look(), POLL_MS).unref()
  }
  timer = setTimeout(() => void look(), POLL_MS).unref()
  return () => {
    ended = true
    clearTimeout(timer)
  }
}
