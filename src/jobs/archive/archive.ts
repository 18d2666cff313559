import { FaceError } from '../../core/errors.ts'
import { type ArchiveFile, readAll } from './archive-file.ts'
import type { Archive } from './entries.ts'
import { readTar } from './tar.ts'
import { openZip } from './zip.ts'

/**
 * Opens a zip, a tar, or a tar packed with gzip; its first bytes tell which. No file is unpacked to more than
 * `maxFileBytes`, and only one at a time.
 *
 * @throws {FaceError} `invalidRequest` when it is none of them, is damaged, or has too many files
 */
export async function openArchive(file: ArchiveFile, maxFileBytes: number): Promise<Archive> {
  const head = await readAll(file, 0, headBytes)
  if (sniffArchive(head) === 'zip') return openZip(file, maxFileBytes)
  let total = 0
  for await (const _ of readTar(file, { from: 0, maxFileBytes: 0 })) total++
  return { total, files: (from) => readTar(file, { from, maxFileBytes }) }
}

/** Bytes at the beginning that tell what an archive is. */
const headBytes = 512

/** @throws {FaceError} `invalidRequest` */
function sniffArchive(head: Buffer): 'zip' | 'tar' {
  if (head.toString('latin1', 0, 4) === 'PK\x03\x04') return 'zip'
  const isGzip = head[0] === 0x1f && head[1] === 0x8b
  if (isGzip || head.toString('latin1', 257, 262) === 'ustar') return 'tar'
  throw new FaceError('invalidRequest', {
    detail: 'The archive is neither a zip nor a tar, packed with gzip or not; or nothing is in it.',
  })
}

/**
 * The same bytes, as long as they begin like an archive.
 *
 * @throws {FaceError} `invalidRequest`
 */
export async function* assertArchive(
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const first: Uint8Array[] = []
  let length = 0
  for await (const piece of file) {
    if (length >= headBytes) {
      yield piece
      continue
    }
    first.push(piece)
    length += piece.length
    if (length < headBytes) continue
    const head = Buffer.concat(first)
    sniffArchive(head)
    yield head
  }
  if (length >= headBytes) return
  const head = Buffer.concat(first)
  sniffArchive(head)
  yield head
}
