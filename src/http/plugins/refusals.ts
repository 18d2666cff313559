import type { AuditLog } from '../../access/audit/audit-log.ts'
import { anonymous } from '../../access/principal.ts'
import type { ErrorCode } from '../../core/errors.ts'
import type { App } from '../types.ts'
import { toFaceError } from './problems.ts'

/** Refusals that the audit log counts. */
const counted: ReadonlySet<ErrorCode> = new Set([
  'unauthorized',
  'missingScope',
  'forbidden',
  'rateLimited',
])

/**
 * Counts in the audit log who was refused: an entry a minute for each reason and caller, so that nobody
 * fills the disk with them.
 */
export function registerRefusals(app: App, log: Pick<AuditLog, 'tally'>): void {
  app.addHook('onError', async (request, _reply, error) => {
    const { code } = toFaceError(error, request)
    if (!counted.has(code)) return
    const { actor } = request.principal ?? anonymous
    log.tally({ kind: 'accessRefused', details: { reason: code } }, { actor, address: request.ip })
  })
}
