import type { CallContext } from '../core/actor.ts'
import type { AuditEvent } from '../core/audit/entry.ts'

/** Where decisions are written down; entries may be written after the answer. */
export interface AuditSink {
  /** Which are: those that name a person, all, or none. */
  readonly decisions: 'off' | 'matches' | 'all'
  note(event: AuditEvent, context: CallContext): void
  /** Counts what happens often: one entry a minute for each caller. */
  tally(event: AuditEvent, context: CallContext): void
}
