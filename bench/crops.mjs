// How far is an embedding of a stored crop from one of the photograph, what does that do to a search,
// how large are crops, and how long does one take?
//
//   npm run bench:crops -- --lfw DIR [--celebrities DIR] [--studio DIR] [--faces 2000]
//                          [--others 300] [--embedders ID,ID] [--tried 60] [--draws 20]
//                          [--data-dir DIR] [--cache DIR] [--quick] [--out FILE]
//
// DIR of --lfw holds lfw-deepfunneled.tar or lfw/; of the others one folder of photographs a person,
// or one photograph a person. --data-dir holds models/. Of LFW half of the faces are two photographs
// each of people, who are enrolled by one of them and searched for by the other, and the rest one
// each of others, who are strangers to that gallery. Of other sets --others photographs are drawn.
// Of each set --tried photographs are stored in the other ways of crop-variants.mjs.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { defaultPolicy } from '../dist/core/policy.js'
import { dotProduct } from '../dist/core/similarity.js'
import { openDataset } from '../dist/evaluation/dataset.js'
import { chooseLabelledFace } from '../dist/evaluation/face-choice.js'
import { groupByPerson, lfwCorrections } from '../dist/evaluation/label-corrections.js'
import { evaluatePromise } from '../dist/evaluation/promise.js'
import { loadManifest } from '../dist/models/manifest.js'
import { createRandom, shuffle } from '../dist/platform/random.js'
import { createExactProvider } from '../dist/search/exact/provider.js'
import { createAnalyzer } from '../dist/vision/analyzer/analyzer.js'
import { cutFaceCrop } from '../dist/vision/pipeline/face-crop.js'
import { configureImages, decodeImage } from '../dist/vision/pipeline/image.js'
import { cutEarlierCrop, enlarge, variants } from './crop-variants.mjs'
import { inParallel, median, percentile, printTable, time, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    celebrities: { type: 'string' },
    studio: { type: 'string' },
    faces: { type: 'string' },
    others: { type: 'string' },
    embedders: { type: 'string', default: 'mobilefacenet,sface,fused,facenet,dlib-resnet' },
    tried: { type: 'string' },
    draws: { type: 'string', default: '20' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const setNames = ['lfw', 'celebrities', 'studio'].filter((name) => args[name] !== undefined)
if (setNames.length === 0) {
  console.error('usage: npm run bench:crops -- --lfw DIR [--celebrities DIR] [--studio DIR]')
  process.exit(2)
}
const wanted = Number(args.faces ?? (args.quick ? 100 : 2000))
const others = Number(args.others ?? (args.quick ? 40 : 300))
const tried = Number(args.tried ?? (args.quick ? 20 : 60))
const embedders = args.embedders.split(',')
/** Variants are told apart by these, one of either way of cutting. */
const variantEmbedders = ['mobilefacenet', 'facenet']
/** How much larger than they are photographs of the studio set become, for faces that are shrunk. */
const enlargedTimes = 2.5

configureImages()
const limits = { maxImageBytes: 100 * 1024 * 1024, maxPixels: 100_000_000, maxSidePx: 20_000 }
const { models } = await loadManifest()
await mkdir(args.cache, { recursive: true })
const analyzer = createAnalyzer({
  ...{ modelsDir: join(args['data-dir'], 'models'), manifest: models, limits },
})
const lanes = analyzer.stats().workers + 1
const provider = createExactProvider()

const sets = []
const storedOtherwise = []
let cost
try {
  for (const name of setNames) {
    const { images } = await openDataset(args[name], { cacheDir: args.cache })
    const drawn = name === 'lfw' ? drawLfw(images) : draw(images, others)
    for (const embedder of embedders) {
      sets.push({ set: name, embedder, ...(await compare(name, drawn, embedder)) })
      console.error(`${name} ${embedder} done`)
    }
    cost ??= await measureCost(draw(images, tried))
    for (const embedder of variantEmbedders) {
      const rows = await compareVariants(draw(images, tried), embedder)
      storedOtherwise.push({ set: name, embedder, rows })
      if (name !== 'studio') continue
      const few = draw(images, Math.ceil(tried / 5))
      const larger = (file) => enlarge(file, enlargedTimes)
      const largeRows = await compareVariants(few, embedder, larger)
      storedOtherwise.push({ set: `studio, ${enlargedTimes} x`, embedder, rows: largeRows })
    }
  }
} finally {
  await provider.close()
  await analyzer.close()
}

/** Two photographs each of some people, one each of others. */
function drawLfw(images) {
  const wrong = new Set(lfwCorrections.wrongImages)
  const aliases = new Map(lfwCorrections.samePerson.map(([name, other]) => [other, name]))
  const byPerson = new Map()
  for (const image of images) {
    if (wrong.has(image.key.split('/')[1].replace(/\.[^.]*$/, ''))) continue
    const person = aliases.get(image.person) ?? image.person
    byPerson.set(person, [...(byPerson.get(person) ?? []), image])
  }
  const random = createRandom(1)
  const people = shuffle([...byPerson.values()], random)
  const quarter = Math.floor(wanted / 4)
  const several = people.filter((list) => list.length > 1).slice(0, quarter)
  const known = new Set(several)
  const strangers = people.filter((list) => !known.has(list)).slice(0, 2 * quarter)
  return [
    ...several.flatMap((list) => shuffle(list, random).slice(0, 2)),
    ...strangers.map((list) => shuffle(list, random)[0]),
  ]
}

function draw(images, count) {
  return shuffle(images, createRandom(1)).slice(0, count)
}

async function compare(name, images, embedder) {
  const faces = []
  const failures = []
  await inParallel(images, lanes, async (image) => {
    const photograph = new Uint8Array(await readFile(image.file))
    const analysis = await analyzer.analyze(photograph, { embedder, crops: true })
    const face = chooseLabelledFace(analysis)
    if (face === undefined) return void failures.push({ key: image.key })
    const { confidence } = face.detection
    const again = await analyzer.embedCrop(face.crop, { embedder, confidence })
    // Verdicts of models without a judge there are none of.
    const isJudged = face.comparability !== undefined
    const unsure = isJudged ? await analyzer.embedCrop(face.crop, { embedder }) : again
    faces.push({ image, face, again, unsure })
  })
  // Workers answer in any order.
  faces.sort((a, b) => (a.image.key < b.image.key ? -1 : 1))
  const isComparable = ({ comparability }) => comparability?.comparable
  const changed = (other) =>
    faces.filter((each) => isComparable(each.face) !== isComparable(each[other])).length
  const bytes = faces.map(({ face }) => face.crop.bytes.length)
  const embedded = toEmbedded(faces, ({ face }) => face)
  const fromCrops = toEmbedded(faces, ({ again }) => again)
  return {
    faces: faces.length,
    withoutFace: failures.length,
    similarity: toQuantiles(
      faces.map(({ face, again }) => dotProduct(face.embedding, again.embedding)),
    ),
    refused: faces.filter(({ face }) => isComparable(face) === false).length,
    otherVerdicts: { confidenceGiven: changed('again'), confidenceAssumed: changed('unsure') },
    bytes: { mean: mean(bytes), p95: percentile(bytes, 0.95), most: Math.max(...bytes) },
    ...(name === 'lfw' && {
      search: await searchBoth(embedder, { embedded, fromCrops, failures }),
    }),
  }
}

function toEmbedded(faces, pick) {
  const { length: dimension } = pick(faces[0]).embedding
  const embeddings = new Float32Array(faces.length * dimension)
  for (const [row, each] of faces.entries()) embeddings.set(pick(each).embedding, row * dimension)
  // Whoever is enrolled stays so: verdicts are those of the photographs.
  const refused = faces.map(({ face }) => face.comparability?.comparable === false)
  return { images: faces.map(({ image }) => image), dimension, embeddings, refused }
}

/** The same people and searches, enrolled from photographs and from their crops. */
async function searchBoth(embedder, { embedded, fromCrops, failures }) {
  const model = models.find(({ id }) => id === embedder)
  const people = groupByPerson({ images: embedded.images, failures }, lfwCorrections)
  const persons = people.filter(({ rows }) => rows.length > 1).length
  const index = await provider.open(`crops-${embedder}`, model.dimension)
  const input = {
    ...{ index, policy: defaultPolicy, curve: model.fmrCurve },
    enrolled: { name: 'lfw', people, embedded },
    ...(model.judge && { judge: model.judge }),
  }
  const run = (more) =>
    evaluatePromise({ ...input, ...more }, { persons, draws: Number(args.draws) })
  const { matedProbes, strangerProbes, draws, match, possible } = await run({})
  const { match: cropMatch, possible: cropPossible } = await run({ enrolledWith: fromCrops })
  return {
    ...{ persons, matedProbes, strangerProbes, draws },
    photographs: { match, possible },
    crops: { match: cropMatch, possible: cropPossible },
  }
}

/** Embeddings of the ways of storing a face, against the photograph's. */
async function compareVariants(images, embedder, change = (file) => file) {
  const rows = variants.map(({ name }) => ({ name, similarities: [], bytes: [], lost: 0 }))
  await inParallel(images, lanes, async ({ file }) => {
    const photograph = new Uint8Array(await change(await readFile(file)))
    const analysis = await analyzer.analyze(photograph, { embedder })
    const face = chooseLabelledFace(analysis)
    if (face === undefined || analysis.turned !== 0) return
    const image = await decodeImage(photograph, limits)
    for (const [i, { cut }] of variants.entries()) {
      const crop = await cut(image, face.detection)
      const again = await analyzer.embedCrop(crop, { embedder })
      rows[i].bytes.push(crop.bytes.length)
      if (again === undefined) rows[i].lost++
      else rows[i].similarities.push(dotProduct(face.embedding, again.embedding))
    }
  })
  return rows.map(({ name, similarities, bytes, lost }) => ({
    name,
    faces: similarities.length,
    lost,
    similarity: toQuantiles(similarities),
    bytes: { mean: mean(bytes), p95: percentile(bytes, 0.95) },
  }))
}

/** Milliseconds of one crop on one thread, as it is stored and as earlier versions did, in turn. */
async function measureCost(images) {
  const stored = []
  const earlier = []
  for (const [i, { file }] of images.entries()) {
    const photograph = new Uint8Array(await readFile(file))
    const [face] = (await analyzer.analyze(photograph)).faces
    if (face === undefined) continue
    const image = await decodeImage(photograph, limits)
    const ways = [
      [stored, () => cutFaceCrop(image, face.detection)],
      [earlier, () => cutEarlierCrop(image, face.detection)],
    ]
    for (const [times, cut] of i % 2 === 0 ? ways : ways.reverse()) {
      await cut()
      times.push((await time(cut))[0])
    }
  }
  const describe = (times) => ({ median: median(times), p95: percentile(times, 0.95) })
  return { msPerCrop: { stored: describe(stored), earlier: describe(earlier) } }
}

function toQuantiles(values) {
  const at = (share) => percentile(values, share)
  return { min: at(0), p01: at(0.001), p1: at(0.01), p5: at(0.05), median: at(0.5) }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

const rate = (value) => value?.mean.toFixed(4)
console.log('Cosine of the embedding of the stored crop with that of the photograph')
// As text: three digits would make 1 of most.
const toText = (similarity) =>
  Object.fromEntries(Object.entries(similarity).map(([key, value]) => [key, value.toFixed(5)]))
printTable(
  sets.map(({ set, embedder, faces, similarity, otherVerdicts, bytes }) => ({
    ...{ set, embedder, faces, ...toText(similarity) },
    verdicts: `${otherVerdicts.confidenceGiven} (${otherVerdicts.confidenceAssumed})`,
    ...{ bytes: bytes.mean, p95: bytes.p95 },
  })),
)
console.log('Searches: gallery of photographs, and of the same faces from their crops')
printTable(
  sets.flatMap(({ search, embedder }) =>
    search === undefined
      ? []
      : [
          {
            embedder,
            FNIR: rate(search.photographs.match.fnir),
            'FNIR, crops': rate(search.crops.match.fnir),
            FPIR: rate(search.photographs.match.fpir),
            'FPIR, crops': rate(search.crops.match.fpir),
          },
        ],
  ),
)
for (const { set, embedder, rows } of storedOtherwise) {
  console.log(`Other ways: ${set}, ${embedder}`)
  printTable(
    rows.map(({ name, faces, lost, similarity, bytes }) => ({
      ...{ name, faces, lost, ...toText(similarity), bytes: bytes.mean, p95: bytes.p95 },
    })),
  )
}
console.log('Milliseconds of one crop', cost)
writeResult('crops', args, {
  question:
    'cosine between the embeddings of a stored crop and of its photograph, its effect on a search, size and time of crops',
  policy: defaultPolicy,
  ...{ sets, storedOtherwise, cost },
})
