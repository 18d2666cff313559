// How far does a gallery go, and what does it take? A model with its simulation; prints JSON.
//
//   node bench/capacity.mjs --out bench/results/capacity.json
//     [--backends bench/results/backends.json] [--seed 1] [--queries 20000]
//     [--cache .cache/evaluation]    embeddings of LFW, for the share of true pairs above a threshold
//     [--ram 64] [--cores 16] [--replicas 2] [--rate 100]    a machine, GiB and cores; searches/s
//
// Measured, from bench/backends.mjs: resident bytes a face, store bytes a face, the distribution of
// one search's time in one index. Assumed, and named in the result: how these grow with the number
// of faces, the network, the machine. Simulated: a search asks one replica of every partition and
// waits for the slowest (a queue of `cores` servers at each machine, Poisson arrivals). The same
// input and seed give the same numbers.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { computeThresholds, defaultPolicy } from '../dist/core/policy.js'
import { loadManifest } from '../dist/models/manifest.js'
import { createRandom } from '../dist/platform/random.js'
import { readLfw } from './lfw-embeddings.mjs'
import { percentile } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    backends: { type: 'string', default: 'bench/results/backends.json' },
    cache: { type: 'string', default: '.cache/evaluation' },
    seed: { type: 'string', default: '1' },
    queries: { type: 'string', default: '20000' },
    ram: { type: 'string', default: '64' },
    cores: { type: 'string', default: '16' },
    replicas: { type: 'string', default: '2' },
    rate: { type: 'string', default: '100' },
    out: { type: 'string' },
  },
})
const machine = { ramGib: Number(args.ram), cores: Number(args.cores), usableShare: 0.7 }
const replicas = Number(args.replicas)
const rate = Number(args.rate)
/** One round trip between machines of a data centre; an assumption. */
const networkMs = 0.5
/** A scan is split over cores until a part takes no longer than this. */
const scanBudgetMs = 50
/** Busy cores beyond this share make queues; more replicas are added instead. */
const maxLoad = 0.6
const usableBytes = machine.ramGib * 2 ** 30 * machine.usableShare
const gallerySizes = [1e5, 1e6, 1e7, 1e8, 1e9]
/** Load of the fan-out's machines: little enough that queues do not hide what it costs. */
const lightLoad = 0.1

const backends = JSON.parse(readFileSync(args.backends, 'utf8'))
const measured = (variant) => {
  const found = backends.results.find((result) => result.variant === variant && !result.failed)
  if (!found) throw new Error(`${args.backends} has no ${variant}`)
  return found
}
const scan = toKind(measured('mongodb+projected'), (faces) => faces / backends.faces)
const hnsw = toKind(
  measured('mongodb+faiss-HNSW32'),
  (faces) => Math.log(faces) / Math.log(backends.faces),
)

const result = {
  question: 'machines, memory, latency and thresholds from 100,000 to a billion faces',
  command: `node bench/capacity.mjs ${process.argv.slice(2).join(' ')}`.trim(),
  measuredBy: { file: args.backends, date: backends.date, commit: backends.commit },
  seed: Number(args.seed),
  assumptions: {
    machine,
    replicas,
    searchesPerSecond: rate,
    networkMs,
    scanBudgetMs,
    maxLoad,
    scan: 'time grows with the faces; split over the cores of a machine without loss',
    graph: 'time grows with the logarithm of the faces; recall is that of the measured size',
    hedging:
      'a second replica is asked when the first has not answered after the p95 of one partition',
  },
  everyNodeHasAll: gallerySizes.filter((faces) => faces <= 1e7).map(planNode),
  partitioned: gallerySizes.slice(1).flatMap((faces) => [
    { kind: 'projected', ...planPartitions(faces, scan, { split: true }) },
    { kind: 'HNSW32', ...planPartitions(faces, hnsw, { split: false }) },
  ]),
  fanOut: [1, 4, 16, 64, 256].map(planFanOut),
  store: gallerySizes.map(planStore),
  thresholds: await planThresholds(),
}
const text = JSON.stringify(result, undefined, 2)
console.log(text)
if (args.out !== undefined) {
  mkdirSync(dirname(args.out), { recursive: true })
  writeFileSync(args.out, `${text}\n`)
}

/** @param growth  of the time, by faces; 1 at the measured size */
function toKind({ indexSearch, restart, search }, growth) {
  const quantiles = Object.entries(indexSearch.quantilesMs)
    .map(([p, ms]) => [Number(p), ms])
    .sort(([a], [b]) => a - b)
  return {
    quantiles,
    growth,
    bytesPerFace: restart.nodeResidentBytesPerFace,
    recallAt1: search.recallAt1,
  }
}

/** A draw from the measured distribution, by its quantile function. */
function drawMs(quantiles, random) {
  const p = random()
  const above = quantiles.findIndex(([q]) => q >= p)
  if (above <= 0) return quantiles[above < 0 ? quantiles.length - 1 : 0][1]
  const [[p0, a], [p1, b]] = [quantiles[above - 1], quantiles[above]]
  return a + ((b - a) * (p - p0)) / (p1 - p0)
}

function meanMs(kind, random = createRandom(7)) {
  let sum = 0
  for (let i = 0; i < 10_000; i++) sum += drawMs(kind.quantiles, random)
  return sum / 10_000
}

/** The index in every `serve` process: memory and time of one node. */
function planNode(faces) {
  const of = (kind) => ({
    memoryGib: (faces * kind.bytesPerFace) / 2 ** 30,
    searchP50Ms: quantile(kind, 0.5) * kind.growth(faces),
    searchP99Ms: quantile(kind, 0.99) * kind.growth(faces),
    searchesPerSecondAndCore: 1000 / (meanMs(kind) * kind.growth(faces)),
  })
  return { faces, projected: of(scan), HNSW32: of(hnsw) }
}

