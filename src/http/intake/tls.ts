import { readFileSync, statSync } from 'node:fs'
import type { Server } from 'node:https'
import { createSecureContext, type SecureVersion } from 'node:tls'
import type { FastifyBaseLogger } from 'fastify'
import { FaceError } from '../../core/errors.ts'

/** The files of TLS, PEM. */
export interface TlsFiles {
  /** The certificate, and those between it and the root. */
  readonly certFile: string
  /** Its private key, without a passphrase. */
  readonly keyFile: string
  /** Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** What the server's library takes. */
export interface TlsSecret {
  readonly cert: string
  readonly key: string
  readonly minVersion: SecureVersion
}

/** How often it is looked whether the files have changed, milliseconds. */
const lookEveryMs = 5000

/**
 * Reads the files of TLS, and warns when others on this machine can read the private key.
 *
 * @throws {FaceError} `invalidConfig` when a file cannot be read, is none, or the two do not belong
 *   together
 */
export function readTls(files: TlsFiles, logger: FastifyBaseLogger | undefined): TlsSecret {
  const secret = {
    cert: readPem(files.certFile, 'certFile'),
    key: readPem(files.keyFile, 'keyFile'),
    minVersion: files.minVersion ?? 'TLSv1.2',
  }
  try {
    createSecureContext(secret)
  } catch (cause) {
    throw new FaceError('invalidConfig', {
      detail:
        'http.tls: the certificate or its private key cannot be used, or they do not belong together. Expected PEM files, the key without a passphrase.',
      cause,
    })
  }
  warnOfReaders(files.keyFile, logger)
  return secret
}

/**
 * Takes changed files over: connections that are open go on, new ones get the new certificate. While the
 * files cannot be used, the former ones stay.
 *
 * @param secret  what the server has
 */
export function reloadTls(
  server: Server,
  secret: TlsSecret,
  { files, logger }: { readonly files: TlsFiles; readonly logger: FastifyBaseLogger | undefined },
): void {
  let current = secret
  let failed = ''
  const timer = setInterval(() => {
    try {
      const found = readTls(files, undefined)
      failed = ''
      if (found.cert === current.cert && found.key === current.key) return
      server.setSecureContext(found)
      current = found
      logger?.info('the certificate was read again')
      warnOfReaders(files.keyFile, logger)
    } catch (error) {
      // Once, and not every few seconds.
      const message = error instanceof Error ? error.message : String(error)
      if (message !== failed) {
        logger?.error({ err: error }, 'changed files of TLS cannot be used; the former stay')
      }
      failed = message
    }
  }, lookEveryMs).unref()
  server.on('close', () => clearInterval(timer))
}

function readPem(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new FaceError('invalidConfig', {
      detail: `http.tls.${name}: ${file} cannot be read (${code}).`,
      cause,
    })
  }
}

/** Windows has no such bits; there they say nothing. */
function warnOfReaders(keyFile: string, logger: FastifyBaseLogger | undefined): void {
  if (process.platform === 'win32' || (statSync(keyFile).mode & 0o077) === 0) return
  logger?.warn(
    { keyFile },
    'others on this machine can read the private key of TLS; chmod 600 keeps it from them',
  )
}
