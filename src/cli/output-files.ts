import { lstatSync } from 'node:fs'
import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FileError, toFileError } from './failures.ts'
import { statOrUndefined, toIdentity } from './file-identity.ts'

/** What `--force` does. */
export const forceHelp = 'replace files that are there'

export interface OutputGuard {
  /** The flag that names the file, for messages. */
  readonly flag: string
  /** Files that exist may be replaced; never one of `inputs`. */
  readonly force: boolean
  /** What the command reads. */
  readonly inputs: readonly string[]
}

/**
 * Refuses to write over a user's files, before any work is done.
 *
 * @throws {FileError} when one of `paths` is an input (by any path, symbolic or hard link), or is there
 *   already and not to be replaced
 */
export function assertOutputs(
  paths: readonly string[],
  { flag, force, inputs }: OutputGuard,
): void {
  const read = new Map<string, string>()
  for (const input of inputs) {
    const identity = identityOf(input)
    if (identity !== undefined) read.set(identity, input)
  }
  const there: string[] = []
  for (const path of paths) {
    const identity = identityOf(path)
    const input = identity === undefined ? undefined : read.get(identity)
    if (input !== undefined) {
      const same = input === path ? '' : ` (${input})`
      throw new FileError(
        `${flag} ${path}`,
        `this file is read by the command${same}; choose another`,
      )
    }
    if (!force && exists(path)) there.push(path)
  }
  const [first] = there
  if (first === undefined) return
  const more = there.length > 1 ? `, and so are ${there.length - 1} more` : ''
  throw new FileError(`${flag} ${first}`, `it is there already${more}; --force replaces it`)
}

/** Whether two paths lead to one file or folder. */
export function isSameFile(one: string, other: string): boolean {
  const identity = identityOf(one)
  return identity !== undefined && identity === identityOf(other)
}

function identityOf(path: string): string | undefined {
  const stats = statOrUndefined(path)
  return stats && toIdentity(stats)
}

/** A link that leads nowhere is there, too. */
function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

/**
 * Writes a file as a whole or not at all.
 *
 * @param force  whether a file that came there meanwhile is replaced
 * @throws {FileError} when it cannot be written
 */
export async function writeOutput(
  path: string,
  content: string | Uint8Array,
  { flag, force }: Pick<OutputGuard, 'flag' | 'force'>,
): Promise<void> {
  try {
    if (!force) return await writeNew(path, content)
    const staging = await mkdtemp(join(dirname(path), '.face-watcher-'))
    try {
      const staged = join(staging, 'output')
      await writeFile(staged, content)
      await rename(staged, path)
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
  } catch (error) {
    throw toFileError(`${flag} ${path}`, error)
  }
}

async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  let begun = false
  try {
    const handle = await open(path, 'wx')
    begun = true
    await handle.writeFile(content).finally(() => handle.close())
  } catch (error) {
    if (begun) await rm(path, { force: true })
    throw error
  }
}
