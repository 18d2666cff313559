import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { findFreePort } from './free-ports.ts'

const startTimeoutMs = 60_000

/** A MongoDB server whose databases a test may create and drop. */
export interface TestServer {
  /** Connection string, without a database. */
  readonly url: string
  /** Ends what was started for the test and removes its data. */
  stop(): Promise<void>
}

/** A replica set of this machine, on loopback, with data in a temporary directory. */
export interface ReplicaSet extends TestServer {
  /** Connection string of each member alone. */
  readonly memberUrls: readonly string[]
  /** The primary steps down; resolves when there is a primary again. */
  stepDown(): Promise<void>
  /** Ends a member's process, by default the primary's. @returns which member it was */
  kill(signal: NodeJS.Signals, member?: number): Promise<number>
  /** Starts a member that was killed, on its own data. */
  restart(member: number): Promise<void>
  /** Runs a command on the primary's `admin` database. */
  command(command: Record<string, unknown>): Promise<Record<string, unknown>>
}

export interface ReplicaSetOptions {
  readonly members: 1 | 3
  /** So small that old entries are soon cut off; by default as large as the server likes. */
  readonly oplogSizeMb?: number
  /** Path of a `mongod`; default: the one that the tests use. */
  readonly program?: string | undefined
  /** Memory of its cache in GiB, default 0.25. */
  readonly cacheGb?: number | undefined
}

/**
 * The path of a `mongod`: `FACE_WATCHER_TEST_MONGOD`, else on the PATH, else
 * `.cache/test-servers/mongod`.
 */
