// How well do sightings of one stranger come together, and what does a sighting cost among many
// strangers? Photographs of labelled people arrive one by one, in ten random orders.
//
//   npm run bench:strangers -- --lfw DIR [--celebrities DIR] [--embedders mobilefacenet,sface,fused]
//                              [--draws 10] [--sightings 50000] [--data-dir DIR] [--cache DIR]
//                              [--quick] [--out FILE]
//
// DIR of --lfw holds lfw-deepfunneled.tar or lfw/; of --celebrities one folder of photographs a person.
// --data-dir holds models/.
import { parseArgs } from 'node:util'
import { createStrangerClusters } from '../dist/core/strangers/stranger-clusters.js'
import { clusterDraws } from '../dist/evaluation/strangers/strangers.js'
import { loadManifest } from '../dist/models/manifest.js'
import { createRandom } from '../dist/platform/random.js'
import { embedSets } from './labelled-sets.mjs'
import { median, percentile, printTable, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    celebrities: { type: 'string' },
    embedders: { type: 'string', default: 'mobilefacenet,sface,fused' },
    draws: { type: 'string' },
    sightings: { type: 'string' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const draws = Number(args.draws ?? (args.quick ? 2 : 10))
const sightings = Number(args.sightings ?? (args.quick ? 5000 : 50_000))
/** Strangers at which the cost is told. */
const marks = [1000, 5000, 10_000, 20_000]
/** Sightings that are timed around a mark. */
const timedAround = 1000
/** Who is drawn of each set; celebrities have 10 photographs each, and all are taken. */
const cases = {
  lfw: { people: 500, singles: 2000, photographs: 10 },
  celebrities: {},
}
const names = Object.keys(cases).filter((name) => args[name] !== undefined)
if (!names.includes('lfw')) {
  console.error('usage: npm run bench:strangers -- --lfw DIR [--celebrities DIR]')
  process.exit(2)
}

const { models } = await loadManifest()
const results = []
const costs = []
for (const embedder of args.embedders.split(',')) {
  const { fmrCurve: curve, dimension } = models.find(({ id }) => id === embedder)
  const sets = await embedSets(names, { ...args, embedder }, models)
  for (const name of names) {
    const options = { ...cases[name], curve, draws, modelId: embedder }
    results.push(await clusterDraws(sets[name], options))
    console.error(`${embedder}, ${name} done`)
  }
  costs.push({ embedder, dimension, ...measureCost(sets.lfw, { curve, dimension }) })
}
const show = ({ mean, worst }) => `${mean.toFixed(4)} (${worst.toFixed(4)})`
printTable(
  results.map(({ modelId, dataset, precision, recall, ...result }) => ({
    embedder: modelId,
    set: dataset,
    persons: result.persons,
    photographs: result.photographs,
    strangers: result.strangers,
    'precision (worst draw)': show(precision),
    'recall (worst draw)': show(recall),
  })),
)
for (const { embedder, among, ...cost } of costs) {
  console.log(`${embedder}, made-up sightings:`)
  printTable([cost])
  printTable(among)
}
writeResult('strangers', args, {
  question:
    'pairwise precision and recall of strangers against labelled persons, and the cost of a sighting among many strangers',
  results,
  cost: {
    times: 'processor time',
    sightings:
      'made up: a person is a mix of 64 faces of LFW with normal weights, a photograph the person and such a mix; all have the moments of real embeddings',
    runs: costs,
  },
})

/**
 * Sightings of made-up people until there are about 2 strangers for 5 sightings.
 *
 * Mixes of random faces have the second moments that faces have, and so the similarities of different
 * people, and there are as many of them as are needed. LFW has 5,749 people.
 */
function measureCost({ embedded }, { curve, dimension }) {
  const random = createRandom(1)
  const faces = embedded.images.length
  const mix = () => {
    const out = new Float64Array(dimension)
    for (let i = 0; i < 64; i++) {
      const from = Math.floor(random() * faces) * dimension
      const weight = gauss(random)
      for (let d = 0; d < dimension; d++) out[d] += weight * embedded.embeddings[from + d]
    }
    return toUnit(out)
  }
  const people = Array.from({ length: Math.round(0.45 * sightings) }, mix)
  let last = 0
  const newId = () => String(++last).padStart(9, '0')
  const clusters = createStrangerClusters({ dimension, curve, newId })
  const among = []
  /** Times of one mark, by what the sighting did. */
  let [founding, joining] = [[], []]
  let ms = 0
  for (let i = 0; i < sightings; i++) {
    const person = people[Math.floor(random() * people.length)]
    const away = mix()
    // Of two photographs of one person of LFW the mean similarity is about 0.7: 1 / (1 + 0.65^2).
    const embedding = toUnit(person.map((value, d) => value + 0.65 * away[d]))
    const begun = readCpuMs()
    const { isNew } = clusters.add({ id: String(i), embedding })
    const took = readCpuMs() - begun
    ms += took
    const mark = marks[among.length]
    if (mark === undefined || clusters.size < mark - timedAround / 2) continue
    const times = isNew ? founding : joining
    times.push(took)
    if (clusters.size < mark && i < sightings - 1) continue
    among.push({
      strangers: clusters.size,
      sightings: i + 1,
      'founds, median ms': median(founding),
      'founds, p95 ms': percentile(founding, 0.95),
      'joins, median ms': median(joining),
      'joins, p95 ms': percentile(joining, 0.95),
      'all values of each mean, ms': timePlainScan(clusters.size, dimension),
    })
    founding = []
    joining = []
  }
  return {
    sightings,
    strangers: clusters.size,
    cpuS: ms / 1000,
    'mean ms': ms / sightings,
    ...measureRestore(clusters, { curve, dimension, ids: last }),
    among,
  }
}

/** Processor time of this process, which other work on the machine hardly changes. */
function readCpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The time that a start takes, and the memory of all strangers. */
function measureRestore(clusters, { curve, dimension, ids }) {
  const states = []
  for (let id = 1; id <= ids; id++) {
    const state = clusters.state(String(id).padStart(9, '0'))
    if (state !== undefined) states.push(state)
  }
  const begun = readCpuMs()
  const restored = createStrangerClusters({ dimension, curve, newId: () => '' })
  for (const state of states) restored.restore(state)
  const restoreS = (readCpuMs() - begun) / 1000
  // Sums and members are the states' own, and a sum of one face is that face.
  const vectors = states.reduce(
    (sum, { count, members }) => sum + members.length + (count > 1 ? 1 : 0),
    0,
  )
  const members = states.reduce((sum, state) => sum + state.members.length, 0)
  return { members, vectorsMB: (vectors * dimension * 4) / 1e6, restoreS }
}

/** What a scan of all means would take in plain JavaScript, without the bound. */
function timePlainScan(rows, dimension) {
  const values = Float32Array.from({ length: rows * dimension }, () => 0.01)
  const probe = values.slice(0, dimension)
  const times = []
  for (let round = 0; round < 15; round++) {
    const begun = readCpuMs()
    const found = countNear(values, probe, 2)
    times.push(readCpuMs() - begun)
    if (found > 0) throw new Error('no sum is so large')
  }
  // The first rounds run before the code is optimised.
  return median(times.slice(5))
}

function countNear(values, probe, similarity) {
  const dimension = probe.length
  let found = 0
  for (let at = 0; at < values.length; at += dimension) {
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    for (let d = 0; d < dimension; d += 4) {
      s0 += probe[d] * values[at + d]
      s1 += probe[d + 1] * values[at + d + 1]
      s2 += probe[d + 2] * values[at + d + 2]
      s3 += probe[d + 3] * values[at + d + 3]
    }
    if (s0 + s1 + (s2 + s3) >= similarity) found++
  }
  return found
}

/** A normal variate by the method of Box and Muller. */
function gauss(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function toUnit(vector) {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return Float32Array.from(vector, (value) => value / length)
}
