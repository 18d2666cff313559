import { spawn } from 'node:child_process'

/** What a finished command wrote. */
export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end.
 *
 * @throws an error with code `ENOENT` when there is no such program
 */
export type CommandRunner = (
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly signal?: AbortSignal },
) => Promise<CommandResult>

/** Enough for npm's JSON of a large package; more is cut off. */
const MAX_OUTPUT_CHARS = 4 << 20

/** The environment without our settings: keys among them are nothing that npm or pip needs. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env)
  return Object.fromEntries(entries.filter(([name]) => !/^FACE_WATCHER_/i.test(name)))
}

/** Runs a program without a shell (on Windows with one: npm is a batch file there). */
export const runCommand: CommandRunner = (command, args, { cwd, signal }) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: foreignEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      windowsHide: true,
      ...(signal ? { signal } : {}),
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MAX_OUTPUT_CHARS) stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < MAX_OUTPUT_CHARS) stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ exitCode: code ?? 1, stdout, stderr }))
  })
