import { type JsonValue, toCanonicalJson } from './canonical-json.ts'
import {
  type AuditEntry,
  type AuditHead,
  type AuditRow,
  type HashText,
  toEmptyHead,
  toIndexed,
} from './entry.ts'

/**
 * What is wrong with a chain. `altered`: the text is not what was hashed, or an index tells something
 * else than the text. `reordered`: the text is of another place. `duplicate`: a place is there twice.
 * `missing`: a place is not there. `unlinked`: it does not follow the entry before it, so one of the two
 * was replaced. `unsealed`: the beginning is gone, and no valid seal tells of its removal. `truncated`:
 * an anchor knows a later entry than the last. `replaced`: an anchor knows another entry at this place.
 */
export type AuditFaultKind =
  | 'altered'
  | 'reordered'
  | 'duplicate'
  | 'missing'
  | 'unlinked'
  | 'unsealed'
  | 'truncated'
  | 'replaced'

/** Every {@link AuditFaultKind}. */
export const auditFaultKinds: readonly AuditFaultKind[] = [
  'altered',
  'reordered',
  'duplicate',
  'missing',
  'unlinked',
  'unsealed',
  'truncated',
  'replaced',
]

/** Where a chain does not hold. */
export interface AuditFault {
  readonly kind: AuditFaultKind
  readonly stream: number
  readonly sequence: number
}

/** Entries that were removed from the beginning of a chain when their time was over. */
export interface AuditSeal {
  readonly stream: number
  readonly first: number
  readonly last: number
  readonly count: number
  /** Hash of the last one that was removed. */
  readonly lastHash: string
  /** They were older. */
  readonly before: string
}

/** What a chain is held against. */
export interface ChainCheckOptions {
  readonly stream: number
  readonly hashText: HashText
  /** Heads that the chain had: their hashes by their sequence, of several only when they contradict one another. */
  readonly anchors: ReadonlyMap<number, ReadonlySet<string>>
  /** Whether the signature of a seal is valid. */
  isSealValid(seal: AuditSeal, details: Readonly<Record<string, unknown>>): boolean
}

/** Walks along a chain. */
export interface ChainCheck {
  /** The next row, in the order of the sequence. @returns what is wrong with it, or before it */
  add(row: AuditRow): AuditFault | undefined
  /** After the last row. @returns what is wrong with the chain as a whole */
  end(): AuditFault | undefined
  /** The last entry that was looked at. */
  readonly head: AuditHead
}

/**
 * Creates what checks one chain, row by row, from its beginning: the text of each entry, what is found by
 * its indexes, its place, and that it follows the one before it. After the first fault nothing more is
 * found.
 */
export function createChainCheck(options: ChainCheckOptions): ChainCheck {
  const { stream, hashText, anchors, isSealValid } = options
  let head = toEmptyHead(stream)
  /** What was removed before the first row. */
  let removed: AuditHead | undefined
  let isSealed = false
  const toFault = (kind: AuditFaultKind, sequence: number): AuditFault => ({
    kind,
    stream,
    sequence,
  })

  function findFault(row: AuditRow, entry: Omit<AuditEntry, 'hash'>): AuditFaultKind | undefined {
    if (entry.stream !== stream || entry.sequence !== row.sequence) return 'reordered'
    if (!isIndexedAs(row, entry)) return 'altered'
    if (row.sequence <= head.sequence) return 'duplicate'
    if (row.sequence > head.sequence + 1) return 'missing'
    if (entry.previous !== head.hash) return 'unlinked'
    return isAnchored(row) ? undefined : 'replaced'
  }

  function isAnchored({ sequence, hash }: Pick<AuditHead, 'sequence' | 'hash'>): boolean {
    const known = anchors.get(sequence)
    return known === undefined || (known.size === 1 && known.has(hash))
  }

  function noteSeal({ kind, details = {} }: Omit<AuditEntry, 'hash'>): void {
    if (kind !== 'auditSealed' || removed === undefined) return
    const { first, last, count, lastHash, before } = details as unknown as AuditSeal
    if (last !== removed.sequence || lastHash !== removed.hash) return
    isSealed ||= isSealValid({ stream, first, last, count, lastHash, before }, details)
  }

  return {
    get head() {
      return head
    },
    add(row) {
      const entry = readBody(row, hashText)
      if (entry === undefined) return toFault('altered', row.sequence)
      if (head.sequence === 0 && row.sequence > 1 && entry.sequence === row.sequence) {
        head = { stream, sequence: row.sequence - 1, hash: entry.previous }
        removed = head
      }
      const kind = findFault(row, entry)
      if (kind === 'missing') return toFault(kind, head.sequence + 1)
      if (kind !== undefined) return toFault(kind, row.sequence)
      noteSeal(entry)
      head = { stream, sequence: row.sequence, hash: row.hash }
      return undefined
    },
    end() {
      if (removed && !isSealed) return toFault('unsealed', removed.sequence)
      if (removed && !isAnchored(removed)) return toFault('replaced', removed.sequence)
      const last = Math.max(0, ...anchors.keys())
      return last > head.sequence ? toFault('truncated', head.sequence + 1) : undefined
    },
  }
}

/** What a text says that is what was hashed, and in its one form; otherwise `undefined`. */
function readBody(
  { body, hash }: AuditRow,
  hashText: HashText,
): Omit<AuditEntry, 'hash'> | undefined {
  if (hashText(body) !== hash) return undefined
  try {
    const value = JSON.parse(body) as JsonValue
    return toCanonicalJson(value) === body ? (value as unknown as AuditEntry) : undefined
  } catch {
    return undefined
  }
}

/** Whether the indexes find an entry by what its text says. */
function isIndexedAs(row: AuditRow, entry: Omit<AuditEntry, 'hash'>): boolean {
  const { body: _, hash: __, ...indexed } = row
  const wanted = toIndexed(entry)
  return toCanonicalJson(toJson(indexed)) === toCanonicalJson(toJson(wanted))
}

function toJson(indexed: Omit<AuditRow, 'body' | 'hash'>): JsonValue {
  return indexed as unknown as JsonValue
}
