// Real servers for benchmarks: on free ports of loopback, with data below /tmp, ended with them.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'

export function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
}

/** A replica set of one member. @returns {Promise<{url, rssBytes, stop}>} */
export async function startMongod(path, { cacheGb = 0.5 } = {}) {
  assertThere('mongod', path)
  const directory = mkdtempSync(join(tmpdir(), 'face-watcher-bench-mongod-'))
  const port = await freePort()
  const process = startProcess(
    path,
    [
      ...['--dbpath', directory, '--port', String(port), '--bind_ip', '127.0.0.1'],
      ...['--replSet', 'rs0', '--wiredTigerCacheSizeGB', String(cacheGb)],
      ...['--logpath', join(directory, 'mongod.log')],
    ],
    { signal: 'SIGTERM', directory },
  )
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`)
  const members = [{ _id: 0, host: `127.0.0.1:${port}` }]
  try {
    await client.db('admin').command({ replSetInitiate: { _id: 'rs0', members } })
    await until(async () => (await client.db('admin').command({ hello: 1 })).isWritablePrimary)
  } catch (error) {
    await process.stop()
    throw error
  } finally {
    await client.close()
  }
  return { ...process, url: `mongodb://127.0.0.1:${port}/?replicaSet=rs0` }
}

/** Milvus of the PyPI package `milvus`. @returns {Promise<{address, rssBytes, stop}>} */
export async function startMilvus(path) {
  assertThere('milvus-server', path)
  const { MilvusClient } = await import('@zilliz/milvus2-sdk-node')
  const directory = mkdtempSync(join(tmpdir(), 'face-watcher-bench-milvus-'))
  const port = await freePort()
  const process = startProcess(path, ['--data', directory, '--proxy-port', String(port)], {
    signal: 'SIGINT',
    directory,
    // As in deploy/compose.cluster.yaml, where the reason stands.
    environment: { QUERYNODE_SEGCORE_INTERIMINDEX_ENABLEINDEX: 'false' },
  })
  const address = `127.0.0.1:${port}`
  try {
    await until(async () => {
      process.assertRuns()
      const client = new MilvusClient({ address, timeout: 2000, maxRetries: 0, logLevel: 'error' })
      try {
        await client.connectPromise
        return (await client.checkHealth()).isHealthy
      } finally {
        await client.closeConnection()
      }
    })
  } catch (error) {
    await process.stop()
    throw error
  }
  return { ...process, address }
}

function assertThere(name, path) {
  if (!path || !existsSync(path)) throw new Error(`there is no ${name} at ${path}`)
}

/** A process in a group of its own, so that what it starts is counted and ended with it. */
function startProcess(path, args, { signal, directory, environment = {} }) {
  const env = { ...process.env, ...environment }
  const child = spawn(path, args, { detached: true, stdio: 'ignore', env })
  const ended = new Promise((done) => {
    child.once('exit', done)
    child.once('error', done)
  })
  const onExit = () => end('SIGKILL')
  process.once('exit', onExit)
  // A signal would end this process without `exit`, and leave the server behind.
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1))
  function end(by) {
    try {
      process.kill(-child.pid, by)
    } catch {
      // It is gone.
    }
  }
  return {
    assertRuns() {
      if (child.exitCode !== null) throw new Error(`${path} ended with ${child.exitCode}`)
    },
    rssBytes: () => groupRss(child.pid),
    async stop() {
      child.kill(signal)
      await Promise.race([ended, sleep(20_000)])
      end('SIGKILL')
      await ended
      process.off('exit', onExit)
      await sleep(200)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function groupRss(group) {
  const lines = execFileSync('ps', ['-e', '-o', 'pgid=,rss='], { encoding: 'utf8' }).split('\n')
  let kib = 0
  for (const line of lines) {
    const [pgid, rss] = line.trim().split(/\s+/).map(Number)
    if (pgid === group) kib += rss
  }
  return kib * 1024
}

/** Waits until `check` answers true; what it throws counts as no. */
export async function until(check, { timeoutMs = 90_000, everyMs = 50 } = {}) {
  const deadline = performance.now() + timeoutMs
  let last
  for (;;) {
    try {
      if (await check()) return
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) throw new Error('it took too long', { cause: last })
    await sleep(everyMs)
  }
}
