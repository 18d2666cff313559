import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { reportFailure } from '../../src/cli/failures.ts'
import { formatTable, type Output } from '../../src/cli/output.ts'
import { createProgram } from '../../src/cli/program.ts'
import { testModels } from './models.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const main = join(root, 'dist/cli/main.js')

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliProcess {
  readonly child: ChildProcess
  /** Resolves when stderr has this text; rejects when the process ends without it. */
  waitFor(text: string | RegExp): Promise<string>
  readonly done: Promise<CliResult>
}

/** The environment without settings of Face Watcher, so that tests do not depend on the machine. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('FACE_WATCHER_')),
  )
}

interface CliOptions {
  readonly env?: Record<string, string>
  readonly cwd?: string
  /** What comes in at standard input; nothing when absent. */
  readonly stdin?: Uint8Array
  /** A file to write the results to, instead of answering them. */
  readonly stdout?: string
}

/** Starts the built command line. */
export function startCli(args: readonly string[], options: CliOptions = {}): CliProcess {
  const file = options.stdout === undefined ? undefined : openSync(options.stdout, 'w')
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...cleanEnvironment(), ...options.env },
    cwd: options.cwd ?? tmpdir(),
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', file ?? 'pipe', 'pipe'],
  })
  if (file !== undefined) closeSync(file)
  // A command that has read enough closes it.
  child.stdin?.on('error', () => {}).end(options.stdin)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return {
    child,
    done,
    waitFor: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = typeof text === 'string' ? stderr.includes(text) : text.test(stderr)
          if (found) resolve(stderr)
        }
        child.stderr?.on('data', look)
        void done.then(() => reject(new Error(`ended without ${text}: ${stderr}`)))
        look()
      }),
  }
}

/** Runs the built command line to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).done
}

/** Runs a command line inside this process, which is much quicker, and without a terminal. */
export async function runInProcess(args: readonly string[]): Promise<CliResult> {
  let [stdout, stderr] = ['', '']
  const print: Output['print'] = (line) => {
    const parts = typeof line === 'string' ? [line] : line
    stdout += `${parts.map((part) => (typeof part === 'string' ? part : part.text)).join('')}\n`
  }
  const output: Output = {
    print,
    json: (value) => print(JSON.stringify(value)),
    jsonLine: (value) => print(JSON.stringify(value)),
    table: (headers, rows) => formatTable(headers, rows).forEach(print),
    note: (text) => {
      stderr += `${text}\n`
    },
    stderr: Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.WriteStream,
  }
  const before = process.exitCode
  process.exitCode = undefined
  try {
    await createProgram(output).parseAsync(args, { from: 'user' })
    return { code: Number(process.exitCode ?? 0), stdout, stderr }
  } catch (error) {
    const code = reportFailure(error, output, false)
    return { code, stdout, stderr }
  } finally {
    process.exitCode = before
  }
}

export interface TestDataDir {
  readonly path: string
  remove(): void
}

/** A fresh data directory with the test models in place. */
export async function createTestDataDir(): Promise<TestDataDir> {
  const path = mkdtempSync(join(tmpdir(), 'face-watcher-cli-'))
  symlinkSync(join(await testModels(), 'models'), join(path, 'models'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

interface SampleBox {
  readonly sample: number
  /** x, y, width, height */
  readonly box: readonly [number, number, number, number]
}

export type SampleFace = 'ann' | 'annAgain' | 'bea' | 'carla' | 'dora' | 'stranger'

/**
 * Faces of the sample photographs of @vladmandic/face-api: number of the photograph and face box,
 * pixels. `ann` and `annAgain` show the same woman on two photographs.
 */
export const sampleFaces: Readonly<Record<SampleFace, SampleBox>> = {
  ann: { sample: 3, box: [1050, 194, 234, 313] },
  annAgain: { sample: 1, box: [1476, 205, 210, 231] },
  bea: { sample: 3, box: [1503, 287, 208, 291] },
  carla: { sample: 6, box: [252, 491, 214, 275] },
  dora: { sample: 6, box: [1474, 257, 215, 303] },
  stranger: { sample: 5, box: [1108, 205, 179, 224] },
}

/** A whole sample photograph, with three to five faces. */
export function samplePhoto(sample: number): string {
  return join(root, `node_modules/@vladmandic/face-api/demo/sample${sample}.jpg`)
}

/** Writes a photograph of one face, cut from a sample. Another `quality` makes another file of it. */
export async function writeFacePhoto(
  name: SampleFace,
  file: string,
  quality = 92,
): Promise<string> {
  const { sample, box } = sampleFaces[name]
  const [x, y, width, height] = box
  const margin = Math.round(width * 0.4)
  mkdirSync(dirname(file), { recursive: true })
  await sharp(samplePhoto(sample))
    .extract({
      left: Math.max(0, x - margin),
      top: Math.max(0, y - margin),
      width: width + 2 * margin,
      height: height + 2 * margin,
    })
    .jpeg({ quality })
    .toFile(file)
  return file
}
