// Open-set identification through the library: enrols one image each of N people, then identifies
// another image of each and one image of N strangers, at the default policy.
//
//   node bench/open-set.mjs --data DIR --models-from DIR [--size 1000] [--seed 1] [--embedder ID] [--out FILE]
//
// DIR of --data holds lfw-deepfunneled.tar and lfw-protocol/pairs.txt; --models-from holds models/.
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { composeFaceWatcher } from '../dist/compose/compose.js'
import { loadConfig } from '../dist/config/load.js'
import { openDataset, selectImages } from '../dist/evaluation/dataset.js'
import { createRandom, shuffle } from '../dist/platform/random.js'
import { inParallel } from './measure.mjs'

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    'models-from': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    size: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    embedder: { type: 'string', default: 'mobilefacenet' },
    out: { type: 'string' },
  },
})
if (values.data === undefined) {
  console.error('usage: node bench/open-set.mjs --data DIR [--models-from DIR] [--out FILE]')
  process.exit(2)
}
const size = Number(values.size)
const lanes = availableParallelism() + 1
const dataset = await openDataset(values.data, { cacheDir: values.cache })
const { enrolled, strangers } = draw(selectImages(dataset, 'protocol'))

const dataDir = await mkdtemp(join(tmpdir(), 'open-set-'))
await symlink(resolve(values['models-from'], 'models'), join(dataDir, 'models'))
const { config } = loadConfig({
  environment: {},
  flags: { dataDir, models: { embedder: values.embedder } },
})
const { faceWatcher, close } = await composeFaceWatcher(config, { installMissing: false })
try {
  const result = await run()
  console.log(JSON.stringify(result, null, 2))
  if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(result, null, 2)}\n`)
} finally {
  await close()
  await rm(dataDir, { recursive: true })
}

async function run() {
  const started = performance.now()
  let rejected = 0
  const persons = new Map()
  await inParallel(enrolled, lanes, async ({ person, gallery }) => {
    const images = [{ fileName: gallery.key, bytes: await readBytes(gallery) }]
    // Every image of the protocol counts, so a photograph that a quality gate would refuse is taken, too.
    const options = { faces: 'largest', skipQualityGates: true, duplicates: 'ignore' }
    const answer = await faceWatcher.enroll('default', { name: person }, images, options)
    if (answer.person === undefined) rejected++
    else persons.set(answer.person.id, person)
  })
  const enrolledMs = performance.now() - started
  const mated = await identifyAll(enrolled.map(({ person, probe }) => ({ person, image: probe })))
  const others = await identifyAll(strangers.map((image) => ({ person: image.person, image })))
  const searchMs = performance.now() - started - enrolledMs
  const { thresholds } = await faceWatcher.collections.get('default')
  const right = ({ person, face }) => persons.get(face?.candidates[0]?.personId) === person
  return {
    date: new Date().toISOString(),
    command: `node bench/open-set.mjs --data DIR --size ${size} --seed ${values.seed} --embedder ${values.embedder}`,
    machine: { cpu: cpus()[0]?.model.trim(), cores: availableParallelism() },
    versions: { node: process.version },
    embedder: values.embedder,
    enrolled: persons.size,
    rejected,
    thresholds,
    rank1: mated.filter(right).length / mated.length,
    fnir:
      1 - mated.filter((one) => right(one) && one.face.decision === 'match').length / mated.length,
    fpir: others.filter(({ face }) => face?.decision === 'match').length / others.length,
    possibleFnir:
      1 -
      mated.filter((one) => right(one) && one.face.decision !== 'unknown').length / mated.length,
    possibleFpir:
      others.filter(({ face }) => face !== undefined && face.decision !== 'unknown').length /
      others.length,
    enrolledPerSecond: enrolled.length / (enrolledMs / 1000),
    identifiedPerSecond: (mated.length + others.length) / (searchMs / 1000),
  }
}

async function identifyAll(probes) {
  const answers = []
  await inParallel(probes, lanes, async ({ person, image }, index) => {
    const answer = await faceWatcher.identify('default', await readBytes(image), { candidates: 1 })
    answers[index] = { person, face: centralFace(answer) }
  })
  return answers
}

/** The face that the photograph is about, as in the evaluation. */
function centralFace({ width, height, faces }) {
  const rank = ({ detection: { box } }) => {
    const dx = box.x + box.width / 2 - width / 2
    const dy = box.y + box.height / 2 - height / 2
    return box.width * box.height - 2 * (dx * dx + dy * dy)
  }
  return [...faces].sort((a, b) => rank(b) - rank(a))[0]
}

function draw(images) {
  const random = createRandom(Number(values.seed))
  const byPerson = new Map()
  for (const image of images)
    byPerson.set(image.person, [...(byPerson.get(image.person) ?? []), image])
  const several = shuffle(
    [...byPerson].filter(([, list]) => list.length > 1),
    random,
  )
  const chosen = several.slice(0, size)
  const names = new Set(chosen.map(([person]) => person))
  const others = shuffle(
    [...byPerson].filter(([person]) => !names.has(person)),
    random,
  )
  return {
    enrolled: chosen.map(([person, list]) => {
      const [gallery, probe] = shuffle(list, random)
      return { person, gallery, probe }
    }),
    strangers: others.slice(0, size).map(([, list]) => shuffle(list, random)[0]),
  }
}

async function readBytes(image) {
  return new Uint8Array(await readFile(image.file))
}
