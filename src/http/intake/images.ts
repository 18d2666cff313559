import type { MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { FaceError } from '../../core/errors.ts'
import type { EnrollImage } from '../../recognition/face-watcher.ts'
import { envelopeBytes, type ResolvedHttpOptions } from '../options.ts'
import { dropRest, toFormError } from './forms.ts'
import { concatOwned, decodeBase64, imageTooLarge } from './image-bytes.ts'
import { takeRawString } from './json-body.ts'
import { assertBoundedValue } from './json-scanner.ts'

/** Bytes of a text field: metadata of 16,384 bytes written with six-byte escapes are 96 KiB. */
const maxFieldBytes = 128 * 1024

/** Names of the client's that are repeated in an answer. */
const maxNames = 10

/** The images and text fields that a route reads from a multipart form or a JSON body. */
export interface UploadSpec {
  /** Names of the file fields, and of the JSON members that carry base64. */
  readonly fields: readonly string[]
  /** Most images in all of them together. */
  readonly maxImages: number
  /** Fewest; below it the answer is `missingImage`. Default 1. */
  readonly minImages?: number
  /** Members of a JSON body with one of which no image has to be there. */
  readonly instead?: readonly string[]
  /**
   * Text fields of a form; another one is refused, as who sends it expects something of it. Of JSON
   * the schema says so. Absent: any.
   */
  readonly text?: readonly string[]
}

export interface UploadedImage extends EnrollImage {
  /** The field it came in. */
  readonly field: string
}

export interface Upload {
  readonly images: readonly UploadedImage[]
  /** Text fields of the form, or the other members of the JSON body. */
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Reads the images of a request, from multipart files or from base64 in a JSON body.
 *
 * A file is given up as soon as it is larger than `maxImageBytes`, and a request as soon as its
 * images are larger than `maxRequestBytes`, so that not more than that is ever held.
 *
 * @returns images in the order sent; each owns its bytes
 * @throws {FaceError} `missingImage`, `tooManyImages`, `imageTooLarge`, `payloadTooLarge`, `invalidRequest`, `aborted`
 */
export async function readUpload(
  request: FastifyRequest,
  spec: UploadSpec,
  options: ResolvedHttpOptions,
): Promise<Upload> {
  const upload = request.isMultipart()
    ? await readForm(request, spec, options)
    : await readJson(request, spec, options)
  const hasOther =
    !request.isMultipart() && spec.instead?.some((name) => upload.fields[name] !== undefined)
  if (upload.images.length < (spec.minImages ?? 1) && !hasOther) {
    throw missingImage(spec, Object.keys(upload.fields))
  }
  if (upload.images.length > spec.maxImages) throw tooManyImages(spec)
  if (request.isMultipart()) assertKnownText(upload, spec)
  return upload
}

/** Reads exactly one image. A form must not have text fields besides, unless they are ignored. */
export async function readOneImage(
  request: FastifyRequest,
  field: string,
  options: ResolvedHttpOptions,
  { ignoresText = false }: { readonly ignoresText?: boolean } = {},
): Promise<UploadedImage> {
  const spec = { fields: [field], maxImages: 1, ...(ignoresText ? {} : { text: [] }) }
  const { images } = await readUpload(request, spec, options)
  const [image] = images
  if (!image) throw missingImage({ fields: [field] }, [])
  return image
}

/** @throws {FaceError} `invalidRequest` */
function assertKnownText({ fields }: Upload, { text }: UploadSpec): void {
  const unknown = text && Object.keys(fields).find((name) => !text.includes(name))
  if (unknown === undefined) return
  const detail = `The field ${JSON.stringify(unknown.slice(0, 100))} is not known here.`
  throw new FaceError('invalidRequest', { detail, info: { expected: text } })
}

async function readForm(
  request: FastifyRequest,
  spec: UploadSpec,
  options: ResolvedHttpOptions,
): Promise<Upload> {
  try {
    assertDeclaredLength(request, spec, options)
    return await withinBytes(request, options.maxRequestBytes, readParts(request, spec, options))
  } catch (error) {
    dropRest(request)
    const { code } = error as { code?: unknown }
    throw code === 'FST_FILES_LIMIT' ? tooManyImages(spec) : toFormError(error)
  }
}

/**
 * Fails as soon as the raw body is larger than allowed: the limits of parts do not count what lies
 * around them. Has to be called in the tick in which reading starts, to see every byte.
 */
async function withinBytes<T>(
  request: FastifyRequest,
  maxBytes: number,
  reading: Promise<T>,
): Promise<T> {
  let count = (_chunk: Buffer) => {}
  const held = request.heldUpload
  const exceeded = new Promise<never>((_resolve, reject) => {
    let received = 0
    held?.onRefused(reject)
    count = (chunk) => {
      received += chunk.length
      held?.add(chunk.length)
      if (received > maxBytes + envelopeBytes) reject(requestTooLarge(maxBytes))
    }
  })
  request.raw.on('data', count)
  try {
    return await Promise.race([reading, exceeded])
  } finally {
    held?.complete()
    request.raw.off('data', count)
  }
}

async function readParts(
  request: FastifyRequest,
  spec: UploadSpec,
  options: ResolvedHttpOptions,
): Promise<Upload> {
  const images: UploadedImage[] = []
  const fields: Record<string, unknown> = {}
  let total = 0
  const limits = {
    fileSize: options.maxImageBytes + 1,
    files: spec.maxImages + 1,
    fields: 20,
    fieldSize: maxFieldBytes,
  }
  // The parser waits for a full buffer to be read before it goes on, but not of a part that it skips
  // (no Content-Disposition, or another one than form-data): it would wait without end. No part is
  // larger than the whole body, so no buffer of that size is ever full.
  const fileHwm = options.maxRequestBytes + envelopeBytes + 1
  for await (const part of request.parts({ limits, fileHwm })) {
    if (part.type === 'field') {
      if (part.valueTruncated) throw fieldTooLarge()
      assertBoundedValue(part.value)
      fields[part.fieldname] = part.value
      continue
    }
    if (!spec.fields.includes(part.fieldname)) {
      throw images.length === 0
        ? missingImage(spec, [part.fieldname])
        : new FaceError('invalidRequest', {
            detail: `The file field ${JSON.stringify(part.fieldname)} is not known here.`,
            info: { expected: spec.fields },
          })
    }
    if (images.length === spec.maxImages) throw tooManyImages(spec)
    const bytes = await readFile(part, options, total)
    total += bytes.length
    // Browsers send an empty nameless file for a file input that was left empty.
    if (bytes.length === 0 && !part.filename) continue
    const fileName = toFileName(part.filename) ?? `${part.fieldname}[${images.length}]`
    images.push({ field: part.fieldname, fileName, bytes })
  }
  return { images, fields }
}

async function readFile(
  part: MultipartFile,
  { maxImageBytes, maxRequestBytes }: ResolvedHttpOptions,
  earlierBytes: number,
): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of part.file as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxImageBytes) throw imageTooLarge(maxImageBytes)
    if (earlierBytes + size > maxRequestBytes) throw requestTooLarge(maxRequestBytes)
    chunks.push(chunk)
  }
  return concatOwned(chunks, size)
}

