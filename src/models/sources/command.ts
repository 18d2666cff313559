import { type ChildProcess, spawn } from 'node:child_process'

/** Output of a finished command. */
export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd: string
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Ends the program; what the call answers then comes after the program's end. */
  readonly signal?: AbortSignal
}

/**
 * Runs a program to its end.
 *
 * @throws an error with code `ENOENT` when there is no such program; the signal's reason
 */
export type CommandRunner = (
  command: string,
  args: readonly string[],
  options: CommandOptions,
) => Promise<CommandResult>

/** Enough for npm's JSON of a large package; more is cut off. */
const MAX_OUTPUT_CHARS = 4 << 20

const isWindows = process.platform === 'win32'

/** The environment without our settings: keys among them are nothing that npm or pip needs. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env)
  return Object.fromEntries(entries.filter(([name]) => !/^FACE_WATCHER_/i.test(name)))
}

/**
 * Ends a program with all that it started: `python3` and `npm` may be scripts of version
 * managers, which wait for the real one and do not hand the signal on.
 */
function endWithChildren({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(isWindows ? pid : -pid, 'SIGTERM')
  } catch {
    // It has ended meanwhile.
  }
}

/** Runs a program without a shell (on Windows with one: npm is a batch file there). */
export const runCommand: CommandRunner = (command, args, { cwd, env, signal }) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const child = spawn(command, args, {
      cwd,
      env: { ...foreignEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: isWindows,
      windowsHide: true,
      // A process group of its own, see `endWithChildren`.
      detached: !isWindows,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MAX_OUTPUT_CHARS) stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < MAX_OUTPUT_CHARS) stderr += text
    })
    const end = () => endWithChildren(child)
    signal?.addEventListener('abort', end)
    process.on('exit', end)
    child.on('error', reject)
    // A program that is being ended still writes: its end is waited for.
    child.on('close', (code) => {
      signal?.removeEventListener('abort', end)
      process.off('exit', end)
      if (signal?.aborted) reject(signal.reason)
      else resolve({ exitCode: code ?? 1, stdout, stderr })
    })
  })
