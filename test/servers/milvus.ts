import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { MilvusClient } from '@zilliz/milvus2-sdk-node'
import { findFreePorts } from './free-ports.ts'

const startTimeoutMs = 180_000

/** A Milvus server in which a test may create and drop collections. */
export interface TestMilvus {
  /** `host:port` */
  readonly address: string
  /** Ends what was started for the test and removes its data. */
  stop(): Promise<void>
}

/** A server of the test's own, on loopback, with data in a temporary directory. */
export interface OwnMilvus extends TestMilvus {
  /** The process of the engine itself. */
  pid(): number
  /** Resident memory of all its processes. */
  residentBytes(): number
  /** Ends all its processes at once, as a power cut does. */
  kill9(): Promise<void>
  /** Starts it again on its own data and address; resolves when it answers. */
  restart(): Promise<void>
}

/** The `milvus-server` of PyPI's `milvus`: `FACE_WATCHER_TEST_MILVUS_SERVER`, else on the PATH. */
function findMilvusServer(): string | undefined {
  return [process.env.FACE_WATCHER_TEST_MILVUS_SERVER, 'milvus-server'].find((candidate) => {
    if (candidate === undefined) return false
    try {
      execFileSync(candidate, ['--help'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}

/**
 * Why tests that need Milvus are skipped; undefined when they can run.
 *
 * @param own  they need a server of their own, to kill
 */
export function whyNoMilvus({ own }: { readonly own: boolean }): string | undefined {
  if (!own && process.env.FACE_WATCHER_TEST_MILVUS_ADDRESS !== undefined) return undefined
  if (findMilvusServer() !== undefined) return undefined
  return 'no milvus-server: pip install milvus==2.3.5, and FACE_WATCHER_TEST_MILVUS_SERVER or the PATH'
}

/** A prefix of collections that no other test uses. */
export function newMilvusPrefix(): string {
  return `test_${randomBytes(6).toString('hex')}`
}

/** The server of `FACE_WATCHER_TEST_MILVUS_ADDRESS`, else one of the test's own. */
export async function openTestMilvus(): Promise<TestMilvus> {
  const address = process.env.FACE_WATCHER_TEST_MILVUS_ADDRESS
  if (address === undefined) return startMilvus()
  return { address, stop: async () => {} }
}

/** Starts a server; resolves when it answers. @param program path of the starter; default: the one that the tests use */
export async function startMilvus(program = findMilvusServer()): Promise<OwnMilvus> {
  if (program === undefined) throw new Error(whyNoMilvus({ own: true }))
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-milvus-'))
  let child: ChildProcess | undefined
  let address = ''
  const engineEnvironment = {
    // Without the file, the embedded etcd listens on fixed ports.
    ETCD_CONFIG_PATH: join(directory, 'etcd.yaml'),
    // The temporary index of recent rows misses many of them; deploy/ switches it off, too.
    QUERYNODE_SEGCORE_INTERIMINDEX_ENABLEINDEX: 'false',
  }

  /** The starter and the engine it started are one process group. */
  function killGroup(): void {
    if (child?.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  }

  /** The starter unpacks the engine, writes its configuration and runs it. */
  async function launch(): Promise<void> {
    child = spawn(program!, ['--data', directory, ...(await choosePorts(directory))], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...engineEnvironment, PYTHONUNBUFFERED: '1' },
    })
    process.once('exit', killGroup)
    await waitForBanner(child)
    const config = await readFile(join(directory, 'configs', 'milvus.yaml'), 'utf8')
    const port = /^ {2}port: (\d+)\n {2}internalPort:/m.exec(config)?.[1]
    if (port === undefined) throw new Error('milvus-server has another configuration')
    address = `127.0.0.1:${port}`
    await waitForAnswer(address)
  }

  /** Without the starter, which would take other ports while the old connections linger. */
  async function restart(): Promise<void> {
    await kill9()
    const bin = join(directory, 'bin')
    const [metricsPort] = await findFreePorts(1)
    child = spawn(join(bin, 'milvus'), ['run', 'standalone'], {
      cwd: directory,
      detached: true,
      stdio: 'ignore',
      env: {
        ...process.env,
        ...engineEnvironment,
        DEPLOY_MODE: 'STANDALONE',
        LD_LIBRARY_PATH: bin,
        METRICS_PORT: `${metricsPort}`,
        MILVUS_RUN_DIR: join(directory, 'run'),
      },
    })
    process.once('exit', killGroup)
    await waitForAnswer(address)
  }

  async function kill9(): Promise<void> {
    process.removeListener('exit', killGroup)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    killGroup()
    await ended
  }

  async function stop(): Promise<void> {
    await kill9()
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  try {
    await withStartLock(launch)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    get address() {
      return address
    },
    pid() {
      const starter = child!.pid!
      return readChildren(starter)[0] ?? starter
    },
    residentBytes: () => readGroupMemory(child!.pid!),
    kill9,
    restart,
    stop,
  }
}

/** Writes etcd's configuration. @returns the arguments that name the ports */
async function choosePorts(directory: string): Promise<string[]> {
  const [etcd, peer, ...ports] = await findFreePorts(10)
  const client = `http://127.0.0.1:${etcd}`
  const peers = `http://127.0.0.1:${peer}`
  await mkdir(join(directory, 'data'), { recursive: true })
  await writeFile(
    join(directory, 'etcd.yaml'),
    [
      'name: default',
      `data-dir: ${join(directory, 'data', 'etcd.data')}`,
      `listen-client-urls: ${client}`,
      `advertise-client-urls: ${client}`,
      `listen-peer-urls: ${peers}`,
      `initial-advertise-peer-urls: ${peers}`,
      `initial-cluster: default=${peers}`,
      'log-level: warn',
    ].join('\n'),
  )
  const roles = ['proxy', 'proxy-internal', 'root-coord', 'query-coord', 'query-node']
  roles.push('index-coord', 'index-node', 'data-coord')
  return [
    ...['--etcd-port', `${etcd}`],
    ...roles.flatMap((role, i) => [`--${role}-port`, `${ports[i]}`]),
  ]
}

/**
 * One server is started at a time, also by other test processes: the port of its health check is
 * its own choice, and two that start together choose the same.
 */
async function withStartLock(body: () => Promise<void>): Promise<void> {
  const lock = join(tmpdir(), 'face-watcher-milvus-start.lock')
  for (;;) {
    try {
      await mkdir(lock)
      break
    } catch {
      const since = (await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now()
      // Left by a test that was killed.
      if (Date.now() - since > startTimeoutMs) await rm(lock, { recursive: true, force: true })
      await pause(200)
    }
  }
  try {
    await body()
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

async function waitForBanner(child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startTimeoutMs
  let said = ''
  child.stdout!.on('data', (bytes: Buffer) => {
    said += bytes.toString()
  })
  while (!said.includes('Ctrl+C')) {
    if (child.exitCode !== null) throw new Error(`milvus-server ended with ${child.exitCode}`)
    if (Date.now() > deadline) throw new Error('milvus-server did not start')
    await pause(50)
  }
}

async function waitForAnswer(address: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs
  for (;;) {
    const client = new MilvusClient({ address, timeout: 5000, maxRetries: 0, logLevel: 'error' })
    try {
      await client.connectPromise
      const { status } = await client.showCollections()
      if (status.code === 0) return
    } catch (error) {
      if (Date.now() > deadline) throw error
    } finally {
      await client.closeConnection()
    }
    await pause(100)
  }
}

/** Resident bytes of a group of processes. */
function readGroupMemory(group: number): number {
  const { stdout } = spawnSync('ps', ['-e', '-o', 'pgid=,rss='], { encoding: 'utf8' })
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return rows.reduce((sum, [pgid, kib = 0]) => (pgid === group ? sum + kib * 1024 : sum), 0)
}

/** Linux only, as the server is. */
function readChildren(pid: number): number[] {
  // ps fails where there are none.
  const { stdout: listed } = spawnSync('ps', ['-o', 'pid=', '--ppid', `${pid}`], {
    encoding: 'utf8',
  })
  return listed.split(/\s+/).filter(Boolean).map(Number)
}
