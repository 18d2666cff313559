// Is the projected index's own report of how well it agrees with exact search true?
//
//   npm run bench:agreement -- [--sizes 100000,1000000] [--spectra real,1/i,1/sqrt(i),flat]
//                              [--dimension 512] [--cache .cache/evaluation] [--seed 1]
//                              [--quick] [--out FILE]
//
// A gallery of each size is made for each spectrum: of real people of LFW among people mixed from
// their differences, and of random differences whose variances fall as 1 / i, as 1 / sqrt(i) or not
// at all, as a new model's embeddings could lie. The index learns and verifies itself; then what it
// reports is compared with searches for enrolled people and strangers, each repeated by an exact
// index. A line holds where searches are exact, or where both sorts of probes agree on 0.999 of the
// best faces and the report is within 0.002 of either. The exit code is 1 where a line does not hold.
// Each line has a process of its own, which takes 4 KB a face and dimension of 512: 6 GB a million.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createExactProvider } from '../dist/search/exact/provider.js'
import { createProjectedProvider } from '../dist/search/projected/provider.js'
import { createFaceVectors } from './face-vectors.mjs'
import { percentile, printTable, time, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    dimension: { type: 'string', default: '512' },
    sizes: { type: 'string' },
    spectra: { type: 'string', default: 'real,1/i,1/sqrt(i),flat' },
    cache: { type: 'string', default: '.cache/evaluation' },
    seed: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    line: { type: 'string' },
  },
})
/** Of the variances of random differences; real ones have none. */
const powers = { '1/i': 1, '1/sqrt(i)': 0.5, flat: 0 }
const sizes = (args.sizes ?? (args.quick ? '20000' : '100000,1000000')).split(',').map(Number)
const dimension = Number(args.dimension)
const sortProbes = args.quick ? 500 : 2000
const timedSearches = 200
const batchProbes = 64
const batchRows = 10_000
const k = 10
const leastAgreement = 0.999
const greatestError = 0.002
/** Similarities that differ by less are equal within float32: either face is right. */
const tie = 1e-6

if (args.line === undefined) await compareAll()
else console.log(JSON.stringify(await measure(JSON.parse(args.line))))

async function compareAll() {
  const results = []
  for (const faces of sizes) {
    for (const spectrum of args.spectra.split(',')) {
      results.push(await measureApart({ faces, spectrum }))
      const { status, ...line } = results.at(-1)
      printTable([line])
    }
  }
  writeResult('agreement', args, {
    question: 'how true is what the projected index reports of its agreement with exact search',
    dimension,
    probes: { ofEnrolled: sortProbes, ofStrangers: sortProbes, k },
    leastAgreement,
    greatestError,
    results,
  })
  if (results.some(({ holds }) => !holds)) process.exitCode = 1
}

/** In a process of its own, so that a line finds the memory as the first one did. */
async function measureApart(line) {
  const command = [import.meta.filename, ...process.argv.slice(2), '--line', JSON.stringify(line)]
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((done) => {
    child.once('close', done)
  })
  let answer
  for await (const text of createInterface({ input: child.stdout })) answer = text
  const code = await ended
  if (code !== 0) throw new Error(`${line.spectrum}, ${line.faces} faces: ended with ${code}`)
  return JSON.parse(answer)
}

