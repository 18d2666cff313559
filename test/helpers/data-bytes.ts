import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Which of these byte sequences stand in which files of a folder, as they are on the disk.
 *
 * @param sequences  by what they are, at least 8 bytes each
 * @returns `<file>: <what>`, sorted
 */
export async function findBytes(
  directory: string,
  sequences: Readonly<Record<string, Buffer>>,
): Promise<readonly string[]> {
  const found: string[] = []
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    // Renamed or removed meanwhile, as a temporary file is.
    const bytes = await readFile(file).catch(() => Buffer.alloc(0))
    for (const [what, sequence] of Object.entries(sequences)) {
      if (bytes.includes(sequence)) found.push(`${entry.name}: ${what}`)
    }
  }
  return found.sort()
}
