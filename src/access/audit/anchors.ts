import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { type JsonValue, toCanonicalJson } from '../../core/audit/canonical-json.ts'
import type { AuditSeal } from '../../core/audit/chain.ts'
import type { AuditHead } from '../../core/audit/entry.ts'
import { FaceError } from '../../core/errors.ts'
import { systemCodeOf } from '../../platform/disk.ts'
import { isSignedBy, type Signature, type SigningKey, type TrustedKeys } from './signing-key.ts'

/** The ends of all chains at a time, signed. */
export interface AuditAnchor extends Signature {
  readonly version: 1
  /** ISO 8601, UTC. */
  readonly at: string
  readonly heads: readonly AuditHead[]
}

// Texts of one kind are never taken for the other.
const anchorPrefix = 'face-watcher:audit-anchor\n'
const sealPrefix = 'face-watcher:audit-seal\n'

function toAnchorText({
  version,
  at,
  heads,
}: Pick<AuditAnchor, 'version' | 'at' | 'heads'>): string {
  const plain = heads.map(({ stream, sequence, hash }) => ({ stream, sequence, hash }))
  return anchorPrefix + toCanonicalJson({ version, at, heads: plain })
}

/** What of a seal is signed. */
export function toSealText(seal: AuditSeal): string {
  const { stream, first, last, count, lastHash, before } = seal
  return sealPrefix + toCanonicalJson({ stream, first, last, count, lastHash, before })
}

/** Signs the ends of all chains. @param at  ISO 8601, UTC */
export function createAnchor(
  key: SigningKey,
  heads: readonly AuditHead[],
  at: string,
): AuditAnchor {
  const anchor = { version: 1, at, heads } as const
  return { ...anchor, key: key.id, signature: key.sign(toAnchorText(anchor)) }
}

/**
 * Adds an anchor to a file of them, a line each, durably.
 *
 * @throws {FaceError} `dataDirUnusable`
 */
export function appendAnchor(file: string, anchor: AuditAnchor): void {
  try {
    const fd = openSync(file, 'a', 0o600)
    try {
      appendFileSync(fd, `${JSON.stringify(anchor)}\n`)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    const detail = `An anchor of the audit log cannot be written (${systemCodeOf(cause)}).`
    throw new FaceError('dataDirUnusable', { detail, cause })
  }
}

/** An anchor that cannot be believed. */
export interface AnchorFault {
  /** `forgedAnchor`: not what was signed. `unknownKey`: signed by a key that nobody said to trust. */
  readonly kind: 'forgedAnchor' | 'unknownKey'
  /** Line of the file, from 1. */
  readonly line: number
}

export interface ReadAnchors {
  /** Those that are believed, in the order of the files. */
  readonly anchors: readonly AuditAnchor[]
  readonly faults: readonly AnchorFault[]
}

/**
 * Reads the anchors of a file, or of all `.jsonl` files of a folder. A last line that was not written to
 * its end is left out.
 *
 * @throws {FaceError} `invalidOption` when there is neither
 */
export function readAnchors(path: string, trusted: TrustedKeys): ReadAnchors {
  const anchors: AuditAnchor[] = []
  const faults: AnchorFault[] = []
  for (const file of listFiles(path)) {
    const lines = readFileSync(file, 'utf8').split('\n')
    for (const [i, text] of lines.slice(0, -1).entries()) {
      const anchor = parseAnchor(text)
      const line = i + 1
      if (anchor === undefined) faults.push({ kind: 'forgedAnchor', line })
      else if (!trusted.has(anchor.key)) faults.push({ kind: 'unknownKey', line })
      else if (!isSignedBy(trusted, toAnchorText(anchor), anchor)) {
        faults.push({ kind: 'forgedAnchor', line })
      } else anchors.push(anchor)
    }
  }
  return { anchors, faults }
}

function listFiles(path: string): readonly string[] {
  if (!existsSync(path)) {
    throw new FaceError('invalidOption', { detail: 'There is no such file or folder of anchors.' })
  }
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => name.endsWith('.jsonl'))
  return names.sort().map((name) => join(path, name))
}

function parseAnchor(text: string): AuditAnchor | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isAnchor(value) ? value : undefined
}

function isAnchor(value: unknown): value is AuditAnchor {
  if (!isObject(value)) return false
  const { version, at, heads, key, signature } = value
  const isText = (member: unknown) => typeof member === 'string' && isPlain(member)
  return (
    version === 1 &&
    [at, key, signature].every(isText) &&
    Array.isArray(heads) &&
    heads.every(isHead)
  )
}

function isHead(value: unknown): boolean {
  if (!isObject(value)) return false
  const { stream, sequence, hash } = value
  return (
    Number.isSafeInteger(stream) &&
    Number.isSafeInteger(sequence) &&
    typeof hash === 'string' &&
    isPlain(hash)
  )
}

function isObject(value: unknown): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null
}

function isPlain(text: string): boolean {
  return /^[\w.:+-]{1,200}$/.test(text)
}