function quantile(kind, p) {
  return kind.quantiles.find(([q]) => q === p)[1]
}

/** Partitions over machines: as many as memory asks for, or as the time of a scan does. */
function planPartitions(faces, kind, { split }) {
  const byMemory = (faces * kind.bytesPerFace) / usableBytes
  // What one machine scans within the budget, all its cores on one search.
  const byTime = split ? (meanMs(kind) * kind.growth(faces)) / (scanBudgetMs * machine.cores) : 0
  const partitions = Math.max(1, Math.ceil(Math.max(byMemory, byTime)))
  const own = faces / partitions
  const workMs = meanMs(kind) * kind.growth(own)
  // Core milliseconds that one search costs on one machine, and what the machine has.
  const forLoad = Math.ceil((rate * workMs) / (1000 * machine.cores * maxLoad))
  const copies = Math.max(replicas, forLoad)
  const times = simulate({
    partitions,
    copies,
    // A split search holds all cores of the machine for a part of the time.
    servers: split ? 1 : machine.cores,
    scale: split ? kind.growth(own) / machine.cores : kind.growth(own),
    quantiles: kind.quantiles,
    rate,
    random: createRandom(Number(args.seed)),
  })
  return {
    faces,
    partitions,
    limitedBy: byTime > byMemory ? 'time' : 'memory',
    copies,
    machines: partitions * copies,
    facesPerMachine: Math.round(own),
    memoryGib: (faces * kind.bytesPerFace * copies) / 2 ** 30,
    cores: partitions * copies * machine.cores,
    load: (rate * workMs) / (1000 * machine.cores * copies),
    recallAt1: kind.recallAt1,
    searchP50Ms: percentile(times, 0.5),
    searchP99Ms: percentile(times, 0.99),
  }
}

/** What waiting for the slowest costs: the same partition, more and more of them, a light load. */
function planFanOut(partitions) {
  const hedgeAfterMs = quantile(hnsw, 0.95) + networkMs
  const run = (hedge) =>
    simulate({
      partitions,
      copies: 2,
      servers: machine.cores,
      scale: 1,
      quantiles: hnsw.quantiles,
      rate: (lightLoad * 1000 * machine.cores * 2) / meanMs(hnsw),
      random: createRandom(Number(args.seed)),
      hedgeAfterMs: hedge,
    })
  const plain = run(Number.POSITIVE_INFINITY)
  const hedged = run(hedgeAfterMs)
  return {
    partitions,
    p50Ms: percentile(plain, 0.5),
    p99Ms: percentile(plain, 0.99),
    hedgedP50Ms: percentile(hedged, 0.5),
    hedgedP99Ms: percentile(hedged, 0.99),
  }
}

/**
 * Times of searches that each ask one random copy of every partition and wait for all answers.
 * Second questions are booked when the first is (not when they are sent) and none is taken back,
 * which makes them look a little dearer than they are.
 */
function simulate({ partitions, copies, servers, scale, quantiles, rate, random, hedgeAfterMs }) {
  const hedge = hedgeAfterMs ?? Number.POSITIVE_INFINITY
  const free = Array.from({ length: partitions * copies }, () => new Float64Array(servers))
  const ask = (partition, copy, at) => {
    const queue = free[partition * copies + copy]
    let first = 0
    for (let i = 1; i < servers; i++) if (queue[i] < queue[first]) first = i
    queue[first] = Math.max(at, queue[first]) + drawMs(quantiles, random) * scale
    return queue[first] + networkMs
  }
  // Large fan-outs need fewer searches for the same number of draws.
  const queries = Math.max(2000, Math.min(Number(args.queries), Math.round(2e6 / partitions)))
  const times = []
  let now = 0
  for (let query = 0; query < queries; query++) {
    now += (-Math.log(1 - random()) * 1000) / rate
    let slowest = now
    for (let partition = 0; partition < partitions; partition++) {
      const copy = Math.floor(random() * copies)
      let done = ask(partition, copy, now)
      if (done - now > hedge) {
        done = Math.min(done, ask(partition, (copy + 1) % copies, now + hedge))
      }
      slowest = Math.max(slowest, done)
    }
    times.push(slowest - now)
  }
  return times
}

function planStore(faces) {
  const bytes = measured('mongodb+exact').enrolment.storeBytesPerFace
  return {
    faces,
    diskGib: (faces * bytes) / 2 ** 30,
    ofThreeMembersGib: (3 * faces * bytes) / 2 ** 30,
  }
}

/** The similarity that the default policy asks for, and what part of true pairs reaches it. */
async function planThresholds() {
  const { models } = await loadManifest()
  return ['mobilefacenet', 'sface'].flatMap((model) => {
    const curve = models.find(({ id }) => id === model).fmrCurve
    const mated = matedSimilarities(model)
    return [1e4, ...gallerySizes].map((faces) => {
      const { match, fmr, extrapolated } = computeThresholds(defaultPolicy, curve, faces)
      const reach = mated.filter((similarity) => similarity >= match).length
      const share = mated.length > 0 ? { matedPairs: mated.length, tmr: reach / mated.length } : {}
      return { model, faces, fmr, threshold: match, extrapolated, ...share }
    })
  })
}

/** Of all pairs of photographs of one person in LFW. */
function matedSimilarities(model) {
  const out = []
  for (const images of readLfw(args.cache, model)?.people ?? []) {
    for (let i = 0; i < images.length; i++) {
      for (let j = 0; j < i; j++)
        out.push(images[i].reduce((sum, x, k) => sum + x * images[j][k], 0))
    }
  }
  return out
}
