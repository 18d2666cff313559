// How fast is a search at what size, how often does it find what an exact search finds, and what
// does it cost? Beside FAISS, which is fed with the same vectors.
//
//   npm run bench:index -- [--dimensions 512,128] [--sizes 10000,100000,1000000] [--python FILE]
//                          [--faiss Flat,HNSW32,IVF] [--hnsw-up-to 100000]
//                          [--cache .cache/evaluation] [--seed 1] [--quick] [--out FILE]
//
// Each index lives in a process of its own; searches take turns. The vectors are those of
// face-vectors.mjs, the probes real people where LFW's embeddings are there. An approximate index of
// FAISS is searched with the least effort (efSearch, nprobe) that finds the same best face as the
// exact search for 0.999 of the probes of enrolled people, or with the most that is tried. `--faiss`
// takes any of FAISS' factory strings; `IVF` stands for IVFn,Flat with n = 4 sqrt(rows), at most 1024.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createFaceVectors } from './face-vectors.mjs'
import { percentile, printTable, rotate, writeResult } from './measure.mjs'
import { startPeers } from './peers/peer.mjs'
import { preparePython } from './peers/prepare.mjs'

const { values: args } = parseArgs({
  options: {
    dimensions: { type: 'string', default: '512,128' },
    sizes: { type: 'string' },
    python: { type: 'string' },
    faiss: { type: 'string', default: 'Flat,HNSW32,IVF' },
    'hnsw-up-to': { type: 'string', default: '100000' },
    cache: { type: 'string', default: '.cache/evaluation' },
    seed: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const sizes = (args.sizes ?? (args.quick ? '10000' : '10000,100000,1000000')).split(',').map(Number)
const enough = 0.999
const efforts = { HNSW: [64, 128, 256, 512], IVF: [8, 32, 128, 256] }
const k = 10
const [mated, strangers] = args.quick ? [200, 100] : [1000, 500]
const manyProbes = 64
const written = 10_000
/** Beyond it fewer searches are made. */
const large = 200_000
/** Similarities that differ by less are equal within float32: either face is right. */
const tie = 1e-6

const python = preparePython(args.python)
const results = []
let programs = {}
for (const dimension of args.dimensions.split(',').map(Number)) {
  for (const rows of sizes) {
    const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
    try {
      results.push(await measure(writeVectors(work, { dimension, rows })))
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  }
}
writeResult('index', args, {
  question: 'time, agreement with exact search and memory of indexes, by size of the gallery',
  probes: { ofEnrolled: mated, ofStrangers: strangers, k },
  leastAgreement: enough,
  programs,
  results,
})

/** Files of vectors and probes, with the person of each row. */
function writeVectors(work, { dimension, rows }) {
  const source = createFaceVectors({
    ...{ dimension, mated, strangers },
    seed: Number(args.seed),
    cacheDir: args.cache,
  })
  const files = { vectors: join(work, 'vectors'), probes: join(work, 'probes') }
  const personOf = new Int32Array(rows)
  const descriptor = openSync(files.vectors, 'w')
  for (let from = 0; from < rows; from += written) {
    const part = source.next(Math.min(written, rows - from))
    writeSync(descriptor, new Uint8Array(part.vectors.buffer))
    personOf.set(part.personOf, from)
  }
  closeSync(descriptor)
  const { probes, owners } = source.probes()
  writeFileSync(files.probes, probes)
  return { ...files, work, dimension, rows, personOf, owners, source: source.source }
}

async function measure(gallery) {
  const { dimension, rows, vectors, source, work } = gallery
  console.log(`\n${rows.toLocaleString('en')} x ${dimension}: ${source}`)
  const started = await startPeers(toContestants(rows, work))
  try {
    const { peers } = started
    programs = { ...programs, ...started.programs }
    const indexes = []
    for (const peer of peers) {
      const built = await peer.ask({ build: { vectors, rows, dimension } })
      indexes.push({ ...peer, built })
    }
    const truth = await findAll(indexes[0], gallery)
    for (const index of indexes) Object.assign(index, await tune(index, gallery, truth))
    const times = await timeSearches(indexes, gallery)
    const summary = indexes.map(({ id, built, effort, agreement }) => ({
      id,
      ...built,
      ...(effort === undefined ? {} : { effort }),
      ...agreement,
      ...times.get(id),
    }))
    printTable(
      summary.map(
        ({ status, snapshotBytesPerVector, saveMs, probesCompared, ...numbers }) => numbers,
      ),
    )
    return { dimension, rows, source, indexes: summary }
  } finally {
    await started.stop()
  }
}

function toContestants(rows, work) {
  const peer = (name) => join(import.meta.dirname, 'peers', name)
  const own = (kind) => [process.execPath, '--expose-gc', peer('vector-index.mjs'), kind, work]
  const lists = Math.min(1024, Math.round(4 * Math.sqrt(rows)))
  return [
    { id: 'exact', command: own('exact') },
    { id: 'projected', command: own('projected') },
    ...args.faiss
      .split(',')
      .filter((name) => !name.startsWith('HNSW') || rows <= Number(args['hnsw-up-to']))
      .map((name) => ({
        id: `faiss-${name}`,
        command: [python, peer('faiss_index.py'), name === 'IVF' ? `IVF${lists},Flat` : name],
      })),
  ]
}

/**
 * What an index finds, lists of [row, similarity] by the number of the probe: of all probes, or of
 * every `step`-th batch of them.
 */
async function findAll({ ask }, { probes, dimension, owners }, step = 1) {
  const all = new Map()
  for (let from = 0; from < owners.length; from += step * manyProbes) {
    const count = Math.min(manyProbes, owners.length - from)
    const { found } = await ask({ search: { probes, dimension, from, count, k } })
    found.forEach((list, i) => {
      all.set(from + i, list)
    })
  }
  return all
}

/** How well an index agrees with the exact one: a peer with the least effort that is enough. */
async function tune(index, gallery, truth) {
  const isPeer = index.id.startsWith('faiss-')
  // An approximate index of FAISS takes seconds a batch of probes here.
  const step = isPeer && gallery.rows > large ? 4 : 1
  const judge = async () => compare(await findAll(index, gallery, step), truth, gallery)
  const kind = Object.keys(efforts).find((name) => index.id.startsWith(`faiss-${name}`))
  if (kind === undefined) return { agreement: await judge() }
  let tried
  for (const effort of efforts[kind]) {
    await index.ask({ set: effort })
    tried = { effort, agreement: await judge() }
    if (tried.agreement.agreementEnrolled >= enough) break
  }
  return tried
}

function compare(found, truth, { owners, personOf }) {
  const counts = {
    enrolled: 0,
    strangers: 0,
    sameBest: 0,
    sameBestOfStrangers: 0,
    right: 0,
    all: 0,
  }
  found.forEach((list, i) => {
    const expected = truth.get(i)
    const [best] = list
    const isSame = best !== undefined && best[1] >= expected[0][1] - tie
    const least = expected.at(-1)[1] - tie
    counts.all += list.filter(([, similarity]) => similarity >= least).length / expected.length
    if (owners[i] === -1) {
      counts.strangers++
      if (isSame) counts.sameBestOfStrangers++
      return
    }
    counts.enrolled++
    if (isSame) counts.sameBest++
    if (best !== undefined && personOf[best[0]] === owners[i]) counts.right++
  })
  return {
    agreementEnrolled: counts.sameBest / counts.enrolled,
    agreementStrangers: counts.sameBestOfStrangers / counts.strangers,
    recallAt10: counts.all / found.size,
    rightIdentities: counts.right / counts.enrolled,
    probesCompared: found.size,
  }
}

async function timeSearches(indexes, { probes, dimension, owners, rows }) {
  const scale = args.quick ? 0.2 : 1
  const oneCount = Math.round(scale * (rows > large ? 60 : 200))
  const manyCount = Math.max(2, Math.round(scale * (rows > large ? 3 : 15)))
  const times = new Map(indexes.map(({ id }) => [id, { one: [], many: [] }]))
  for (const [name, count, rounds] of [
    ['one', 1, oneCount],
    ['many', manyProbes, manyCount],
  ]) {
    for (let round = -2; round < rounds; round++) {
      const from = ((round + 2) * count) % (owners.length - count)
      for (const { id, ask } of rotate(indexes, round + 2)) {
        const { ms } = await ask({ search: { probes, dimension, from, count, k } })
        if (round >= 0) times.get(id)[name].push(ms)
      }
    }
  }
  const summary = ({ one, many }) => ({
    oneP50Ms: percentile(one, 0.5),
    oneP99Ms: percentile(one, 0.99),
    manyP50Ms: percentile(many, 0.5),
    manyP99Ms: percentile(many, 0.99),
  })
  return new Map([...times].map(([id, list]) => [id, summary(list)]))
}
