// Several nodes over one MongoDB: how soon is a change seen by the others, and does a rolling
// restart lose a request? Prints JSON.
//
//   node bench/nodes.mjs --out bench/results/nodes.json
//     [--changes 200] [--http-changes 40] [--mongod PATH] [--nginx nginx]
//     [--models .cache/test-data]    a data directory that has the models
//     [--shared]                     other work ran on the machine; the result says so
//
// 1. Galleries in three processes: one enrols and deletes, the others search all the time. From the
//    moment the write was acknowledged to the end of the first search that shows it.
// 2. Three `serve` nodes, the same over HTTP with photographs; a poll is a whole identification.
// 3. The nodes are restarted one after another while clients identify and enrol: once with clients
//    that go on to another node on 503 and refused connections, once through deploy/nginx.conf with
//    clients that never repeat anything.
import { fork, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { openIndexProvider, openStore } from '../dist/compose/storage.js'
import { loadConfig } from '../dist/config/load.js'
import { createGallery } from '../dist/gallery/gallery.js'
import { createRandom } from '../dist/platform/random.js'
import { machine, percentile } from './measure.mjs'
import { findFreePort, startMongod, until } from './servers.mjs'

const { values: args } = parseArgs({
  options: {
    changes: { type: 'string', default: '200' },
    'http-changes': { type: 'string', default: '40' },
    mongod: { type: 'string', default: '.cache/test-servers/mongod' },
    nginx: { type: 'string', default: 'nginx' },
    models: { type: 'string', default: '.cache/test-data' },
    shared: { type: 'boolean', default: false },
    out: { type: 'string' },
    // A gallery in a process of its own.
    follow: { type: 'string' },
  },
})

const dimension = 512
const persons = '/v1/collections/default/persons'
const identifyPath = '/v1/collections/default/identify?candidates=5'
const boundary = 'face-watcher-bench'
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const now = () => performance.timeOrigin + performance.now()

if (args.follow === undefined) await main()
else await follow(args.follow)

async function main() {
  const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
  const mongod = await startMongod(args.mongod)
  try {
    const galleries = await measureGalleries(mongod.url, work)
    console.error(JSON.stringify(galleries))
    const nodes = await startNodes(mongod.url, work)
    try {
      const overHttp = await measureHttp(nodes)
      console.error(JSON.stringify(overHttp))
      const clientRetry = await restartUnderLoad(nodes, createRetryingSender(nodes))
      console.error(JSON.stringify(clientRetry))
      const throughNginx = await restartBehindNginx(nodes, work)
      const result = {
        question: 'propagation between nodes and rolling restart',
        command: `node bench/nodes.mjs ${process.argv.slice(2).join(' ')}`.trim(),
        ...machine(),
        ...(args.shared ? { note: 'Other work ran on this machine at the same time.' } : {}),
        nodes: nodes.length,
        propagationBetweenGalleries: galleries,
        propagationOverHttp: overHttp,
        rollingRestart: { clientRetry, throughNginx },
      }
      console.log(JSON.stringify(result, undefined, 2))
      if (args.out !== undefined) {
        mkdirSync(dirname(args.out), { recursive: true })
        writeFileSync(args.out, `${JSON.stringify(result, undefined, 2)}\n`)
      }
    } finally {
      await Promise.all(nodes.map((node) => node.stop()))
    }
  } finally {
    await mongod.stop()
    rmSync(work, { recursive: true, force: true })
  }
}

// Galleries

async function openGallery(url, dataDir) {
  const store = { kind: 'mongodb', url, database: 'galleries' }
  const { config } = loadConfig({ environment: {}, flags: { dataDir, store } })
  const opened = await openStore(config)
  const gallery = await createGallery({ store: opened, provider: await openIndexProvider(config) })
  return {
    gallery,
    async close() {
      await gallery.close()
      await opened.close()
    },
  }
}

async function measureGalleries(url, work) {
  const { gallery, close } = await openGallery(url, join(work, 'writer'))
  const collection = await gallery.collections.create({
    name: 'bench',
    modelId: 'none',
    dimension,
    policy: { maxFpir: 0.01, possibleFpir: 0.1 },
    storeCrops: false,
  })
  const followers = []
  for (const name of ['one', 'two']) {
    const self = fileURLToPath(import.meta.url)
    const child = fork(self, ['--follow', JSON.stringify([url, join(work, name)])])
    followers.push(createCaller(child))
  }
  try {
    await Promise.all(followers.map((follower) => follower.call({ seed: 0, present: false })))
    const seen = { enrolled: [], deleted: [] }
    for (let seed = 1; seed <= Number(args.changes); seed++) {
      const observe = (present) =>
        Promise.all(followers.map((follower) => follower.call({ seed, present })))
      const found = observe(true)
      const { person } = await gallery.faces.add(collection.id, { name: `P${seed}` }, [
        toFace(seed),
      ])
      const enrolledAt = now()
      seen.enrolled.push(...(await found).map((at) => Math.max(0, at - enrolledAt)))
      const gone = observe(false)
      await gallery.persons.delete(collection.id, person.id)
      const deletedAt = now()
      seen.deleted.push(...(await gone).map((at) => Math.max(0, at - deletedAt)))
    }
    return {
      changes: Number(args.changes),
      enrolled: summarise(seen.enrolled),
      deleted: summarise(seen.deleted),
    }
  } finally {
    for (const follower of followers) await follower.end()
    await close()
  }
}

/** Answers each question with the time at which a search first shows what is asked for. */
async function follow(where) {
  const { gallery, close } = await openGallery(...JSON.parse(where))
  const collection = await gallery.collections.get('bench')
  let work = Promise.resolve()
  process.on('message', ({ seed, present }) => {
    work = work.then(async () => {
      const probe = makeEmbedding(seed)
      for (;;) {
        const [ranked] = await gallery.search(collection, probe, { persons: 1 })
        if ((ranked[0]?.similarity ?? 0) > 0.99 === present) break
        await sleep(1)
      }
      process.send(now())
    })
  })
  process.once('disconnect', () => void work.then(close))
}

function createCaller(child) {
  return {
    call: (question) =>
      new Promise((done, fail) => {
        const onExit = () => fail(new Error('a follower ended'))
        child.once('exit', onExit)
        child.once('message', (at) => {
          child.off('exit', onExit)
          done(at)
        })
        child.send(question)
      }),
    end: async () => {
      const gone = new Promise((done) => child.once('exit', done))
      if (child.connected) child.disconnect()
      else child.kill('SIGKILL')
      await gone
    },
  }
}

function toFace(seed) {
  const point = { x: 1, y: 1 }
  return {
    embedding: makeEmbedding(seed),
    modelId: 'none',
    quality: {
      sizePx: 112,
      sharpness: 300,
      brightness: 0.5,
      pose: { yaw: 0, pitch: 0, roll: 0 },
      confidence: 1,
    },
    box: { x: 0, y: 0, width: 112, height: 112 },
    landmarks: [point, point, point, point, point],
    imageHash: seed.toString(16).padStart(64, '0'),
  }
}

function makeEmbedding(seed) {
  const random = createRandom(seed)
  const vector = Float32Array.from({ length: dimension }, () => random() - 0.5)
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0))
  return vector.map((x) => x / norm)
}

