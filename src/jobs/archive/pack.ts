import { Header, Pax } from 'tar'

const blockBytes = 512

/** What a tar ends with. */
export const packEnd: Uint8Array = new Uint8Array(2 * blockBytes)

/**
 * A file as an entry of a tar, which {@link packEnd} ends.
 *
 * @param path  without control characters, of which some would be records of their own
 */
export function* packEntry(path: string, bytes: Uint8Array): Generator<Uint8Array, void> {
  // A name of any length; the header's own holds 100 bytes.
  yield new Pax({ path }).encode()
  const header = new Header({ path: 'file', size: bytes.length, mode: 0o644, type: 'File' })
  const block = Buffer.alloc(blockBytes)
  header.encode(block)
  yield block
  yield bytes
  const rest = bytes.length % blockBytes
  if (rest > 0) yield new Uint8Array(blockBytes - rest)
}
