// How well and how fast does a server identify people over HTTP?
//
//   node bench/http-identify.mjs --data DIR [--people 1000] [--strangers 1000] [--seed 1] [--out FILE]
//
// DIR holds an unpacked `lfw/` folder (person/person_0001.jpg). Starts `face-watcher serve` on an
// empty data directory (models are taken from --models DIR, a data directory that has them), enrols
// one image each of `people`, identifies another image of each and one image each of `strangers`,
// then repeats a part of the identifications with 1 and with 8 clients in turn.
import { spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createRandom, shuffle } from '../dist/platform/random.js'
import { inParallel, machine, percentile } from './measure.mjs'
import { findFreePort } from './servers.mjs'

const { values: args } = parseArgs({
  options: {
    data: { type: 'string' },
    models: { type: 'string', default: '.cache/test-data' },
    people: { type: 'string', default: '1000' },
    strangers: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '9' },
    load: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
})
if (!args.data) throw new Error('--data DIR is missing')

const draw = pickImages(
  join(args.data, 'lfw'),
  Number(args.people),
  Number(args.strangers),
  Number(args.seed),
)
const server = await startServer(resolve(args.models))
try {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 })
  const send = (method, path, body, type) =>
    request(server.port, agent, { method, path, body, type })

  const enrolled = new Map()
  const rejected = []
  const enrolStart = performance.now()
  await inParallel(draw.enrol, 4, async ({ person, file }) => {
    const created = await send(
      'POST',
      '/v1/collections/default/persons',
      JSON.stringify({ name: person }),
      'application/json',
    )
    const answer = await send(
      'POST',
      `/v1/collections/default/persons/${created.body.id}/faces?faces=largest`,
      ...form(file),
    )
    if (answer.body.faces?.length === 1) enrolled.set(created.body.id, person)
    else
      rejected.push({
        file,
        reasons: answer.body.rejected?.flatMap((r) => r.reasons) ?? [answer.status],
      })
  })
  const enrolMs = performance.now() - enrolStart
  console.log(`enrolled ${enrolled.size} of ${draw.enrol.length}, ${rejected.length} rejected`)

  const identifyPath = '/v1/collections/default/identify?candidates=1'
  const identify = async (file) => (await send('POST', identifyPath, ...form(file))).body
  const outcome = { rank1: 0, found: 0, wrongName: 0, possible: 0, noFace: 0 }
  let thresholds
  await inParallel(draw.probes, 4, async ({ person, file }) => {
    const answer = await identify(file)
    thresholds = answer.thresholds
    const face = mainFace(answer)
    if (!face) return outcome.noFace++
    const right = face.candidates[0]?.personName === person
    if (right) outcome.rank1++
    if (right && face.decision === 'match') outcome.found++
    if (right && face.decision === 'possible') outcome.possible++
    if (!right && face.decision === 'match') outcome.wrongName++
  })
  let falsePositives = 0
  await inParallel(draw.strangers, 4, async ({ file }) => {
    if (mainFace(await identify(file))?.decision === 'match') falsePositives++
  })

  const rates = { 1: [], 8: [] }
  const latency = { 1: [], 8: [] }
  await send('GET', '/metrics')
  for (let round = 0; round < Number(args.rounds); round++) {
    for (const clients of round % 2 === 0 ? [1, 8] : [8, 1]) {
      const bodies = draw.probes.slice(0, Number(args.load)).map(({ file }) => form(file))
      const start = performance.now()
      await inParallel(bodies, clients, async (body) => {
        const t = performance.now()
        await send('POST', identifyPath, ...body)
        latency[clients].push(performance.now() - t)
      })
      rates[clients].push(bodies.length / ((performance.now() - start) / 1000))
    }
  }
  const metrics = (await send('GET', '/metrics')).text
  const eventLoop = Object.fromEntries(
    [...metrics.matchAll(/^(\S*event_?loop\S*)\s+(\S+)$/gim)].map(([, name, value]) => [
      name,
      Number(value),
    ]),
  )
  const median = (xs) => percentile(xs, 0.5)
  const result = {
    question: 'identification over HTTP, open set, default policy and default embedder',
    command: `node bench/http-identify.mjs ${process.argv.slice(2).join(' ')}`,
    ...machine(),
    protocol: {
      people: draw.enrol.length,
      strangers: draw.strangers.length,
      seed: Number(args.seed),
      face: 'largest area - 2 x squared distance of its centre from the image centre',
    },
    enrolled: enrolled.size,
    rejected,
    enrolImagesPerSecond: draw.enrol.length / (enrolMs / 1000),
    thresholds,
    rank1: outcome.rank1 / draw.probes.length,
    fnir: 1 - outcome.found / draw.probes.length,
    possibleInstead: outcome.possible / draw.probes.length,
    wrongNames: outcome.wrongName,
    probesWithoutFace: outcome.noFace,
    fpir: falsePositives / draw.strangers.length,
    imagesPerSecond: { oneClient: median(rates[1]), eightClients: median(rates[8]), rounds: rates },
    ratioEightToOne: median(rates[8]) / median(rates[1]),
    latencyMs: {
      oneClient: {
        p50: percentile(latency[1], 0.5),
        p95: percentile(latency[1], 0.95),
        p99: percentile(latency[1], 0.99),
      },
      eightClients: {
        p50: percentile(latency[8], 0.5),
        p95: percentile(latency[8], 0.95),
        p99: percentile(latency[8], 0.99),
      },
    },
    eventLoopOfTheServer: eventLoop,
  }
  console.log(JSON.stringify(result, null, 2))
  if (args.out) {
    mkdirSync(dirname(args.out), { recursive: true })
    writeFileSync(args.out, `${JSON.stringify(result, null, 2)}\n`)
  }
  agent.destroy()
} finally {
  await server.stop()
}

