// A real server for benchmarks: data directories, the process, and a client that counts.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicFactory } from 'ulid'
import { openIndexProvider, openStore } from '../dist/compose/storage.js'
import { loadConfig } from '../dist/config/load.js'
import { createGallery } from '../dist/gallery/gallery.js'
import { createFaceVectors } from './face-vectors.mjs'
import { findFreePort } from './servers.mjs'

const boundary = 'face-watcher-bench'
const dimension = 512
const batch = 1000
const startTimeoutMs = 300_000

/** An empty data directory that has the models of another. */
export function createDataDir(modelsFrom, parent = tmpdir()) {
  const dataDir = mkdtempSync(join(parent, 'face-watcher-bench-'))
  symlinkSync(join(resolve(modelsFrom), 'models'), join(dataDir, 'models'))
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true, force: true }) }
}

/**
 * Fills the collection `default` of a data directory, and writes the snapshot of its index. The
 * embeddings are those of face-vectors.mjs; each person has five.
 */
export async function fillGallery(
  dataDir,
  faces,
  { seed = 1, cacheDir = '.cache/evaluation' } = {},
) {
  mkdirSync(dataDir, { recursive: true })
  const { config } = loadConfig({ environment: {}, flags: { dataDir } })
  const store = await openStore(config)
  const ulid = monotonicFactory()
  const createdAt = new Date().toISOString()
  const source = createFaceVectors({ dimension, mated: 0, strangers: 0, seed, cacheDir })
  const { id } = await store.collections.create({
    ...{ name: 'default', modelId: 'mobilefacenet', dimension, storeCrops: false },
    policy: config.policy,
  })
  let lastPerson = -1
  let personId
  for (let from = 0; from < faces; from += batch) {
    const { vectors, personOf } = source.next(Math.min(batch, faces - from))
    const persons = []
    const rows = Array.from(personOf, (person, i) => {
      if (person !== lastPerson) {
        lastPerson = person
        personId = ulid()
        const times = { createdAt, updatedAt: createdAt }
        const fields = { aliases: [], metadata: {}, hidden: false, favourite: false, revision: 1 }
        persons.push({ id: personId, name: `Person ${person}`, ...fields, ...times })
      }
      const embedding = vectors.slice(i * dimension, (i + 1) * dimension)
      return toFace({ id: ulid(), personId, embedding, createdAt, row: from + i })
    })
    await store.transfer.restorePersons(id, persons)
    await store.transfer.restoreFaces(id, rows)
  }
  const gallery = await createGallery({ store, provider: await openIndexProvider(config) })
  await gallery.catchUp()
  await gallery.close()
  await store.close()
}

function toFace({ row, ...face }) {
  const point = (x, y) => ({ x, y })
  return {
    ...face,
    modelId: 'mobilefacenet',
    quality: {
      ...{ sizePx: 112, sharpness: 300, brightness: 0.5, confidence: 0.99 },
      pose: { yaw: 0, pitch: 0, roll: 0 },
    },
    box: { x: 10, y: 20, width: 112, height: 140 },
    landmarks: [point(40, 60), point(90, 60), point(65, 90), point(45, 120), point(85, 120)],
    imageHash: createHash('sha256').update(`image ${row}`).digest('hex'),
    hasCrop: false,
  }
}

/**
 * Starts `face-watcher serve` and waits until `/readyz` says yes.
 *
 * @param program  the built command line, of another checkout if need be
 * @returns `readyMs`: from the start of the process; `highWaterBytes()`: the most memory it had
 */
export async function startService(
  dataDir,
  program = join(import.meta.dirname, '../dist/cli/main.js'),
) {
  const port = await findFreePort()
  const begun = performance.now()
  const child = spawn(
    process.execPath,
    [
      ...[program, 'serve', '--data-dir', dataDir],
      ...['--port', String(port), '--log-level', 'error'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const ended = new Promise((done) => child.once('exit', done))
  const onExit = () => child.kill('SIGKILL')
  process.once('exit', onExit)
  const client = createClient(port)
  const isReady = () =>
    client.send({ path: '/readyz' }).then(
      ({ status }) => status === 200,
      () => false,
    )
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${said}`)
    if (performance.now() - begun > startTimeoutMs) throw new Error('the server is never ready')
    await sleep(5)
  }
  const readyMs = performance.now() - begun
  return {
    port,
    client,
    readyMs,
    pid: child.pid,
    residentBytes: () => readMemory(child.pid, 'VmRSS'),
    highWaterBytes: () => readMemory(child.pid, 'VmHWM'),
    async stop() {
      client.close()
      child.kill('SIGTERM')
      await ended
      process.off('exit', onExit)
    },
  }
}

/** Bytes, where the system tells; else `undefined`. */
function readMemory(pid, field) {
  try {
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    )
    return Number(kib[1]) * 1024
  } catch {
    return undefined
  }
}

/** Sends requests over connections that are kept, each request with the time that it took. */
export function createClient(port) {
  const agent = new http.Agent({ keepAlive: true })
  return {
    send({ method = 'GET', path, body, type }) {
      const begun = performance.now()
      const headers = body ? { 'content-type': type, 'content-length': body.length } : {}
      return new Promise((done, fail) => {
        const request = http.request(
          { host: '127.0.0.1', port, agent, method, path, headers },
          (response) => {
            const chunks = []
            response.on('data', (chunk) => chunks.push(chunk))
            response.on('error', fail)
            response.on('end', () =>
              done({
                status: response.statusCode,
                retryAfter: response.headers['retry-after'],
                text: Buffer.concat(chunks).toString(),
                ms: performance.now() - begun,
              }),
            )
          },
        )
        request.on('error', fail)
        request.end(body)
      })
    },
    close: () => agent.destroy(),
  }
}

/** The request that identifies everyone in an image file. */
export function identifyRequest(file) {
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="image.jpg"\r\n` +
    'Content-Type: image/jpeg\r\n\r\n'
  return {
    method: 'POST',
    path: '/v1/collections/default/identify?candidates=1',
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([
      Buffer.from(head),
      readFileSync(file),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  }
}

/** Samples of the Prometheus text format: value by name and labels as written. */
export function parseMetrics(text) {
  const samples = [...text.matchAll(/^([a-z_]\S*(?:\{.*\})?) (\S+)$/gim)]
  return new Map(samples.map(([, name, value]) => [name, Number(value)]))
}
