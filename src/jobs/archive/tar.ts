import { Parser, type ReadEntry } from 'tar'
import type { ArchiveFile } from './archive-file.ts'
import { type ArchiveEntry, assertFileCount, entryTooLarge, toArchiveError } from './entries.ts'

/** Bytes that are handed to the parser at once: gzip makes up to a thousand times as many of them. */
const pieceBytes = 16 * 1024

/** Kinds of entries that are files; all others, such as links, are left out. */
const fileTypes: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile'])

/** What was read of a file: its bytes, or nothing when there are too many. */
interface Unpacked {
  readonly index: number
  readonly path: string
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
}

/**
 * The files of a tar, packed with gzip or not. It is read from its beginning, also for a later file,
 * because nothing tells where that begins.
 *
 * @throws {FaceError} `invalidRequest`
 */
export async function* readTar(
  file: ArchiveFile,
  { from, maxFileBytes }: { readonly from: number; readonly maxFileBytes: number },
): AsyncGenerator<ArchiveEntry, void> {
  const ready: Unpacked[] = []
  let failure: unknown
  let index = 0
  const parser = new Parser({
    strict: true,
    onReadEntry(entry) {
      if (fileTypes.has(entry.type)) unpack(entry, index++)
      else entry.resume()
    },
  })
  parser.on('error', (error: unknown) => {
    failure ??= error
  })

  function unpack(entry: ReadEntry, own: number): void {
    if (own < from) {
      entry.resume()
      return
    }
    const pieces: Buffer[] = []
    let length = 0
    entry.on('data', (piece: Buffer) => {
      length += piece.length
      if (length <= maxFileBytes) pieces.push(piece)
      else pieces.length = 0
    })
    entry.on('end', () => {
      const bytes = length > maxFileBytes ? undefined : new Uint8Array(Buffer.concat(pieces))
      ready.push({ index: own, path: entry.path, bytes })
    })
  }

  function* take(): Generator<ArchiveEntry, void> {
    if (failure !== undefined) throw toArchiveError(failure)
    assertFileCount(index)
    for (const { bytes, ...entry } of ready.splice(0)) {
      yield {
        ...entry,
        async read() {
          if (bytes === undefined) throw entryTooLarge(maxFileBytes)
          return bytes
        },
      }
    }
  }

  for await (const part of file.read(0, file.size)) {
    for (let at = 0; at < part.length; at += pieceBytes) {
      write(Buffer.from(part.subarray(at, at + pieceBytes)))
      yield* take()
    }
  }
  const ended = new Promise<void>((resolve) => {
    parser.on('end', resolve)
    parser.on('error', () => resolve())
  })
  parser.end()
  await ended
  yield* take()

  function write(piece: Buffer): void {
    try {
      parser.write(piece)
    } catch (error) {
      failure ??= error
    }
  }
}
