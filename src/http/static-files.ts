import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FaceError } from '../core/errors.ts'
import { type Encoding, encodingExtensions, encodings, pickEncoding } from './content-encoding.ts'

/** A file that is answered from memory. */
export interface StaticFile {
  readonly bytes: Buffer
  readonly contentType: string
  /** Strong entity tag of `bytes`, with its quotes. */
  readonly etag: string
  /** The bytes compressed, as the build has left them beside the file. */
  readonly compressed: { readonly [encoding in Encoding]?: Buffer | undefined }
}

/** Content types of what the builds of the page and of the API's documentation consist of. */
const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/vnd.microsoft.icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.yaml': 'application/yaml; charset=utf-8',
}

/**
 * Reads all files of a folder, a few MB, into memory. Nothing is opened while requests are answered:
 * a client that asks thousands of times and does not read costs no descriptors, and no processor for
 * compression either: `a.js.br` and `a.js.gz` are `a.js` compressed.
 *
 * @returns the files by their path below `root`, with "/" between its parts
 */
export async function loadStaticFiles(root: string): Promise<ReadonlyMap<string, StaticFile>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const loaded = new Map(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const file = join(parentPath, name)
        const path = relative(root, file).split(sep).join('/')
        return [path, await readFile(file)] as const
      }),
    ),
  )
  const originals = [...loaded].filter(([path]) => !isCompressed(path, loaded))
  return new Map(
    originals.map(([path, bytes]) => [
      path,
      toStaticFile(bytes, extname(path), {
        br: loaded.get(path + encodingExtensions.br),
        gzip: loaded.get(path + encodingExtensions.gzip),
      }),
    ]),
  )
}

/** Whether a file is another one in an encoding. */
function isCompressed(path: string, files: ReadonlyMap<string, unknown>): boolean {
  return Object.values(encodingExtensions).some(
    (extension) => path.endsWith(extension) && files.has(path.slice(0, -extension.length)),
  )
}

/** @param extension  with its dot */
export function toStaticFile(
  bytes: Buffer,
  extension: string,
  compressed: StaticFile['compressed'] = {},
): StaticFile {
  const digest = createHash('sha256').update(bytes).digest('base64url')
  const contentType = contentTypes[extension.toLowerCase()] ?? 'application/octet-stream'
  return { bytes, contentType, etag: `"${digest.slice(0, 27)}"`, compressed }
}

/**
 * Answers a file, or 304 when the client has it; compressed where the client takes that.
 *
 * @param cacheControl  the header's value
 * @throws {FaceError} `notFound` without a file
 */
export function sendStaticFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { file, cacheControl }: { file: StaticFile | undefined; cacheControl: string },
): FastifyReply {
  if (file === undefined) throw new FaceError('notFound')
  const { compressed } = file
  const encoding = pickEncoding(
    request.headers['accept-encoding'],
    (name) => compressed[name] !== undefined,
  )
  // Each encoding is a representation of its own, with its own strong tag.
  const etag = encoding === undefined ? file.etag : `${file.etag.slice(0, -1)}-${encoding}"`
  reply.header('cache-control', cacheControl).header('etag', etag)
  if (encodings.some((name) => compressed[name])) {
    // Origins that may call from other pages vary the answer, too.
    const others = reply.getHeader('vary')
    reply.header('vary', others === undefined ? 'accept-encoding' : `${others}, accept-encoding`)
  }
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send()
  if (encoding !== undefined) reply.header('content-encoding', encoding)
  return reply
    .type(file.contentType)
    .send(encoding === undefined ? file.bytes : compressed[encoding])
}

/** Compares weakly, RFC 9110 section 13.1.2: a proxy that compresses weakens the tag. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags?.some((tag) => tag === '*' || tag === etag) ?? false
}
