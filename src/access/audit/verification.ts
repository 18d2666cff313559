import {
  type AuditFault,
  type ChainCheckOptions,
  createChainCheck,
} from '../../core/audit/chain.ts'
import type { AuditHead } from '../../core/audit/entry.ts'
import type { AuditStore } from '../../storage/ports/audit.ts'
import { hashText } from '../../storage/rules/audit.ts'
import { type AnchorFault, type ReadAnchors, toSealText } from './anchors.ts'
import { isSignedBy, type Signature, type TrustedKeys } from './signing-key.ts'

/** What a verification of the audit log found. */
export interface AuditReport {
  /** ISO 8601, UTC: when it ended. */
  readonly verifiedAt: string
  /** Nothing is wrong. */
  readonly sound: boolean
  readonly chains: number
  readonly entries: number
  /** Signed anchors that it was held against. */
  readonly anchors: number
  /** When the last of them was made: what was entered later is covered by no anchor. */
  readonly lastAnchorAt?: string
  /** The first fault of each chain, and anchors that cannot be believed. */
  readonly faults: readonly (AuditFault | AnchorFault)[]
}

export interface VerificationOptions {
  readonly anchors: ReadAnchors
  readonly trusted: TrustedKeys
  readonly signal?: AbortSignal | undefined
}

/** Rows that are read and hashed in one go: some 5 ms of the event loop. */
const rowsAtOnce = 500

type Anchored = ReadonlyMap<number, ReadonlySet<string>>

/**
 * Walks along all chains of the audit log and holds them against signed anchors, and against the heads
 * that the log itself tells of.
 *
 * @throws {FaceError} the database's errors; the signal's reason
 */
export async function verifyAudit(
  audit: Pick<AuditStore, 'heads' | 'rows' | 'list'>,
  { anchors, trusted, signal }: VerificationOptions,
): Promise<AuditReport> {
  const known = new Map<number, Map<number, Set<string>>>()
  const note = ({ stream, sequence, hash }: AuditHead) => {
    const chain = known.get(stream) ?? new Map<number, Set<string>>()
    known.set(stream, chain)
    chain.set(sequence, (chain.get(sequence) ?? new Set()).add(hash))
  }
  for (const { heads } of anchors.anchors) heads.forEach(note)
  for await (const head of readEnteredHeads(audit)) note(head)
  const present = (await audit.heads()).map(({ stream }) => stream)
  const streams = [...new Set([...present, ...known.keys()])].sort((a, b) => a - b)

  const isSealValid: ChainCheckOptions['isSealValid'] = (seal, details) =>
    isSignedBy(trusted, toSealText(seal), details as unknown as Signature)

  async function walk(stream: number): Promise<{ fault?: AuditFault; entries: number }> {
    const chainAnchors: Anchored = known.get(stream) ?? new Map()
    const check = createChainCheck({ stream, hashText, anchors: chainAnchors, isSealValid })
    let entries = 0
    for (let after = 0; ; ) {
      signal?.throwIfAborted()
      const rows = await audit.rows(stream, after, rowsAtOnce)
      for (const row of rows) {
        const fault = check.add(row)
        if (fault) return { fault, entries }
        entries++
      }
      after = rows.at(-1)?.sequence ?? after
      if (rows.length === rowsAtOnce) continue
      const fault = check.end()
      return fault ? { fault, entries } : { entries }
    }
  }

  const faults: (AuditFault | AnchorFault)[] = [...anchors.faults]
  let entries = 0
  for (const stream of streams) {
    let walked = await walk(stream)
    // Old entries may have been removed while it was being walked along.
    if (walked.fault) walked = await walk(stream)
    entries += walked.entries
    if (walked.fault) faults.push(walked.fault)
  }
  const lastAnchorAt = anchors.anchors
    .map(({ at }) => at)
    .sort()
    .at(-1)
  return {
    verifiedAt: new Date().toISOString(),
    ...{ sound: faults.length === 0, chains: streams.length, entries },
    anchors: anchors.anchors.length,
    ...(lastAnchorAt === undefined ? {} : { lastAnchorAt }),
    faults,
  }
}

/** The heads that entries of the log tell of. */
async function* readEnteredHeads(audit: Pick<AuditStore, 'list'>): AsyncGenerator<AuditHead> {
  let cursor: string | undefined
  do {
    const page = await audit.list({
      kind: 'auditAnchored',
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const { details } of page.items) {
      const heads = Array.isArray(details?.heads) ? details.heads : []
      for (const code of heads) {
        const [stream, sequence, hash = ''] = String(code).split(':')
        yield { stream: Number(stream), sequence: Number(sequence), hash }
      }
    }
    cursor = page.nextCursor
  } while (cursor !== undefined)
}

/** A head as the log tells of it. */
export function toHeadCode({ stream, sequence, hash }: AuditHead): string {
  return `${stream}:${sequence}:${hash}`
}
