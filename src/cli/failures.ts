import { CommanderError } from 'commander'
import { type ErrorCode, type ErrorKind, isFaceError } from '../core/errors.ts'
import { explainFileError } from '../platform/files/image-file.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { type Output, toPrintable } from './output.ts'

/** A mistake in how the program was called, beyond what the argument parser sees. */
export class UsageError extends Error {
  override readonly name = 'UsageError'

  /** @param message  one line, which may quote what was given */
  constructor(message: string) {
    super(toPrintable(message))
  }
}

/** A file that cannot be read or written. */
export class FileError extends Error {
  override readonly name = 'FileError'
  /** Without the path and the full stop. */
  readonly reason: string
  /** A sentence of its own, where the path is told beside it. */
  readonly sentence: string

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${toPrintable(path)}: ${reason}.`, options)
    this.reason = reason
    this.sentence = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`
  }
}

/** What a file system's error says to people. */
export function toFileError(path: string, error: unknown): FileError {
  if (error instanceof FileError) return error
  return new FileError(path, explainFileError(path, error), { cause: error })
}

const exitCodeOfKind: Readonly<Record<ErrorKind, ExitCode>> = {
  input: exitCodes.input,
  refusal: exitCodes.input,
  state: exitCodes.state,
  capacity: exitCodes.state,
  fault: exitCodes.fault,
}

/** The exit code that stands for an error. */
export function toExitCode(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCodes.usage
  if (error instanceof FileError) return exitCodes.input
  if (isFaceError(error)) {
    if (error.code === 'aborted') return exitCodes.interrupted
    // Found at start, before anything was done: as wrong as a wrong flag.
    if (error.code === 'invalidConfig' || error.code === 'insecureBind') return exitCodes.usage
    return exitCodeOfKind[error.kind]
  }
  return exitCodes.fault
}

/** What a person can do about an error, where it is not in the message. */
const hints: Partial<Readonly<Record<ErrorCode, string>>> = {
  unknownModel: '"face-watcher models list" shows the models.',
  modelNotInstalled: '"face-watcher models list" shows which are.',
  modelCorrupt: '"face-watcher models verify" shows which.',
  collectionNotFound: '"face-watcher collections list" shows the collections.',
  personNotFound: '"face-watcher persons list" shows the persons.',
  faceNotFound: '"face-watcher faces list" shows the faces.',
  jobNotFound: '"face-watcher jobs list" shows the jobs.',
  keyNotFound: '"face-watcher keys list" shows the keys.',
  keyInUse: 'Revoke it first: "face-watcher keys revoke".',
  indexFileInvalid: '"face-watcher index rebuild" builds the index from the database.',
  insecureBind:
    'Make a key with "face-watcher keys create NAME --scope admin", or pass --insecure.',
  dataDirUnusable: 'Choose another directory with --data-dir.',
  storeReadOnly: 'Make the data directory writable, or choose another with --data-dir.',
  templateSecretMissing:
    'Add the secret to store.templateSecrets (FACE_WATCHER_STORE_TEMPLATE_SECRETS).',
  storeKeyWrong: 'Check store.encryptionKey (FACE_WATCHER_STORE_ENCRYPTION_KEY).',
  storeTooNew: 'Use the version of Face Watcher that wrote it, or a newer one.',
  storeCorrupt: 'Restore the data directory from a backup.',
  storeFull: 'Free some space and run the command again.',
  storeBusy: 'Run the command again when the other program is done.',
  storeUnavailable:
    'Check that the database runs, and its URL: the flag that gives it, otherwise store.url.',
}

/**
 * Writes one clear line about an error, and its stack with `--verbose` or when it is a fault that
 * nobody foresaw.
 *
 * @returns the exit code
 */
export function reportFailure(error: unknown, output: Output, verbose: boolean): ExitCode {
  if (error instanceof CommanderError) {
    // The parser has written its message.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  }
  const exitCode = toExitCode(error)
  // Ctrl-C has been answered already with what is done about it.
  if (exitCode === exitCodes.interrupted && !verbose) return exitCode
  const message = error instanceof Error ? error.message : String(error)
  // Where the message names a command already, a second one would only confuse.
  const isAdvised = message.includes('face-watcher ')
  const hint = isFaceError(error) && !isAdvised ? hints[error.code] : undefined
  const code = isFaceError(error) ? ` [${error.code}]` : ''
  output.note(`face-watcher: ${message}${hint ? ` ${hint}` : ''}${code}`)
  if (verbose) {
    for (let at: unknown = error; at instanceof Error; at = at.cause) output.note(at.stack ?? '')
  } else if (exitCode === exitCodes.fault) {
    output.note('Run the command again with --verbose to see where it happened.')
  }
  return exitCode
}
