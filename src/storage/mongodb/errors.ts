import {
  MongoBulkWriteError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoUnexpectedServerResponseError,
  MongoWriteConcernError,
} from 'mongodb'
import { FaceError, isFaceError } from '../../core/errors.ts'

/** Codes of the server's src/mongo/base/error_codes.yml. */
const codes = {
  unavailable: new Set([
    6, // HostUnreachable
    7, // HostNotFound
    64, // WriteConcernFailed
    89, // NetworkTimeout
    91, // ShutdownInProgress
    100, // UnsatisfiableWriteConcern
    189, // PrimarySteppedDown
    262, // ExceededTimeLimit
    9001, // SocketException
    10107, // NotWritablePrimary
    11600, // InterruptedAtShutdown
    11602, // InterruptedDueToReplStateChange
    13435, // NotPrimaryNoSecondaryOk
    13436, // NotPrimaryOrSecondary
  ]),
  busy: new Set([
    24, // LockTimeout
    50, // MaxTimeMSExpired
    112, // WriteConflict
    117, // ConflictingOperationInProgress
    225, // TransactionTooOld
    251, // NoSuchTransaction
    290, // TransactionExceededLifetimeLimitSeconds
  ]),
  refused: new Set([
    13, // Unauthorized
    18, // AuthenticationFailed
  ]),
  // OutOfDiskSpace
  full: new Set([14_031]),
}

/** Whether the driver's error says that a unique index refused the write. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11_000
}

/**
 * Whether it is an error of the system that the driver passes on as it is: an unknown host name, or
 * (without a `syscall`) a socket that was closed just before it was written to.
 */
function isSystemError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  return code === 'EPIPE' || syscall !== undefined
}

/** Whether it is of a class that the driver does not export. */
function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

/**
 * The catalogue's error for one of the driver. Messages of the driver are not passed on: they may
 * hold the connection string, or stored values.
 */
export function toStoreError(error: unknown): FaceError {
  if (isFaceError(error)) return error
  // A write of several documents wraps what broke its connection.
  if (error instanceof MongoBulkWriteError && error.errorResponse instanceof Error) {
    return toStoreError(error.errorResponse)
  }
  // Its message quotes the URL, password included.
  if (error instanceof MongoParseError) {
    return new FaceError('invalidConfig', { detail: 'The MongoDB URL is not valid.' })
  }
  const options = { cause: error }
  if (error instanceof MongoServerSelectionError) {
    return new FaceError('storeUnavailable', { ...options, detail: 'No primary answers.' })
  }
  if (
    isSystemError(error) ||
    error instanceof MongoNetworkError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError ||
    // Among others, of a retry whose server was lost while it was chosen.
    error instanceof MongoUnexpectedServerResponseError ||
    isNamed(error, 'MongoPoolClosedError') ||
    error instanceof MongoWriteConcernError
  ) {
    return new FaceError('storeUnavailable', options)
  }
  // Waiting for a connection took too long.
  if (isNamed(error, 'MongoWaitQueueTimeoutError')) {
    return new FaceError('storeBusy', options)
  }
  if (!(error instanceof MongoServerError)) return new FaceError('internal', options)
  const code = Number(error.code)
  if (codes.unavailable.has(code)) return new FaceError('storeUnavailable', options)
  if (codes.full.has(code)) return new FaceError('storeFull', options)
  if (codes.refused.has(code)) {
    return new FaceError('storeUnavailable', {
      ...options,
      detail: 'The server refuses the user of the MongoDB URL.',
    })
  }
  if (codes.busy.has(code) || error.hasErrorLabel('TransientTransactionError')) {
    return new FaceError('storeBusy', options)
  }
  const name = error.codeName ?? 'no name'
  return new FaceError('internal', { ...options, detail: `The database said: ${code} (${name}).` })
}