// Nodes

async function startNodes(url, work) {
  const nodes = []
  for (const name of ['node-1', 'node-2', 'node-3']) {
    const dataDir = join(work, name)
    mkdirSync(dataDir)
    symlinkSync(join(resolve(args.models), 'models'), join(dataDir, 'models'))
    nodes.push(await startNode({ url, dataDir, port: await findFreePort() }))
  }
  return nodes
}

async function startNode({ url, dataDir, port }) {
  const environment = {
    FACE_WATCHER_DATA_DIR: dataDir,
    FACE_WATCHER_HTTP_PORT: String(port),
    FACE_WATCHER_STORE_KIND: 'mongodb',
    FACE_WATCHER_STORE_URL: url,
    FACE_WATCHER_STORE_DATABASE: 'nodes',
    FACE_WATCHER_ANALYZER_WORKERS: '1',
    FACE_WATCHER_LOG_LEVEL: 'error',
  }
  let child
  const isReady = () => fetch(`http://127.0.0.1:${port}/readyz`).then((answer) => answer.ok)
  async function start() {
    child = spawn(process.execPath, [cli, 'serve'], {
      env: { ...process.env, ...environment },
      stdio: 'ignore',
    })
    try {
      await until(() => {
        if (child.exitCode !== null) throw new Error('a node ended')
        return isReady()
      })
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }
  async function stop() {
    if (child.exitCode !== null) return
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    await gone
  }
  await start()
  return {
    port,
    stop,
    async restart() {
      await stop()
      await start()
    },
  }
}

async function measureHttp(nodes) {
  const [writer, ...others] = nodes
  const seen = { enrolled: [], deleted: [], identify: [] }
  let polls = 0
  for (let i = 0; i < Number(args['http-changes']); i++) {
    const photo = await makePhoto(i)
    const created = await send(writer.port, 'POST', persons, form({ name: `H${i}`, images: photo }))
    const enrolledAt = now()
    const id = created.body.id
    if (created.status !== 201) throw new Error(created.text)
    const watch = async (node, present) => {
      for (;;) {
        const begun = now()
        const { body } = await send(node.port, 'POST', identifyPath, form({ image: photo }))
        seen.identify.push(now() - begun)
        polls++
        const found = body.faces[0].candidates.some(({ personId }) => personId === id)
        if (found === present) return now()
      }
    }
    const found = await Promise.all(others.map((node) => watch(node, true)))
    seen.enrolled.push(...found.map((at) => at - enrolledAt))
    await send(writer.port, 'DELETE', `${persons}/${id}`)
    const deletedAt = now()
    const gone = await Promise.all(others.map((node) => watch(node, false)))
    seen.deleted.push(...gone.map((at) => at - deletedAt))
  }
  return {
    changes: Number(args['http-changes']),
    enrolled: summarise(seen.enrolled),
    deleted: summarise(seen.deleted),
    oneIdentification: summarise(seen.identify),
    // 1: the first identification that was begun after the write's answer showed it, every time.
    identificationsUntilShown: polls / (seen.enrolled.length + seen.deleted.length),
  }
}

// Rolling restart

async function restartUnderLoad(nodes, sender) {
  const photos = []
  for (let i = 0; i < 8; i++) photos.push(await makePhoto(1000 + i))
  const outcome = { identified: 0, enrolled: 0, failed: [] }
  const acknowledged = []
  let running = true
  const client = async (lane) => {
    for (let i = 0; running; i++) {
      const photo = photos[(lane + i) % photos.length]
      const enrols = i % 4 === 3
      const name = `${sender.name} ${lane}-${i}`
      const answer = enrols
        ? await sender.send('POST', persons, form({ name, images: photo }), {
            'idempotency-key': name.replaceAll(' ', '-'),
          })
        : await sender.send('POST', identifyPath, form({ image: photo }))
      if (answer.status !== (enrols ? 201 : 200)) {
        outcome.failed.push(`${enrols ? 'enrol' : 'identify'}: ${answer.status} ${answer.text}`)
      } else if (enrols) {
        outcome.enrolled++
        acknowledged.push(answer.body.id)
      } else outcome.identified++
    }
  }
  const clients = [0, 1, 2, 3].map(client)
  const start = performance.now()
  await sleep(1000)
  for (const node of nodes) {
    await node.restart()
    await sleep(500)
  }
  running = false
  await Promise.all(clients)
  let lost = 0
  for (const id of acknowledged) {
    if ((await send(nodes[0].port, 'GET', `${persons}/${id}`)).body?.faceCount !== 1) lost++
  }
  return {
    seconds: (performance.now() - start) / 1000,
    clients: clients.length,
    nodesRestarted: nodes.length,
    identified: outcome.identified,
    enrolled: outcome.enrolled,
    repeated: sender.repeated(),
    failed: outcome.failed.length,
    failures: outcome.failed.slice(0, 5),
    acknowledgedAndLost: lost,
  }
}

/** Goes on to the next node on a refused or broken connection, 502 and 503. */
function createRetryingSender(nodes) {
  let next = 0
  let repeated = 0
  return {
    name: 'retry',
    repeated: () => repeated,
    async send(method, path, body, headers) {
      for (let attempt = 1; ; attempt++) {
        const node = nodes[next++ % nodes.length]
        const answer = await send(node.port, method, path, body, headers).catch((error) => ({
          status: 502,
          text: error.message,
        }))
        if ((answer.status !== 502 && answer.status !== 503) || attempt === 10) return answer
        repeated++
        await sleep(20 * attempt)
      }
    },
  }
}

async function restartBehindNginx(nodes, work) {
  if (spawnSync(args.nginx, ['-v']).status !== 0) return { skipped: `there is no ${args.nginx}` }
  const directory = join(work, 'nginx')
  mkdirSync(directory)
  const port = await findFreePort()
  let conf = readFileSync(new URL('../deploy/nginx.conf', import.meta.url), 'utf8')
    .replaceAll('/tmp/', `${directory}/`)
    .replace('access_log /dev/stdout', 'access_log off')
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
  nodes.forEach((node, i) => {
    conf = conf.replace(`node-${i + 1}:8000`, `127.0.0.1:${node.port}`)
  })
  writeFileSync(join(directory, 'nginx.conf'), conf)
  const options = ['-c', join(directory, 'nginx.conf'), '-g', 'daemon off;']
  const nginx = spawn(args.nginx, options, { stdio: 'ignore' })
  const gone = new Promise((done) => nginx.once('exit', done))
  try {
    await until(() => fetch(`http://127.0.0.1:${port}/healthz`).then((answer) => answer.ok))
    return await restartUnderLoad(nodes, {
      name: 'nginx',
      repeated: () => 0,
      send: (...request) =>
        send(port, ...request).catch((error) => ({ status: 0, text: error.message })),
    })
  } finally {
    nginx.kill('SIGTERM')
    await gone
  }
}

// Requests

/** One woman of a sample photograph; another number makes another file of it. */
async function makePhoto(number) {
  const sample = 'node_modules/@vladmandic/face-api/demo/sample3.jpg'
  return sharp(sample)
    .extract({ left: 950, top: 100, width: 430, height: 500 })
    .resize(300)
    .jpeg({ quality: 80 + (number % 20) })
    .withExif({ IFD0: { ImageDescription: `number ${number}` } })
    .toBuffer()
}

/** A multipart body; buffers are files. */
function form(fields) {
  const chunks = Object.entries(fields).flatMap(([name, value]) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`,
    typeof value === 'string' ? '' : '; filename="photo.jpg"\r\nContent-Type: image/jpeg',
    '\r\n\r\n',
    value,
    '\r\n',
  ])
  return Buffer.concat([...chunks, `--${boundary}--\r\n`].map((chunk) => Buffer.from(chunk)))
}

function send(port, method, path, body, headers = {}) {
  return new Promise((done, fail) => {
    const type = { 'content-type': `multipart/form-data; boundary=${boundary}` }
    const length = body ? { ...type, 'content-length': body.length } : {}
    const request = http.request(
      { host: '127.0.0.1', port, method, path, headers: { ...length, ...headers }, agent: false },
      (answer) => {
        const chunks = []
        answer.on('error', fail)
        answer.on('data', (chunk) => chunks.push(chunk))
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const isJson = /json/.test(answer.headers['content-type'] ?? '')
          done({ status: answer.statusCode, text, body: isJson ? JSON.parse(text) : undefined })
        })
      },
    )
    request.on('error', fail)
    request.end(body)
  })
}

function summarise(ms) {
  return {
    count: ms.length,
    p50Ms: percentile(ms, 0.5),
    p95Ms: percentile(ms, 0.95),
    maxMs: Math.max(...ms),
  }
}