async function readJson(
  request: FastifyRequest,
  spec: UploadSpec,
  options: ResolvedHttpOptions,
): Promise<Upload> {
  const images: UploadedImage[] = []
  const fields: Record<string, unknown> = {}
  const members = (request.body ?? {}) as Record<string, unknown>
  for (const [name, value] of Object.entries(members)) {
    if (!spec.fields.includes(name)) {
      fields[name] = value
      continue
    }
    for (const [index, text] of [value].flat().entries()) {
      const path = Array.isArray(value) ? `${name}[${index}]` : name
      if (images.length === spec.maxImages) throw tooManyImages(spec)
      if (typeof text !== 'string') {
        throw new FaceError('invalidRequest', { detail: `"${path}" is not a string.` })
      }
      // A name written with escapes is not seen by the scanner; its text is a small one.
      const raw = takeRawString(request, text) ?? [Buffer.from(text)]
      const bytes = await decodeBase64(raw, path, options.maxImageBytes)
      images.push({ field: name, fileName: path, bytes })
    }
  }
  return { images, fields }
}

function assertDeclaredLength(
  request: FastifyRequest,
  spec: UploadSpec,
  options: ResolvedHttpOptions,
): void {
  const declared = Number(request.headers['content-length'])
  if (spec.maxImages === 1 && declared > options.maxImageBytes + envelopeBytes) {
    throw imageTooLarge(options.maxImageBytes)
  }
  if (declared > options.maxRequestBytes + envelopeBytes) {
    throw requestTooLarge(options.maxRequestBytes)
  }
}

function requestTooLarge(maxRequestBytes: number): FaceError {
  return new FaceError('payloadTooLarge', {
    detail: 'The images of a request are larger than allowed together; send fewer at once.',
    info: { maxRequestBytes },
  })
}

function fieldTooLarge(): FaceError {
  return new FaceError('payloadTooLarge', {
    detail: `A text field of a form has at most ${maxFieldBytes} bytes.`,
    info: { maxFieldBytes },
  })
}

function tooManyImages(spec: UploadSpec): FaceError {
  return new FaceError('tooManyImages', {
    detail: `At most ${spec.maxImages} ${spec.maxImages === 1 ? 'is' : 'are'} allowed.`,
    info: { maxImages: spec.maxImages },
  })
}

function missingImage(spec: Pick<UploadSpec, 'fields'>, received: readonly string[]): FaceError {
  const expected = spec.fields.map((name) => `"${name}"`).join(' or ')
  const asText = received.find((name) => spec.fields.includes(name))
  if (asText !== undefined) {
    return new FaceError('missingImage', {
      detail: `The field "${asText}" is text where a file is expected; with curl: -F ${asText}=@FILE, with the "@".`,
      info: { expected: spec.fields },
    })
  }
  const names = received.slice(0, maxNames).map((name) => JSON.stringify(name.slice(0, 100)))
  const more = received.length > maxNames ? ` and ${received.length - maxNames} more` : ''
  const instead = received.length === 0 ? '' : `, but there is ${names.join(', ')}${more}`
  return new FaceError('missingImage', {
    detail: `An image file is expected in the field ${expected}${instead}.`,
    info: { expected: spec.fields },
  })
}

/** The last part of a client's file name, without control characters; only ever shown. */
function toFileName(name: string | undefined): string | undefined {
  const last = name
    ?.split(/[/\\]/)
    .at(-1)
    ?.replace(/\p{Cc}/gu, '')
    .slice(0, 255)
  return last === '' ? undefined : last
}
