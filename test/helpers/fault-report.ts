import { appendFileSync } from 'node:fs'
import { expect } from 'vitest'
import { isFaceError } from '../../src/core/errors.ts'
import type { Audit } from './write-ledger.ts'

export interface FaultOutcome extends Audit {
  /** From the fault, or from its end where it lasts, until an enrolment and a search succeeded; ms. */
  readonly recoveryMs: number
}

/** Options of a suite: it does little, but many processes share the machine while it does. */
export const patient = { timeout: 180_000 } as const

/** Whether the error is one that asks to try again later: a code of the catalogue that is answered with 503. */
export function isUnavailable(error: unknown): boolean {
  return isFaceError(error) && error.status === 503
}

/** What every audit shows. */
export const nothingLost = { lost: 0, resurrected: 0, differing: 0 } as const

/**
 * Notes what a fault did in the file that `npm run test:faults` makes its table of, and fails when
 * a write was lost or a deletion undone.
 */
export function reportFault(fault: string, outcome: FaultOutcome): void {
  const file = process.env.FACE_WATCHER_TEST_FAULT_REPORT
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ fault, ...outcome })}\n`)
  expect(outcome.acknowledged).toBeGreaterThan(0)
  expect(outcome, fault).toMatchObject(nothingLost)
}
