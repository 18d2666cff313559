import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FaceError } from '../core/errors.ts'

/** A file that is answered from memory. */
export interface StaticFile {
  readonly bytes: Buffer
  readonly contentType: string
  /** Strong entity tag, with its quotes. */
  readonly etag: string
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
 * a client that asks thousands of times and does not read costs no descriptors.
 *
 * @returns the files by their path below `root`, with "/" between its parts
 */
export async function loadStaticFiles(root: string): Promise<ReadonlyMap<string, StaticFile>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const loaded = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = join(parentPath, name)
      const path = relative(root, file).split(sep).join('/')
      return [path, toStaticFile(await readFile(file), extname(name))] as const
    }),
  )
  return new Map(loaded)
}

/** @param extension  with its dot */
export function toStaticFile(bytes: Buffer, extension: string): StaticFile {
  const digest = createHash('sha256').update(bytes).digest('base64url')
  const contentType = contentTypes[extension.toLowerCase()] ?? 'application/octet-stream'
  return { bytes, contentType, etag: `"${digest.slice(0, 27)}"` }
}

/**
 * Answers a file, or 304 when the client has it.
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
  reply.header('cache-control', cacheControl).header('etag', file.etag)
  if (isKnown(request.headers['if-none-match'], file.etag)) return reply.code(304).send()
  return reply.type(file.contentType).send(file.bytes)
}

/** Compares weakly, RFC 9110 section 13.1.2: a proxy that compresses weakens the tag. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags?.some((tag) => tag === '*' || tag === etag) ?? false
}
