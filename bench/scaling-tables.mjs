// Writes the tables of docs/guides/scaling.md from bench/results/{backends,nodes,capacity}.json.
// `--check` only tells whether they are up to date.
//
//   node bench/scaling-tables.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs'

const guide = new URL('../docs/guides/scaling.md', import.meta.url)
const read = (name) =>
  JSON.parse(readFileSync(new URL(`./results/${name}.json`, import.meta.url), 'utf8'))
const [backends, nodes, capacity] = ['backends', 'nodes', 'capacity'].map(read)

const tables = {
  backends: [
    '| store + index | enrolment, faces/s | search p50 | p99 | searches/s, many clients | recall@1, enrolled | strangers | restart | rebuild |',
    ...backends.results.map(({ variant, failed, enrolment, search, restart }) =>
      failed
        ? `| ${variant} | ${failed} | | | | | | | |`
        : row(
            variant,
            digits(enrolment.facesPerSecond),
            ms(search.p50Ms),
            ms(search.p99Ms),
            digits(search.manyClientsPerSecond),
            search.recallAt1.toFixed(4),
            search.recallAt1OfStrangers.toFixed(4),
            seconds(restart.fromSnapshotMs),
            seconds(restart.rebuildMs),
          ),
    ),
  ],
  bytes: [
    '| store + index | store, disk | node, memory | snapshot, disk | Milvus, memory |',
    ...backends.results
      .filter(({ failed }) => !failed)
      .map(({ variant, enrolment, restart, milvusResidentBytesPerFace: milvus }) =>
        row(
          variant,
          digits(enrolment.storeBytesPerFace),
          digits(restart.nodeResidentBytesPerFace),
          digits(restart.snapshotBytesPerFace),
          milvus === undefined ? '' : digits(milvus),
        ),
      ),
  ],
  propagation: [
    '| | changes | enrolled: p50 | p95 | deleted: p50 | p95 | searches until it shows |',
    ...[
      ['galleries in three processes', nodes.propagationBetweenGalleries],
      ['three nodes over HTTP, to the end of an identification', nodes.propagationOverHttp],
    ].map(([what, { changes, enrolled, deleted, identificationsUntilShown }]) =>
      row(
        what,
        changes,
        ms(enrolled.p50Ms),
        ms(enrolled.p95Ms),
        ms(deleted.p50Ms),
        ms(deleted.p95Ms),
        identificationsUntilShown?.toFixed(2) ?? '',
      ),
    ),
  ],
  restart: [
    '| | identified | enrolled | failed | acknowledged and lost |',
    ...[
      ['clients repeat on 503 and refused connections', nodes.rollingRestart.clientRetry],
      ['clients repeat nothing, behind nginx', nodes.rollingRestart.throughNginx],
    ].map(([what, run]) =>
      run.skipped
        ? row(what, run.skipped, '', '', '')
        : row(what, run.identified, run.enrolled, run.failed, run.acknowledgedAndLost),
    ),
  ],
  node: [
    '| faces | projected: memory | search p50 | searches/s and core | HNSW32: memory | search p50 | searches/s and core |',
    ...capacity.everyNodeHasAll.map(({ faces, projected, HNSW32 }) =>
      row(
        count(faces),
        ...[projected, HNSW32].flatMap((kind) => [
          gib(kind.memoryGib),
          ms(kind.searchP50Ms),
          digits(kind.searchesPerSecondAndCore),
        ]),
      ),
    ),
  ],
  partitions: [
    '| faces | index | partitions | limited by | copies | machines | memory | cores | search p50 | p99 |',
    ...capacity.partitioned.map((plan) =>
      row(
        count(plan.faces),
        plan.kind,
        plan.partitions,
        plan.limitedBy,
        plan.copies,
        plan.machines,
        gib(plan.memoryGib),
        plan.cores,
        ms(plan.searchP50Ms),
        ms(plan.searchP99Ms),
      ),
    ),
  ],
  fanOut: [
    '| partitions | p50 | p99 | hedged: p50 | p99 |',
    ...capacity.fanOut.map(({ partitions, p50Ms, p99Ms, hedgedP50Ms, hedgedP99Ms }) =>
      row(partitions, ms(p50Ms), ms(p99Ms), ms(hedgedP50Ms), ms(hedgedP99Ms)),
    ),
  ],
  store: [
    '| faces | one member | three members |',
    ...capacity.store.map(({ faces, diskGib, ofThreeMembersGib }) =>
      row(count(faces), gib(diskGib), gib(ofThreeMembersGib)),
    ),
  ],
  thresholds: [
    '| faces | model | FMR of one comparison | similarity for `match` | from | true pairs that reach it |',
    ...capacity.thresholds.map(({ faces, model, fmr, threshold, extrapolated, tmr }) =>
      row(
        count(faces),
        model,
        fmr.toExponential(0),
        threshold.toFixed(3),
        extrapolated ? 'extrapolation' : 'counts',
        tmr === undefined ? '' : `${digits(tmr * 100)} %`,
      ),
    ),
  ],
}

const before = readFileSync(guide, 'utf8')
let after = before
for (const [name, [head, ...body]] of Object.entries(tables)) {
  const rule = `|${'---|'.repeat(head.split('|').length - 2)}`
  const place = new RegExp(`(<!-- table: ${name} -->\n)[^]*?(<!-- end -->)`)
  if (!place.test(after)) throw new Error(`the guide has no table ${name}`)
  after = after.replace(place, (_, start, end) => [start + head, rule, ...body, end].join('\n'))
}
if (process.argv.includes('--check')) {
  if (after !== before) {
    console.error(
      'docs/guides/scaling.md is not what the result files say: run this without --check',
    )
    process.exitCode = 1
  }
} else writeFileSync(guide, after)

function row(...cells) {
  return `| ${cells.join(' | ')} |`
}

/** Two digits that count, or all before the point. */
function digits(value) {
  if (value === 0) return '0'
  return value >= 10 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)))
}

function ms(value) {
  return `${digits(value)} ms`
}

function seconds(value) {
  return `${digits(value / 1000)} s`
}

function gib(value) {
  return value >= 1024 ? `${digits(value / 1024)} TiB` : `${digits(value)} GiB`
}

function count(faces) {
  return faces.toLocaleString('en')
}
