/**
 * The SHA-256 of an image file: what tells that a photograph was enrolled before.
 *
 * Web Crypto hashes off the event loop; 5 MB take about 10 ms.
 *
 * @returns lower-case hex
 */
export async function computeImageHash(bytes: Uint8Array): Promise<string> {
  // Web Crypto refuses shared memory.
  const own = bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes)
  const digest = await crypto.subtle.digest('SHA-256', own as Uint8Array<ArrayBuffer>)
  return Buffer.from(digest).toString('hex')
}
