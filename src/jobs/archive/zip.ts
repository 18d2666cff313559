import { Readable } from 'node:stream'
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import { FaceError } from '../../core/errors.ts'
import type { ArchiveFile } from './archive-file.ts'
import {
  type Archive,
  type ArchiveEntry,
  assertFileCount,
  entryTooLarge,
  toArchiveError,
} from './entries.ts'

/**
 * Opens a zip by the list at its end. Entries are unpacked one by one; one that says less of its length
 * than it has is refused by the library as soon as it is longer.
 *
 * @throws {FaceError} `invalidRequest`
 */
export async function openZip(file: ArchiveFile, maxFileBytes: number): Promise<Archive> {
  let total = 0
  for await (const _ of listFiles(await open(file))) total++
  return {
    total,
    async *files(from) {
      // A list can be walked through once.
      const zip = await open(file)
      let index = 0
      for await (const entry of listFiles(zip)) {
        if (index >= from) yield toEntry(zip, entry, { index, maxFileBytes })
        index++
      }
    },
  }
}

/** The entries that are no folders. */
async function* listFiles(zip: ZipFile): AsyncGenerator<Entry, void> {
  assertFileCount(zip.entryCount)
  const entries = zip.eachEntry()
  for (;;) {
    const { done, value } = await entries.next().catch((error: unknown) => {
      throw toArchiveError(error)
    })
    if (done) return
    if (!value.fileName.endsWith('/')) yield value
  }
}

async function open(file: ArchiveFile): Promise<ZipFile> {
  try {
    const reader = new ArchiveReader(file)
    return await fromRandomAccessReaderPromise(reader, file.size, { autoClose: false })
  } catch (error) {
    throw toArchiveError(error)
  }
}

function toEntry(
  zip: ZipFile,
  entry: Entry,
  { index, maxFileBytes }: { readonly index: number; readonly maxFileBytes: number },
): ArchiveEntry {
  return {
    index,
    path: entry.fileName,
    async read() {
      if (entry.uncompressedSize > maxFileBytes) throw entryTooLarge(maxFileBytes)
      if (!entry.canDecodeFileData()) {
        throw new FaceError('invalidRequest', {
          detail: 'The file is encrypted, or packed in a way that is not known here.',
        })
      }
      try {
        const bytes = new Uint8Array(entry.uncompressedSize)
        let at = 0
        for await (const piece of await zip.openReadStreamPromise(entry)) {
          bytes.set(piece as Uint8Array, at)
          at += (piece as Uint8Array).length
        }
        return bytes
      } catch (error) {
        throw toArchiveError(error)
      }
    },
  }
}

class ArchiveReader extends RandomAccessReader {
  readonly #file: ArchiveFile

  constructor(file: ArchiveFile) {
    super()
    this.#file = file
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#file.read(start, end), { objectMode: false })
  }
}
