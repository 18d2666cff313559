import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '../../src/models/manifest-types.ts'
import { findFreePort } from '../servers/free-ports.ts'
import { testModels } from './models.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const readyTimeoutMs = 60_000

export interface ServerProcess {
  readonly url: string
  readonly dataDir: string
  /** Kills the program without a word, as a crash does. */
  kill(): Promise<void>
  /** Starts it again after {@link ServerProcess.kill}, on the same port and data. */
  start(): Promise<void>
  close(): Promise<void>
}

export interface ServerProcessOptions {
  /** Models beside the two that are needed, of which none is installed. Default: all test models are there. */
  readonly manifest?: Manifest
  /** Of the program. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts the built program on a free port with an empty data directory; `close` removes it. */
export async function startServerProcess({
  manifest,
  env = {},
}: ServerProcessOptions = {}): Promise<ServerProcess> {
  const models = join(await testModels(), 'models')
  const dataDir = await mkdtemp(join(tmpdir(), 'face-watcher-e2e-'))
  if (manifest === undefined) await symlink(models, join(dataDir, 'models'), 'dir')
  else await writeModels(join(dataDir, 'models'), { models, manifest })
  const port = await findFreePort()
  const url = `http://localhost:${port}/`
  let child: ChildProcess
  const start = async (): Promise<void> => {
    child = await startProgram(port, { dataDir, env })
  }
  const close = async (): Promise<void> => {
    await stop(child, 'SIGTERM')
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true })
    throw error
  }
  return { url, dataDir, kill: () => stop(child, 'SIGKILL'), start, close }
}

async function writeModels(
  folder: string,
  { models, manifest }: { readonly models: string; readonly manifest: Manifest },
): Promise<void> {
  await mkdir(folder)
  for (const id of ['mtcnn', 'mobilefacenet']) {
    await symlink(join(models, id), join(folder, id), 'dir')
  }
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ version: 1, ...manifest }))
}

/** @returns the process, when it is ready; it is stopped when it does not start */
async function startProgram(
  port: number,
  { dataDir, env }: { readonly dataDir: string; readonly env: Readonly<Record<string, string>> },
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main, 'serve', '--port', String(port)], {
    env: { PATH: process.env.PATH, HOME: dataDir, FACE_WATCHER_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (text) => {
    log = (log + text).slice(-4_000)
  })
  const deadline = Date.now() + readyTimeoutMs
  while (!(await isReady(`http://localhost:${port}/`))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop(child, 'SIGTERM')
      throw new Error(`The server does not start:\n${log}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return child
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}readyz`)).ok
  } catch {
    return false
  }
}

async function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(timer)
}
