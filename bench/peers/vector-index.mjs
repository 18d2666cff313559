// An index of Face Watcher as a peer.
//
//   node --expose-gc bench/peers/vector-index.mjs exact|projected DIRECTORY
//
// Answers {"build": {"vectors": FILE, "rows": n, "dimension": d}} with {"addMs", "settledMs",
// "firstSearchMs", "bytesPerVector", ...}: the time to add all, from then until a search has found the
// face that was added last, and until nothing is learned any more; it is searchable all the time.
// Then its snapshot is written to DIRECTORY and read again. Answers {"search": {"probes": FILE,
// "dimension": d, "from": i, "count": n, "k": k}} with {"ms", "found": rows and similarities of each
// probe}. Files are float32.
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { version } from '../../dist/version.js'
import { time } from '../measure.mjs'

const [kind, directory] = process.argv.slice(2)
const batch = 10_000
const provider = await createProvider()
console.log(JSON.stringify({ name: `Face Watcher ${kind}`, version: version() }))
let index
for await (const line of createInterface({ input: process.stdin })) {
  const { build: toBuild, search: toSearch } = JSON.parse(line)
  console.log(JSON.stringify(toBuild ? await build(toBuild) : await search(toSearch)))
}
await provider.close()

async function createProvider() {
  if (kind === 'exact') {
    return (await import('../../dist/search/exact/provider.js')).createExactProvider({ directory })
  }
  return (await import('../../dist/search/projected/provider.js')).createProjectedProvider({
    directory,
  })
}

async function build({ vectors, rows, dimension }) {
  gc()
  const before = process.memoryUsage.rss()
  index = await provider.open('bench', dimension)
  let addMs = 0
  for (let from = 0; from < rows; from += batch) {
    const count = Math.min(batch, rows - from)
    const ids = Array.from({ length: count }, (_, i) => String(from + i).padStart(26, '0'))
    const part = readFloats(vectors, from * dimension, count * dimension)
    addMs += (await time(() => index.upsert(ids, part)))[0]
  }
  let firstSearchMs = 0
  const [settledMs] = await time(async () => {
    firstSearchMs = await findLast({ vectors, rows, dimension })
    while ((await index.status?.())?.learning) await sleep(20)
  })
  gc()
  const bytesPerVector = (process.memoryUsage.rss() - before) / rows
  const [saveMs] = await time(() => index.save('0'))
  const [loadMs] = await time(() => index.load())
  const snapshotBytes = statSync(join(directory, 'bench', `${kind}.snapshot`)).size
  const status = await index.status?.()
  return {
    ...{ addMs, firstSearchMs, settledMs, bytesPerVector, saveMs, loadMs },
    snapshotBytesPerVector: snapshotBytes / rows,
    ...(status ? { status } : {}),
  }
}

async function findLast({ vectors, rows, dimension }) {
  const last = readFloats(vectors, (rows - 1) * dimension, dimension)
  const [ms, [list]] = await time(() => index.search(last, 1))
  if (Number(list[0].faceId) !== rows - 1) throw new Error('the last face was not found')
  return ms
}

async function search({ probes, dimension, from, count, k }) {
  const some = readFloats(probes, from * dimension, count * dimension)
  const [ms, lists] = await time(() => index.search(some, k))
  const found = lists.map((list) =>
    list.map(({ faceId, similarity }) => [Number(faceId), similarity]),
  )
  return { ms, found }
}

function readFloats(file, from, count) {
  const out = new Float32Array(count)
  const descriptor = openSync(file)
  readSync(descriptor, new Uint8Array(out.buffer), 0, count * 4, from * 4)
  closeSync(descriptor)
  return out
}
