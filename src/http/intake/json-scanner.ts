import { FaceError } from '../../core/errors.ts'

/*
 * [Note: Large JSON]
 * Only images need megabytes of JSON, and `JSON.parse` of a body of 64 MiB holds the event loop for
 * 0.3 to 0.9 s on two cores. So the bytes are scanned as they arrive: strings of the members that
 * carry images are set aside as bytes, each with a short unguessable mark in its place, and what is
 * parsed in one go is the small text that is left. Depth and number of values are counted before
 * anything is built from them.
 */

/** Levels of nesting that a JSON body may have. Nothing the interface reads needs more than a few. */
export const maxJsonDepth = 128

/**
 * Values that a JSON body may have. The largest valid bodies are metadata of 16,384 bytes, which
 * hold at most 8,192 values, and an embedding of 4,096 numbers.
 */
export const maxJsonValues = 16_384

/**
 * Bytes of a JSON body without its images. Metadata of 16,384 bytes written with six-byte escapes
 * are 96 KiB, an embedding of 4,096 numbers with 17 digits about as much.
 */
export const maxJsonTextBytes: number = 256 * 1024

/** The bytes between the quotes of a JSON string, in the order received. */
export type RawString = readonly Uint8Array[]

export interface ScannedJson {
  /** The JSON text, with a mark in place of each string that was set aside. */
  readonly text: string
  /** The strings that were set aside, by their marks. */
  readonly setAside: ReadonlyMap<string, RawString>
}

/** Takes the bytes of a JSON body one after another; what is not JSON is left to the parser. */
export interface JsonScanner {
  /** @throws {FaceError} `invalidRequest` too deep or too many values, `payloadTooLarge` */
  push(chunk: Uint8Array): void
  end(): ScannedJson
}

const quote = 0x22
const backslash = 0x5c
const open = new Set([0x5b, 0x7b])
const close = new Set([0x5d, 0x7d])
const comma = 0x2c
const colon = 0x3a
/** Longest name of a member that is compared with those of images. */
const maxNameBytes = 64

/**
 * @param imageNames  members of the top level whose strings are set aside, also those of an array
 * @param createMark  makes a text that no client can guess; it must need no escape in JSON
 */
export function createJsonScanner(
  imageNames: readonly string[],
  createMark: () => string,
): JsonScanner {
  const text: Uint8Array[] = []
  const setAside = new Map<string, RawString>()
  let textBytes = 0
  let depth = 0
  let values = 1
  let inString = false
  /** Whether the last byte of the chunk before began an escape within a string. */
  let escaped = false
  /** Whether the top level has a name behind it and waits for, or is in, its value. */
  let afterColon = false
  let name = ''
  /** The string being read is set aside, or is a name of the top level, or neither. */
  let image: Uint8Array[] | undefined
  let nameBytes: Uint8Array[] | undefined

  function keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    textBytes += bytes.length
    if (textBytes > maxJsonTextBytes) {
      throw new FaceError('payloadTooLarge', {
        detail: `JSON has at most ${maxJsonTextBytes} bytes besides images.`,
        info: { maxJsonBytes: maxJsonTextBytes },
      })
    }
    text.push(bytes)
  }

  function beginString(): void {
    inString = true
    if (depth <= 2 && afterColon && imageNames.includes(name)) image = []
    else if (depth === 1 && !afterColon) nameBytes = []
  }

  function endString(): void {
    inString = false
    if (image) {
      const mark = createMark()
      setAside.set(mark, image)
      keep(Buffer.from(mark))
      image = undefined
    } else if (nameBytes) {
      const bytes = Buffer.concat(nameBytes)
      name = bytes.length > maxNameBytes ? '' : bytes.toString('latin1')
      nameBytes = undefined
    }
  }

  function takeString(bytes: Uint8Array): void {
    if (image) {
      if (bytes.length > 0) image.push(bytes)
      return
    }
    nameBytes?.push(bytes)
    keep(bytes)
  }

  function takeStructure(byte: number): void {
    if (open.has(byte)) {
      depth++
      values++
      if (depth > maxJsonDepth) throw tooDeep()
    } else if (close.has(byte)) depth--
    else if (byte === comma) {
      values++
      if (depth === 1) afterColon = false
    } else if (byte === colon && depth === 1) afterColon = true
    if (values > maxJsonValues) throw tooManyValues()
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
      let at = 0
      while (at < bytes.length) {
        const start = at
        if (inString) {
          const end = findEndOfString(bytes, at, escaped)
          escaped = end.escaped
          at = end.at
          takeString(bytes.subarray(start, at))
          if (at === bytes.length) break
          endString()
          keep(bytes.subarray(at, ++at))
        } else {
          while (at < bytes.length && bytes[at] !== quote) takeStructure(bytes[at++] as number)
          const isOpened = at < bytes.length
          if (isOpened) at++
          keep(bytes.subarray(start, at))
          if (isOpened) beginString()
        }
      }
    },
    end() {
      return { text: Buffer.concat(text).toString('utf8'), setAside }
    },
  }
}

/**
 * Refuses a value parsed from JSON that is deeper or has more values than a JSON body may have.
 *
 * @throws {FaceError} `invalidRequest`
 */
export function assertBoundedValue(value: unknown): void {
  let values = 1
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    const objects = level.filter((item) => typeof item === 'object' && item !== null)
    if (objects.length > 0 && depth === maxJsonDepth) throw tooDeep()
    level = objects.flatMap((item) => Object.values(item as object))
    values += level.length
    if (values > maxJsonValues) throw tooManyValues()
  }
}

function tooDeep(): FaceError {
  return new FaceError('invalidRequest', {
    detail: `JSON is nested too deeply; ${maxJsonDepth} levels are allowed.`,
    info: { maxDepth: maxJsonDepth },
  })
}

function tooManyValues(): FaceError {
  return new FaceError('invalidRequest', {
    detail: `JSON has too many values; ${maxJsonValues} are allowed.`,
    info: { maxValues: maxJsonValues },
  })
}

/**
 * Finds the end of the string that goes on at `from`: the place of its quote, or the length of `bytes`.
 *
 * @param escaped  whether the byte at `from` follows a backslash
 */
function findEndOfString(
  bytes: Buffer,
  from: number,
  escaped: boolean,
): { readonly at: number; readonly escaped: boolean } {
  const found = bytes.indexOf(quote, from)
  const end = found === -1 ? bytes.length : found
  let at = escaped ? from + 1 : from
  if (!escaped) {
    const first = bytes.subarray(from, end).indexOf(backslash)
    if (first === -1) return { at: end, escaped: false }
    at = from + first
  }
  // Where there is one escape there may be one in every second byte: byte by byte is faster then.
  for (; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) return { at, escaped: false }
    if (byte === backslash) at++
  }
  return { at: bytes.length, escaped: at > bytes.length }
}
