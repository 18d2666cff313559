import { FaceError } from '../../core/errors.ts'
import { assertMachine } from './this-machine.ts'

/** Options of a MongoDB URL in which nobody keeps a secret. */
const plainOptions: ReadonlySet<string> = new Set([
  ...['replicaset', 'authsource', 'tls', 'ssl', 'directconnection', 'readpreference'],
  ...['retryreads', 'retrywrites', 'w', 'loadbalanced', 'appname'],
])

/** An address of a database as a job keeps it. */
export interface KeptAddress {
  readonly address: string
  /** Something was left out, so that only who gave the address can open it. */
  readonly isPartial: boolean
}

/**
 * The address of a database without what may be secret, as everybody who sees a job sees its input: a
 * user, a password, and options beyond a few well-known ones are left out.
 *
 * @param address  a URL, or the path of a file
 */
export function toKeptAddress(address: string): KeptAddress {
  const [, scheme, rest] = /^([a-z+]+:\/\/)(.*)$/is.exec(address) ?? []
  if (scheme === undefined || rest === undefined) return { address, isPartial: false }
  // Up to the last "@", wherever it stands: what is no proper URL may hold a password, too.
  const [where = '', ...queries] = rest.slice(rest.lastIndexOf('@') + 1).split('?')
  const options = queries.join('?').split('&').filter(isPlain).join('&')
  const kept = `${scheme}${where}${options === '' ? '' : `?${options}`}`
  return { address: kept, isPartial: kept !== address }
}

function isPlain(option: string): boolean {
  return plainOptions.has(option.split('=', 1)[0]!.toLowerCase())
}

/**
 * Whether this process can open the address that a job keeps.
 *
 * @throws {FaceError} `invalidOption`
 */
export function assertKeptAddress(input: {
  readonly machine: string
  readonly isPartial: boolean
}): void {
  assertMachine(input.machine)
  if (!input.isPartial) return
  throw new FaceError('invalidOption', {
    detail:
      'The source is reached with a user, a password or an option that a job does not keep. Run the command again; it goes on.',
  })
}
