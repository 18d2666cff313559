import type { AuditSeal } from '../../core/audit/chain.ts'
import type { AuditEntry, AuditHead, AuditRecord, AuditRow } from '../../core/audit/entry.ts'
import type { AuditKind } from '../../core/audit/kinds.ts'
import type { Page, PageOptions } from './pages.ts'

/** Which entries are listed; each must hold. */
export interface AuditFilter {
  /** ISO 8601, UTC: not before this time. */
  readonly from?: string
  /** Before this time. */
  readonly to?: string
  readonly kind?: AuditKind
  /** Kind and id of the actor, joined by a colon; or the kind alone. */
  readonly actor?: string
  /** Id of a person, a face, or of something else that an entry concerns. */
  readonly subject?: string
  readonly requestId?: string
  /** Only entries of these collections. */
  readonly collectionIds?: readonly string[]
}

/** The signature of a seal, and the id of the key that made it. */
export interface SealSignature {
  readonly key: string
  readonly signature: string
}

/**
 * The audit log. What a write of another port changes, it enters in its own transaction, as
 * `../audit-rules.ts` says; see docs/decisions/0031-audit.md.
 */
export interface AuditStore {
  /** Enters what changes nothing in the database: decisions, reads, refusals. In the given order. */
  append(records: readonly AuditRecord[]): Promise<void>
  /** Newest first. */
  list(options?: PageOptions & AuditFilter): Promise<Page<AuditEntry>>
  /** The ends of all chains that have entries. */
  heads(): Promise<readonly AuditHead[]>
  /** Rows of a chain as they are stored, unchecked, in the order of the sequence. @param after  0: from the first */
  rows(stream: number, after: number, limit: number): Promise<readonly AuditRow[]>
  /**
   * The next entries that may be removed: the oldest of a chain that were entered before a time.
   *
   * @param limit  most entries
   * @returns `undefined` when there are none
   */
  sealable(before: string, limit: number): Promise<AuditSeal | undefined>
  /**
   * Removes these entries and enters the seal in their chain, as a whole or not at all.
   *
   * @returns how many were removed; 0 when they are gone, or others
   */
  seal(seal: AuditSeal, signature: SealSignature): Promise<number>
}
