import { FaceError } from '../../core/errors.ts'
import type { ResolvedHttpOptions } from '../options.ts'
import type { App } from '../types.ts'

/** The body of one request, from its first byte until its answer is sent. */
export interface HeldUpload {
  /** Counts bytes that have come; may refuse this body or another one. */
  add(bytes: number): void
  /** Sets what to do when the body is refused while it is being received. */
  onRefused(refuse: (error: FaceError) => void): void
  /** Tells that everything has come; from now on the body is not refused any more. */
  complete(): void
}

interface Held {
  bytes: number
  /** Undefined when the body is complete. */
  refuse: ((error: FaceError) => void) | undefined
}

/**
 * Counts the bodies that are held over all connections. When they pass the limit, the largest that is
 * not complete is refused with `overloaded`: who sends much and slowly gives way to small requests.
 */
export function registerHeldUploads(app: App, options: ResolvedHttpOptions): void {
  const { maxHeldUploadBytes, logger } = options
  const uploads = new Set<Held>()
  let total = 0

  function release(held: Held): void {
    if (uploads.delete(held)) total -= held.bytes
  }

  function refuseLargest(): void {
    let largest: Held | undefined
    for (const held of uploads) {
      if (held.refuse && held.bytes > (largest?.bytes ?? 0)) largest = held
    }
    if (!largest) return
    release(largest)
    logger?.warn(
      { bytes: largest.bytes, uploads: uploads.size, maxHeldUploadBytes },
      'an upload is refused: too much is being uploaded',
    )
    largest.refuse?.(
      new FaceError('overloaded', { detail: 'Too much is being uploaded at the same time.' }),
    )
  }

  app.decorateRequest('heldUpload', null)
  app.addHook('preParsing', (request, reply, payload, done) => {
    const { headers } = request
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
      const held: Held = { bytes: 0, refuse: () => {} }
      uploads.add(held)
      reply.raw.once('close', () => release(held))
      request.heldUpload = {
        add(bytes) {
          // After a refusal the rest is read and thrown away.
          if (!uploads.has(held)) return
          held.bytes += bytes
          total += bytes
          if (total > maxHeldUploadBytes) refuseLargest()
        },
        onRefused(refuse) {
          held.refuse = refuse
        },
        complete() {
          held.refuse = undefined
        },
      }
    }
    done(null, payload)
  })
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Counts the bytes of the body; null without one. */
    heldUpload: HeldUpload | null
  }
}
