// How hard does a gallery find itself, and what does its shift do to a verification? People are drawn
// and enrolled, one photograph each; everybody else of the set is compared with each of them.
//
//   npm run bench:difficulty -- --lfw DIR [--celebrities DIR] [--studio DIR] [--embedder ID]
//                               [--draws 20] [--data-dir DIR] [--cache DIR] [--quick] [--out FILE]
//
// DIR as for bench:promise.
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { computeGalleryDifficulty, expectedFpir } from '../dist/core/gallery-difficulty.js'
import { computeThresholds, computeVerifyThreshold, defaultPolicy } from '../dist/core/policy.js'
import { comparePairsOf } from '../dist/gallery/person-sample.js'
import { loadManifest } from '../dist/models/manifest.js'
import { createRandom, shuffle } from '../dist/platform/random.js'
import { embedSets } from './labelled-sets.mjs'
import { printTable, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    celebrities: { type: 'string' },
    studio: { type: 'string' },
    embedder: { type: 'string', default: 'mobilefacenet' },
    draws: { type: 'string' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const draws = Number(args.draws ?? (args.quick ? 2 : 20))
const sizes = { lfw: [100, 300, 1000], celebrities: [100], studio: [100, 300, 1000] }
const maxFmr = 1e-4

const wanted = Object.keys(sizes).filter((name) => args[name] !== undefined)
if (wanted.length === 0) {
  console.error('usage: npm run bench:difficulty -- --lfw DIR [--celebrities DIR] [--studio DIR]')
  process.exit(2)
}
const { models } = await loadManifest()
const model = models.find(({ id }) => id === args.embedder)
const curve = model.fmrCurve
const sets = await embedSets(wanted, args, models)
const signal = new AbortController().signal
const results = []
for (const name of wanted) for (const persons of sizes[name]) results.push(await run(name, persons))
printTable(
  results.map((result) => ({
    gallery: `${result.set} ${result.persons}`,
    rate: result.rate.toPrecision(2),
    times: show(result.times, 2),
    shift: show(result.shift, 4),
    'expected FPIR': show(result.expectedFpir, 4),
    'verify FMR': show(result.verify.fmr, 6),
    'FMR, shifted': show(result.verify.fmrShifted, 6),
    TMR: result.verify.tmr ? show(result.verify.tmr, 4) : '-',
    'TMR, shifted': result.verify.tmr ? show(result.verify.tmrShifted, 4) : '-',
    ms: Math.round(result.longestMs),
  })),
)
const standardOut = args.quick ? undefined : `bench/results/difficulty-${args.embedder}.json`
writeResult(
  'difficulty',
  { ...args, out: args.out ?? standardOut },
  {
    question: `how much harder a gallery is than the curve's photographs, and what its shift does to a verification at FMR ${maxFmr}`,
    embedder: args.embedder,
    policy: defaultPolicy,
    results,
  },
)

async function run(set, persons) {
  const { embedded } = sets[set]
  const people = sets[set].people
    .map(({ rows }) => ({ rows: rows.filter((row) => row >= 0) }))
    .filter(({ rows }) => rows.length > 0)
  const { dimension } = embedded
  const rowOf = (row) => embedded.embeddings.subarray(row * dimension, (row + 1) * dimension)
  const random = createRandom(1)
  const { match } = computeThresholds(defaultPolicy, curve, persons)
  const threshold = computeVerifyThreshold(maxFmr, curve, 1)
  const all = []
  let longestMs = 0
  for (let draw = 0; draw < draws; draw++) {
    const drawn = shuffle(people, random)
    const enrolled = drawn.slice(0, persons)
    const gallery = new Float32Array(persons * dimension)
    for (const [i, { rows }] of enrolled.entries()) gallery.set(rowOf(rows[0]), i * dimension)
    const started = performance.now()
    const pairs = await comparePairsOf(gallery, { dimension, signal })
    const difficulty = computeGalleryDifficulty(curve, pairs)
    longestMs = Math.max(longestMs, performance.now() - started)
    const search = { match, gallerySize: persons }
    const strangers = drawn.slice(persons, persons + 300).map(({ rows }) => rowOf(rows[0]))
    const counts = { plain: 0, shifted: 0, mated: 0, found: 0, foundShifted: 0 }
    for (const [i, { rows }] of enrolled.entries()) {
      const own = gallery.subarray(i * dimension, (i + 1) * dimension)
      for (const stranger of strangers) {
        const similarity = dot(own, stranger)
        if (similarity >= threshold) counts.plain++
        if (similarity >= threshold + difficulty.shift) counts.shifted++
      }
      if (rows.length < 2) continue
      const similarity = dot(own, rowOf(rows[1]))
      counts.mated++
      if (similarity >= threshold) counts.found++
      if (similarity >= threshold + difficulty.shift) counts.foundShifted++
    }
    const compared = persons * strangers.length
    all.push({
      ...difficulty,
      expectedFpir: expectedFpir(curve, search, difficulty),
      fmr: counts.plain / compared,
      fmrShifted: counts.shifted / compared,
      tmr: counts.mated ? counts.found / counts.mated : undefined,
      tmrShifted: counts.mated ? counts.foundShifted / counts.mated : undefined,
    })
  }
  const mean = (key) => meanOf(all.map((one) => one[key]))
  console.error(`${set} ${persons} done`)
  return {
    set,
    persons,
    draws,
    seed: 1,
    pairs: all[0].pairs,
    rate: all[0].rate,
    times: mean('times'),
    shift: mean('shift'),
    expectedFpir: mean('expectedFpir'),
    verify: {
      maxFmr,
      fmr: mean('fmr'),
      fmrShifted: mean('fmrShifted'),
      ...(all[0].tmr === undefined ? {} : { tmr: mean('tmr'), tmrShifted: mean('tmrShifted') }),
    },
    longestMs,
  }
}

function dot(a, b) {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

function meanOf(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return { mean, std: Math.sqrt(variance) }
}

function show({ mean, std }, digits) {
  return `${mean.toFixed(digits)} +- ${std.toFixed(digits)}`
}
