// Are people still found when their redundant faces are set aside? People of LFW with more than 40
// photographs are enrolled by two thirds of these, beside people with one photograph each; the last third
// is looked up with all faces, and with those that each cap leaves, through the use cases of the library.
//
//   npm run bench:set-aside -- --lfw DIR [--embedder ID] [--others 400] [--data-dir DIR] [--out FILE]
//
// DIR has one folder of photographs a person; --data-dir holds models/. Beside the faces that the set-aside
// leaves, as many at random are measured.
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createFaceWatcher } from '../dist/index.js'
import { createRandom, shuffle } from '../dist/platform/random.js'
import { printTable, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    embedder: { type: 'string', default: 'mobilefacenet' },
    others: { type: 'string', default: '400' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    out: { type: 'string' },
  },
})
if (args.lfw === undefined) {
  console.error('usage: npm run bench:set-aside -- --lfw DIR')
  process.exit(2)
}
const caps = [40, 20, 10, 5]
/** Photographs that a person has more of. */
const photographs = 40
/** Of a person, so that the one with 530 photographs does not decide. */
const enrolledAtMost = 100
const lookedUpAtMost = 50
const together = 4

const entries = await readdir(args.lfw, { withFileTypes: true })
const folders = entries
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort()
const people = []
for (const folder of folders) {
  const files = (await readdir(join(args.lfw, folder))).sort().map((file) => join(folder, file))
  people.push({ folder, files })
}
const many = people.filter(({ files }) => files.length > photographs)
const single = people.filter(({ files }) => files.length === 1)
const others = shuffle(single, createRandom(1)).slice(0, Number(args.others))

const dataDir = await mkdtemp(join(tmpdir(), 'face-watcher-set-aside-'))
await symlink(resolve(args['data-dir'], 'models'), join(dataDir, 'models'))
const watcher = await createFaceWatcher({ dataDir, installModels: false })
const name = 'lfw'
const modelId = args.embedder

/** The face in the middle of the photograph, where LFW's people are; `undefined` where none can be compared. */
async function embed(file) {
  const { faces, width, height } = await watcher.embed(await readFile(join(args.lfw, file)), {
    modelId,
  })
  const toMiddle = ({ detection: { box } }) =>
    Math.hypot(box.x + box.width / 2 - width / 2, box.y + box.height / 2 - height / 2)
  const [face] = faces
    .filter(({ reasons }) => reasons.length === 0)
    .sort((a, b) => toMiddle(a) - toMiddle(b))
  return face && { modelId, embedding: face.embedding, fileName: file }
}

async function embedAll(files) {
  const embedded = []
  for (let from = 0; from < files.length; from += together) {
    embedded.push(...(await Promise.all(files.slice(from, from + together).map(embed))))
  }
  return embedded.filter((one) => one !== undefined)
}

try {
  await watcher.collections.create({ name, modelId })
  const options = { duplicates: 'ignore' }
  for (const { folder, files } of others) {
    const faces = await embedAll(files)
    if (faces.length > 0) await watcher.enroll(name, { name: folder }, faces, options)
  }
  const persons = []
  for (const [i, { folder, files }] of many.entries()) {
    const drawn = shuffle(files, createRandom(2 + i))
    const heldOut = Math.min(lookedUpAtMost, Math.floor(drawn.length / 3))
    const lookedUp = await embedAll(drawn.slice(0, heldOut))
    const enrolled = await embedAll(drawn.slice(heldOut, heldOut + enrolledAtMost))
    const { person, faces } = await watcher.enroll(name, { name: folder }, enrolled, options)
    persons.push({ id: person.id, faces: faces.map(({ face }) => face.id), lookedUp })
    console.error(`${folder}: ${faces.length} faces, ${lookedUp.length} photographs to look up`)
  }

  /** How many of the photographs that are looked up have the right name, another one, or none. */
  async function measure() {
    const counts = { found: 0, wrong: 0, lookedUp: 0, faces: 0 }
    for (const { id, lookedUp } of persons) {
      counts.faces += (await watcher.persons.get(name, id)).faceCount
      for (const probe of lookedUp) {
        const { decision, candidates } = (await watcher.identify(name, probe)).faces[0]
        counts.lookedUp++
        if (decision !== 'match') continue
        if (candidates[0].personId === id) counts.found++
        else counts.wrong++
      }
    }
    return { ...counts, rate: counts.found / counts.lookedUp }
  }
  async function restoreAll() {
    for (const { id } of persons) {
      const { items } = await watcher.setAside.list(name, id, { limit: 1000 })
      const faceIds = items.map((face) => face.id)
      if (faceIds.length > 0) await watcher.setAside.restore(name, id, faceIds)
    }
  }

  const results = [{ faces: 'all', ...(await measure()) }]
  for (const cap of caps) {
    let setAside = 0
    for (const { id } of persons) {
      setAside += (await watcher.setAside.add(name, id, { cap })).faces.length
    }
    results.push({ cap, kept: 'most different', setAside, ...(await measure()) })
  }
  await restoreAll()
  const again = await measure()
  for (const [i, cap] of caps.entries()) {
    for (const [j, { id, faces }] of persons.entries()) {
      const faceIds = shuffle(faces, createRandom(100 * i + j)).slice(cap)
      if (faceIds.length > 0) await watcher.setAside.add(name, id, { faceIds })
    }
    results.push({ cap, kept: 'at random', ...(await measure()) })
    await restoreAll()
  }
  printTable(results.map((row) => ({ cap: row.cap ?? 'none', kept: row.kept ?? 'all', ...row })))
  const standardOut = `bench/results/set-aside-${modelId}.json`
  writeResult(
    'set-aside',
    { ...args, out: args.out ?? standardOut },
    {
      question: 'are people still found when their redundant faces are set aside',
      embedder: modelId,
      persons: persons.length,
      otherPersons: others.length,
      results,
      afterRestore: again,
    },
  )
} finally {
  await watcher.close()
  await rm(dataDir, { recursive: true, force: true })
}
