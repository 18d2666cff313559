import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PartialConfig } from '../../src/config/config.ts'
import { type FaceErrorRecord, fromErrorRecord } from '../../src/core/errors.ts'
import type { Gallery } from '../../src/gallery/gallery.ts'
import type { AnswerStore } from '../../src/storage/ports/answers.ts'
import { cleanEnvironment } from './cli.ts'

const child = fileURLToPath(new URL('./gallery-node-child.mjs', import.meta.url))

/** A gallery in a process of its own. */
export interface GalleryNode {
  /** Its gallery; a call that the process did not answer before it ended rejects with {@link NodeEnded}. */
  readonly gallery: Gallery
  readonly answers: AnswerStore
  /** What it logged as a warning. */
  warnings(): Promise<readonly string[]>
  /** Its clock, ms since 1970. */
  now(): Promise<number>
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>
  /** Closes gallery and store, and ends. */
  stop(): Promise<void>
}

/** Whether what was asked for was done is not known. */
export class NodeEnded extends Error {}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: FaceErrorRecord
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

export interface GalleryNodeOptions {
  /** Of Node.js itself. */
  readonly nodeArguments?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** The nodes of a test. */
export interface GalleryNodes {
  /** A fresh directory; the nodes' data directory where the configuration names none. */
  readonly directory: string
  /** Rejects when the node ends before it serves. */
  start(config?: PartialConfig, options?: GalleryNodeOptions): Promise<GalleryNode>
  /** Kills those that run and removes the directory. */
  end(): Promise<void>
}

/** Creates an empty set of nodes. */
export async function createGalleryNodes(): Promise<GalleryNodes> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-fault-'))
  const nodes: GalleryNode[] = []
  return {
    directory,
    async start(config = {}, options = {}) {
      const dataDir = config.dataDir ?? directory
      await mkdir(dataDir, { recursive: true })
      const node = await startGalleryNode({ ...config, dataDir }, options)
      nodes.push(node)
      return node
    },
    async end() {
      await Promise.all(nodes.map((node) => node.kill()))
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function startGalleryNode(
  config: PartialConfig,
  options: GalleryNodeOptions,
): Promise<GalleryNode> {
  const process_ = fork(child, [JSON.stringify(config)], {
    serialization: 'advanced',
    env: { ...cleanEnvironment(), ...options.env },
    execArgv: [...(options.nodeArguments ?? [])],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  process_.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const waiting = new Map<number, Waiting>()
  let calls = 0
  const ended = once(process_, 'exit').then(() => {
    for (const { reject } of waiting.values()) reject(new NodeEnded('The node ended.'))
    waiting.clear()
  })
  const failed = ended.then(() => {
    throw new NodeEnded(`The node did not start: ${stderr}`)
  })
  await Promise.race([once(process_, 'message'), failed])
  failed.catch(() => {})

  process_.on('message', ({ id, value, error }: Answer) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error) call?.reject(fromErrorRecord(error))
    else call?.resolve(value)
  })

  function call(method: string, parameters: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!process_.connected) throw new NodeEnded('The node has ended.')
      const id = calls++
      waiting.set(id, { resolve, reject })
      // A failure to send is the end of the process, which `ended` tells.
      process_.send({ id, method, parameters }, () => {})
    })
  }

  /** What is called at a path of the process, such as `faces.add`. */
  function reach<T>(path: readonly string[]): T {
    const remote = new Proxy(() => {}, {
      // Otherwise `await` takes it for a promise.
      get: (_, key) => (key === 'then' ? undefined : reach([...path, String(key)])),
      apply: (_, _self, parameters) => call(path.join('.'), parameters),
    })
    return remote as T
  }
  const gallery = reach<Gallery>([])

  return {
    gallery,
    answers: reach<AnswerStore>(['answers']),
    warnings: () => call('warnings', []) as Promise<readonly string[]>,
    now: () => call('now', []) as Promise<number>,
    async kill() {
      process_.kill('SIGKILL')
      await ended
    },
    async stop() {
      if (process_.connected) await gallery.close().catch(() => {})
      await ended
    },
  }
}