async function measure({ faces, spectrum }) {
  const source = openSource(spectrum)
  // It learns when all are there, not at each doubling.
  const providers = [createProjectedProvider({ minFaces: faces }), createExactProvider()]
  const [projected, exact] = await Promise.all(providers.map((one) => one.open('bench', dimension)))
  const personOf = new Int32Array(faces)
  for (let from = 0; from < faces; from += batchRows) {
    const part = source.next(Math.min(batchRows, faces - from))
    const ids = Array.from(part.personOf, (_, i) => String(from + i).padStart(26, '0'))
    for (const index of [projected, exact]) await index.upsert(ids, part.vectors)
    personOf.set(part.personOf, from)
  }
  // As it is before any of the probes below could be repeated by the index itself.
  const [settledMs, status] = await time(() => settle(projected))
  const { probes, owners } = source.probes()
  const found = await findBest(projected, probes)
  const truth = await findBest(exact, probes)
  const measured = compare({ found, truth, owners, personOf })
  const oneMs = await timeSearches(projected, probes)
  await Promise.all(providers.map((one) => one.close()))
  const line = { spectrum, faces, source: source.source, ...describe(status), ...measured }
  const holds = doesHold(line)
  return { ...line, holds, settledMs, oneP50Ms: percentile(oneMs, 0.5), status }
}

/** Waits until the index has learned and measured its searches. @returns what it tells then */
async function settle(index) {
  for (;;) {
    const status = await index.status()
    if (!status.learning && (status.exact || status.audited > 0)) return status
    await sleep(50)
  }
}

function openSource(spectrum) {
  const power = powers[spectrum]
  if (power === undefined && spectrum !== 'real') throw new Error(`no such spectrum: ${spectrum}`)
  const source = createFaceVectors({
    ...{ dimension, power, mated: sortProbes, strangers: sortProbes },
    seed: Number(args.seed),
    cacheDir: args.cache,
  })
  if (spectrum === 'real' && !source.isReal) {
    throw new Error('real: the cache has no embeddings of LFW; face-watcher evaluate leaves them')
  }
  return source
}

/** What the index says of itself. */
function describe({ width, head, candidates, shortlist, exact, ...rest }) {
  const { widened = 1, audited, agreement, agreementAtLeast, agreementAtMost } = rest
  return {
    ...{
      exact: exact === true || width === undefined,
      width,
      head,
      candidates,
      shortlist,
      widened,
    },
    ...{ reported: agreement ?? 1, audited, reportedAtLeast: agreementAtLeast },
    reportedAtMost: agreementAtMost,
  }
}

/** The best face of each probe. */
async function findBest(index, probes) {
  const best = []
  for (let from = 0; from < probes.length; from += batchProbes * dimension) {
    const some = probes.slice(from, from + batchProbes * dimension)
    for (const [first] of await index.search(some, k)) best.push(first)
  }
  return best
}

function compare({ found, truth, owners, personOf }) {
  const counts = {
    enrolled: 0,
    strangers: 0,
    ofEnrolled: 0,
    ofStrangers: 0,
    right: 0,
    rightExact: 0,
  }
  owners.forEach((owner, i) => {
    const isSame = found[i].similarity >= truth[i].similarity - tie
    counts[owner === -1 ? 'strangers' : 'enrolled']++
    if (isSame) counts[owner === -1 ? 'ofStrangers' : 'ofEnrolled']++
    if (owner === -1) return
    if (personOf[Number(found[i].faceId)] === owner) counts.right++
    if (personOf[Number(truth[i].faceId)] === owner) counts.rightExact++
  })
  return {
    agreementEnrolled: counts.ofEnrolled / counts.enrolled,
    agreementStrangers: counts.ofStrangers / counts.strangers,
    rightIdentities: counts.right / counts.enrolled,
    rightIdentitiesOfExact: counts.rightExact / counts.enrolled,
  }
}

function doesHold({ exact, reported, agreementEnrolled, agreementStrangers }) {
  const measured = [agreementEnrolled, agreementStrangers]
  if (exact) return measured.every((share) => share === 1)
  const isNear = measured.every((share) => Math.abs(share - reported) <= greatestError)
  return isNear && Math.min(...measured) >= leastAgreement
}

async function timeSearches(index, probes) {
  const times = []
  for (let i = -10; i < timedSearches; i++) {
    const probe = probes.slice((i + 10) * dimension, (i + 11) * dimension)
    const [ms] = await time(() => index.search(probe, k))
    if (i >= 0) times.push(ms)
  }
  return times
}
