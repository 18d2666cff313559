import type { CallContext } from '../../core/actor.ts'

/** The context without what else its object has, such as a signal: it is sent to threads and stored. */
export function toPlainContext({
  actor: { kind, id, name },
  requestId,
  address,
}: CallContext): CallContext {
  return {
    actor: { kind, id, name },
    ...(requestId === undefined ? {} : { requestId }),
    ...(address === undefined ? {} : { address }),
  }
}
