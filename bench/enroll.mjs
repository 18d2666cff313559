// How fast is a folder of photographs enrolled, from the start to the last face on disk?
//
//   npm run bench:enroll -- [--lfw DIR] [--models-from DIR] [--images 400] [--rounds 3] [--quick]
//                           [--out FILE]
//
// By the command line (`face-watcher enroll FOLDER`, from the start of the process to its end) and
// through the library, in turns, each time into an empty data directory. An enrolment is answered
// when it is on disk; afterwards another process opens the database and counts.
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { createFaceWatcher } from '../dist/index.js'
import { inParallel, median, printTable, rotate, time, writeResult } from './measure.mjs'
import { prepareModels } from './peers/prepare.mjs'
import { findLfw, pickLfw, scaleSamples } from './photos.mjs'
import { createDataDir } from './service.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    'models-from': { type: 'string', default: '.cache/test-data' },
    images: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const rounds = Number(args.rounds ?? (args.quick ? 1 : 3))
const count = Number(args.images ?? (args.quick ? 40 : 400))
const run = promisify(execFile)

prepareModels(args['models-from'], {})
const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
const lfw = findLfw(args.lfw)
const photographs = lfw ? pickLfw(lfw, count) : await scaleSamples(640, work)
const folder = join(work, 'photographs')
const files = photographs.map((file, i) => {
  const person = join(folder, `Person ${i}`)
  mkdirSync(person, { recursive: true })
  copyFileSync(file, join(person, basename(file)))
  return join(person, basename(file))
})

const ways = { commandLine: enrolByCommandLine, library: enrolByLibrary }
const results = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
try {
  for (let round = 0; round < rounds; round++) {
    for (const name of rotate(Object.keys(ways), round)) {
      const { dataDir, remove } = createDataDir(args['models-from'], work)
      const { ms, enrolled } = await ways[name](dataDir)
      const onDisk = await countOnDisk(dataDir)
      remove()
      results[name].push({ imagesPerSecond: files.length / (ms / 1000), enrolled, onDisk })
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
const summary = Object.fromEntries(
  Object.entries(results).map(([name, list]) => [
    name,
    {
      imagesPerSecond: median(list.map((one) => one.imagesPerSecond)),
      enrolled: list[0].enrolled,
      allOnDisk: list.every(({ enrolled, onDisk }) => enrolled === onDisk),
      rounds: list.map((one) => one.imagesPerSecond),
    },
  ]),
)
printTable(summary)
writeResult('enroll', args, {
  question:
    'images a second that are enrolled from a folder, durable, with the start of the program',
  images: files.length,
  photographs: lfw ? 'LFW' : 'samples at 640 px, the largest face of each',
  results: summary,
})

async function enrolByCommandLine(dataDir) {
  const [ms, { stdout }] = await time(() =>
    run(process.execPath, [
      ...['dist/cli/main.js', '--data-dir', dataDir, 'enroll', folder],
      ...['--faces', 'largest', '--json'],
    ]),
  )
  return { ms, enrolled: JSON.parse(stdout).enrolled }
}

async function enrolByLibrary(dataDir) {
  let enrolled = 0
  const [ms] = await time(async () => {
    const faceWatcher = await createFaceWatcher({ dataDir })
    await inParallel(files, availableParallelism() * 2, async (file, i) => {
      const image = { fileName: basename(file), bytes: Uint8Array.from(await readFile(file)) }
      const person = { name: `Person ${i}` }
      const { faces } = await faceWatcher.enroll('default', person, [image], { faces: 'largest' })
      enrolled += faces.length
    })
    await faceWatcher.close()
  })
  return { ms, enrolled }
}

async function countOnDisk(dataDir) {
  const { stdout } = await run(process.execPath, [
    ...['dist/cli/main.js', '--data-dir', dataDir, 'collections', 'list', '--json'],
  ])
  return JSON.parse(stdout).items.find(({ name }) => name === 'default').faces
}