/** One image to enrol and another to look up of people who have two; strangers are people not enrolled. */
function pickImages(dir, people, strangers, seed) {
  const random = createRandom(seed)
  const folders = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const all = folders.map(({ name: person }) => ({
    person,
    files: readdirSync(join(dir, person))
      .sort()
      .map((f) => join(dir, person, f)),
  }))
  const shuffled = shuffle(all, random)
  const several = shuffled.filter((p) => p.files.length > 1).slice(0, people)
  const taken = new Set(several.map((p) => p.person))
  const chosen = several.map((p) => ({ person: p.person, files: shuffle(p.files, random) }))
  return {
    enrol: chosen.map((p) => ({ person: p.person, file: p.files[0] })),
    probes: chosen.map((p) => ({ person: p.person, file: p.files[1] })),
    strangers: shuffled
      .filter((p) => !taken.has(p.person))
      .slice(0, strangers)
      .map((p) => ({ person: p.person, file: p.files[0] })),
  }
}

function mainFace(answer) {
  let best
  let bestValue = Number.NEGATIVE_INFINITY
  for (const face of answer.faces ?? []) {
    const { x, y, width, height } = face.detection?.box ?? face.box
    const dx = x + width / 2 - answer.width / 2
    const dy = y + height / 2 - answer.height / 2
    const value = width * height - 2 * (dx * dx + dy * dy)
    if (value > bestValue) [best, bestValue] = [face, value]
  }
  return best
}

function form(file) {
  const boundary = 'face-watcher-bench'
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="image.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`
  return [
    Buffer.concat([Buffer.from(head), readFileSync(file), Buffer.from(`\r\n--${boundary}--\r\n`)]),
    `multipart/form-data; boundary=${boundary}`,
  ]
}

function request(port, agent, { method, path, body, type }) {
  return new Promise((done, fail) => {
    const headers = body ? { 'content-type': type, 'content-length': Buffer.byteLength(body) } : {}
    const req = http.request({ host: '127.0.0.1', port, agent, method, path, headers }, (res) => {
      const chunks = []
      res.on('data', (c) => chunks.push(c))
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const json = /json/.test(res.headers['content-type'] ?? '')
        const answer = { status: res.statusCode, text, body: json ? JSON.parse(text) : undefined }
        if (res.statusCode >= 500) fail(new Error(`${method} ${path}: ${res.statusCode} ${text}`))
        else done(answer)
      })
    })
    req.on('error', fail)
    req.end(body)
  })
}

async function startServer(modelsFrom) {
  const dataDir = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
  symlinkSync(join(modelsFrom, 'models'), join(dataDir, 'models'))
  const port = await findFreePort()
  const child = spawn(
    process.execPath,
    [
      'dist/cli/main.js',
      'serve',
      '--data-dir',
      dataDir,
      '--port',
      String(port),
      '--log-level',
      'warn',
    ],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  for (let i = 0; i < 600; i++) {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (r) => r.ok,
      () => false,
    )
    if (ready) break
    if (child.exitCode !== null) throw new Error('the server ended')
    await new Promise((r) => setTimeout(r, 100))
  }
  return {
    port,
    async stop() {
      const gone = new Promise((r) => child.once('exit', r))
      child.kill('SIGTERM')
      await gone
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
