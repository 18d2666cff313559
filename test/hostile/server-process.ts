import { readdirSync, readFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDataDir, startCli } from '../helpers/cli.ts'

/** What a process holds. */
export interface Balance {
  readonly descriptors: number
  readonly threads: number
  readonly residentBytes: number
  readonly temporaryFiles: number
}

export interface ServerProcess {
  readonly port: number
  /** Whether it still runs. */
  isRunning(): boolean
  balance(): Balance
  /** Lines of the log at level error and above. */
  faults(): readonly string[]
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>
}

/** Starts the built program with the test models and one analysis worker. */
export async function startServerProcess(): Promise<ServerProcess> {
  const data = await createTestDataDir()
  const cli = startCli(['serve', '--port', '0'], {
    env: {
      FACE_WATCHER_ANALYZER_WORKERS: '1',
      FACE_WATCHER_DATA_DIR: data.path,
      FACE_WATCHER_HTTP_REQUEST_TIMEOUT_MS: '5000',
      FACE_WATCHER_HTTP_WRITE_TIMEOUT_MS: '3000',
      FACE_WATCHER_LOG_FORMAT: 'json',
      TMPDIR: data.path,
    },
  })
  const { pid } = cli.child
  const faults: string[] = []
  cli.child.stdout?.on('data', (text: string) => {
    faults.push(...text.split('\n').filter((line) => /^\{"level":(50|60)/.test(line)))
  })
  const [, port] = /is at \S+:(\d+)/.exec(await cli.waitFor(/is at \S+\n/)) ?? []
  return {
    port: Number(port),
    isRunning: () => cli.child.exitCode === null && cli.child.signalCode === null,
    balance() {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      return {
        descriptors: readdirSync(`/proc/${pid}/fd`).length,
        threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]),
        residentBytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024,
        temporaryFiles: readdirSync(data.path, { recursive: true }).length,
      }
    },
    faults: () => faults,
    async stop() {
      cli.child.kill('SIGTERM')
      const { code } = await cli.done
      data.remove()
      return code
    },
  }
}

/** Asks `/healthz` every 50 ms until stopped. */
export function watchHealth(port: number): { stop(): Promise<readonly number[]> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const latencies: number[] = []
  let isStopped = false
  const ask = () =>
    new Promise<void>((resolve) => {
      const start = performance.now()
      const settle = () => {
        latencies.push(performance.now() - start)
        resolve()
      }
      get({ agent, port, host: '127.0.0.1', path: '/healthz' }, (answer) => {
        answer.resume().on('end', settle)
      }).on('error', settle)
    })
  const done = (async () => {
    while (!isStopped) {
      await ask()
      await sleep(50)
    }
    agent.destroy()
  })()
  return {
    async stop() {
      isStopped = true
      await done
      return latencies.sort((a, b) => a - b)
    },
  }
}