function findMongod(): string | undefined {
  const candidates = [
    process.env.FACE_WATCHER_TEST_MONGOD,
    'mongod',
    fileURLToPath(new URL('../../.cache/test-servers/mongod', import.meta.url)),
  ]
  return candidates.find((candidate) => {
    if (candidate === undefined) return false
    try {
      execFileSync(candidate, ['--version'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}

/**
 * Why tests that need MongoDB are skipped; undefined when they can run.
 *
 * @param own  they need a server of their own, to kill or to configure
 */
export function whyNoMongod({ own }: { readonly own: boolean }): string | undefined {
  if (!own && process.env.FACE_WATCHER_TEST_MONGODB_URL !== undefined) return undefined
  if (findMongod() !== undefined) return undefined
  return 'no mongod: set FACE_WATCHER_TEST_MONGOD, or put one on the PATH or at .cache/test-servers/mongod'
}

/** A database name that no other test uses. */
export function newDatabaseName(): string {
  return `face_watcher_test_${randomBytes(6).toString('hex')}`
}

/** The server of `FACE_WATCHER_TEST_MONGODB_URL`, else a replica set of one member. */
export async function openTestServer(): Promise<TestServer> {
  const url = process.env.FACE_WATCHER_TEST_MONGODB_URL
  if (url === undefined) return startReplicaSet({ members: 1 })
  return { url, stop: async () => {} }
}

/** A server that is not part of a replica set. */
export async function startStandalone(): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-mongod-'))
  const member = await createMember(directory, { parameters: [] })
  await member.start()
  return {
    url: member.url,
    async stop() {
      await member.kill('SIGKILL')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Starts a replica set; resolves when it has a primary. */
export async function startReplicaSet(options: ReplicaSetOptions): Promise<ReplicaSet> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-mongod-'))
  // The oplog is cut off, and dropped files are removed, only up to the last checkpoint, which would be
  // made once a minute.
  const parameters = ['--replSet', 'rs0', '--syncdelay', options.oplogSizeMb ? '1' : '10']
  if (options.oplogSizeMb !== undefined) parameters.push('--oplogSize', `${options.oplogSizeMb}`)
  const { program, cacheGb } = options
  const members: Member[] = []
  try {
    for (let i = 0; i < options.members; i++) {
      const dbPath = join(directory, `${i}`)
      members.push(await createMember(dbPath, { parameters, program, cacheGb }))
    }
    await Promise.all(members.map((member) => member.start()))
    await initiate(members)
  } catch (error) {
    await Promise.all(members.map((member) => member.kill('SIGKILL')))
    throw error
  }
  const hosts = members.map((member) => member.host)
  const url = `mongodb://${hosts.join(',')}/?replicaSet=rs0`
  const admin = new MongoClient(url, { serverSelectionTimeoutMS: startTimeoutMs })
  const command = (body: Record<string, unknown>) => admin.db('admin').command(body)
  await waitForPrimary()

  /** @returns which member it is */
  async function waitForPrimary(): Promise<number> {
    const deadline = Date.now() + startTimeoutMs
    for (;;) {
      try {
        // A write tells: a primary that was just elected, or is about to step down, refuses it.
        await admin
          .db('admin')
          .collection('primary')
          .updateOne({}, { $set: { seen: Date.now() } })
        const { me } = await command({ hello: 1 })
        return hosts.indexOf(String(me))
      } catch (error) {
        if (Date.now() > deadline) throw error
        await pause(100)
      }
    }
  }

  return {
    url,
    memberUrls: members.map((member) => member.url),
    command,
    async stepDown() {
      // Without a successor it has to be forced, and comes back by itself.
      const alone = members.length === 1
      await command({
        replSetStepDown: alone ? 1 : 10,
        secondaryCatchUpPeriodSecs: alone ? 0 : 5,
        force: alone,
      })
      await waitForPrimary()
    },
    async kill(signal, member) {
      const index = member ?? (await waitForPrimary())
      await members[index]!.kill(signal)
      return index
    },
    restart: (member) => members[member]!.start(),
    async stop() {
      await admin.close()
      await Promise.all(members.map((member) => member.kill('SIGKILL')))
      await rm(directory, { recursive: true, force: true })
    },
  }
}

interface Member {
  readonly host: string
  readonly url: string
  /** Resolves when it answers. */
  start(): Promise<void>
  /** Resolves when it has ended; nothing happens when it does not run. */
  kill(signal: NodeJS.Signals): Promise<void>
}

async function createMember(
  dbPath: string,
  {
    parameters,
    program,
    cacheGb = 0.25,
  }: Pick<ReplicaSetOptions, 'program' | 'cacheGb'> & { readonly parameters: readonly string[] },
): Promise<Member> {
  const mongod = program ?? findMongod()
  if (mongod === undefined) throw new Error(whyNoMongod({ own: true }))
  await mkdir(dbPath, { recursive: true })
  const port = await findFreePort()
  const host = `127.0.0.1:${port}`
  const url = `mongodb://${host}/?directConnection=true`
  let child: ChildProcess | undefined

  // Also when the test process ends early.
  const killAtExit = () => child?.kill('SIGKILL')

  return {
    host,
    url,
    async start() {
      child = spawn(
        mongod,
        [
          ...['--dbpath', dbPath, '--port', `${port}`, '--bind_ip', '127.0.0.1'],
          ...[
            '--wiredTigerCacheSizeGB',
            `${cacheGb}`,
            '--logpath',
            join(dbPath, 'log'),
            '--logappend',
          ],
          // For fail points, such as an answer that comes late.
          ...['--setParameter', 'enableTestCommands=1'],
          // The files of a dropped database are kept open for so long, by default for five minutes: each
          // test has a database of its own, of about a hundred files.
          ...['--setParameter', 'minSnapshotHistoryWindowInSeconds=1'],
          ...parameters,
        ],
        { stdio: 'ignore' },
      )
      process.once('exit', killAtExit)
      await waitForAnswer(url, child)
    },
    async kill(signal) {
      process.removeListener('exit', killAtExit)
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    },
  }
}

async function waitForAnswer(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startTimeoutMs
  for (;;) {
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 500 })
    try {
      await client.db('admin').command({ ping: 1 }, { readPreference: 'nearest' })
      return
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`mongod ended with ${child.exitCode}`)
      if (Date.now() > deadline) throw error
    } finally {
      await client.close()
    }
  }
}

async function initiate(members: readonly Member[]): Promise<void> {
  const client = new MongoClient(members[0]!.url)
  try {
    await client.db('admin').command({
      replSetInitiate: {
        _id: 'rs0',
        members: members.map(({ host }, _id) => ({ _id, host })),
        // The server's own 10 s would make every test of a failover wait that long.
        settings: { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 500 },
      },
    })
  } finally {
    await client.close()
  }
}
