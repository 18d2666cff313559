// How long does `serve` take until it is ready, by size of the gallery, and how much memory has it?
//
//   npm run bench:start -- [--models-from DIR] [--sizes 0,100000] [--large] [--rounds 5] [--quick]
//                          [--out FILE]
//
// From the start of the process to the first yes of `/readyz`, models loaded and the index read from
// its snapshot; the files are in the memory of the system. `--large` adds a million faces, which
// take 5 GB on disk and some minutes to write. After some identifications and a pause, in which the
// worker for single images ends, the resident memory of the whole process is read.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { median, printTable, rotate, time, writeResult } from './measure.mjs'
import { prepareModels } from './peers/prepare.mjs'
import { scaleSamples } from './photos.mjs'
import { createDataDir, fillGallery, identifyRequest, startService } from './service.mjs'

const { values: args } = parseArgs({
  options: {
    'models-from': { type: 'string', default: '.cache/test-data' },
    sizes: { type: 'string' },
    large: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const rounds = Number(args.rounds ?? (args.quick ? 1 : 3))
const sizes = (args.sizes ?? (args.quick ? '0,10000' : '0,100000')).split(',').map(Number)
if (args.large) sizes.push(1_000_000)
const warmUpImages = 20
const pauseMs = args.quick ? 1000 : 20_000

prepareModels(args['models-from'], {})
const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
try {
  const [, image] = await scaleSamples(640, work)
  const galleries = []
  for (const faces of sizes) {
    const { dataDir } = createDataDir(args['models-from'], work)
    const [fillMs] = await time(() => fillGallery(dataDir, faces))
    console.log(`${faces} faces written in ${Math.round(fillMs / 1000)} s`)
    galleries.push({ faces, dataDir, readyMs: [], atReady: [], idle: [] })
  }
  for (let round = 0; round < rounds; round++) {
    for (const gallery of rotate(galleries, round)) await measure(gallery, image)
  }
  const results = galleries.map(({ faces, readyMs, atReady, idle }) => ({
    faces,
    readyMs: median(readyMs),
    slowestMs: Math.max(...readyMs),
    residentBytesWhenReady: median(atReady),
    residentBytesIdle: median(idle),
  }))
  const empty = results.find(({ faces }) => faces === 0)
  for (const result of results) {
    if (result.faces === 0 || empty === undefined) continue
    result.bytesPerFace = (result.residentBytesIdle - empty.residentBytesIdle) / result.faces
  }
  printTable(results)
  writeResult('start', args, {
    question: 'time from the start of the process until it is ready, and its memory',
    rounds,
    warmUpImages,
    pauseMs,
    results,
  })
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function measure(gallery, image) {
  const service = await startService(gallery.dataDir)
  try {
    gallery.readyMs.push(service.readyMs)
    gallery.atReady.push(service.residentBytes())
    for (let i = 0; i < warmUpImages; i++) {
      const { status, text } = await service.client.send(identifyRequest(image))
      if (status !== 200) throw new Error(`${status}: ${text}`)
    }
    await sleep(pauseMs)
    gallery.idle.push(service.residentBytes())
  } finally {
    await service.stop()
  }
}
