// Research: what the analyzer sees of damaged faces, as numbers for numpy.
//
//   node bench/damage-features.mjs --from FOLDER --out DIR [--people 300] [--kinds blur,mask]
//     [--seed 1] [--embedder mobilefacenet] [--data-dir DIR] [--threads 2] [--sheet FILE.png]
//   node bench/damage-features.mjs --clean FOLDER --out DIR ...     every photograph, undamaged
//
// FOLDER holds one folder of photographs a person, or lfw-deepfunneled.tar, or files of one person each. Writes DIR/rows.jsonl,
// one line a picture, and DIR/embeddings.bin, little-endian float32, row `row` of each line that
// has one: np.fromfile('embeddings.bin', '<f4').reshape(-1, dimension). A run that was stopped goes
// on where it was: rows whose embedding was not written are made again.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { damageName, damagePicture } from '../dist/evaluation/damage/damage.js'
import { damages } from '../dist/evaluation/damage/kinds.js'
import { findFaceAt, findLargestFace } from '../dist/evaluation/damage/place.js'
import { chooseLabelledFace } from '../dist/evaluation/face-choice.js'
import { openPhotographs } from '../dist/evaluation/stress/photographs.js'
import { loadManifest } from '../dist/models/manifest.js'
import { createRandom, shuffle } from '../dist/platform/random.js'
import { createAnalyzer } from '../dist/vision/analyzer/analyzer.js'
import { decodeImage } from '../dist/vision/pipeline/image.js'
import { inParallel } from './measure.mjs'

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    clean: { type: 'string' },
    out: { type: 'string' },
    people: { type: 'string', default: '300' },
    skip: { type: 'string', default: '0' },
    kinds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    embedder: { type: 'string', default: 'mobilefacenet' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    threads: { type: 'string', default: '2' },
    sheet: { type: 'string' },
  },
})
const folder = values.clean ?? values.from
if (folder === undefined || values.out === undefined) {
  console.error('usage: node bench/damage-features.mjs (--from FOLDER | --clean FOLDER) --out DIR')
  process.exit(2)
}
const limits = { maxImageBytes: 20 * 1024 * 1024, maxPixels: 100_000_000, maxSidePx: 20_000 }
const { models } = await loadManifest({ dataDir: values['data-dir'] })
const dimension = models.find((model) => model.id === values.embedder).dimension
const modelsDir = join(values['data-dir'], 'models')
const workers = Number(values.threads)
const analyzer = createAnalyzer({ modelsDir, manifest: models, limits, workers })
const dataset = await openPhotographs(folder, { cacheDir: values.cache })
const output = openOutput(values.out)
const sheet = []
const started = Date.now()
if (values.clean === undefined) await dumpDamaged()
else await dumpClean()
await analyzer.close()
if (values.sheet !== undefined) await writeSheet()

async function dumpClean() {
  const todo = dataset.images.filter(({ key }) => !output.has(key, 'clean 0'))
  let done = 0
  await inParallel(todo, workers + 1, async ({ key, person, file }) => {
    const analysis = await analyze(new Uint8Array(await readFile(file)))
    const face = analysis && chooseLabelledFace(analysis)
    output.add({ key, person, damage: 'clean 0', kind: 'clean', strength: 0 }, analysis, face)
    report(++done, todo.length)
  })
}

/** People with two photographs first; the first is damaged, the second is the row `mate 0`. */
async function dumpDamaged() {
  const wanted = values.kinds?.split(',')
  const chosen = damages.filter(
    (damage) => !wanted || wanted.includes(damage.kind) || wanted.includes(damageName(damage)),
  )
  const byPerson = new Map()
  for (const image of dataset.images) {
    byPerson.set(image.person, [...(byPerson.get(image.person) ?? []), image])
  }
  const random = createRandom(Number(values.seed))
  const mixed = shuffle([...byPerson.values()], random)
  const sorted = [...mixed.filter((x) => x.length > 1), ...mixed.filter((x) => x.length === 1)]
  const from = Number(values.skip)
  const people = sorted.slice(from, from + Number(values.people))
  let done = 0
  await inParallel(people, workers + 1, async ([first, second]) => {
    if (second !== undefined && !output.has(second.key, 'mate 0')) {
      const analysis = await analyze(new Uint8Array(await readFile(second.file)))
      const row = { key: second.key, person: second.person, damage: 'mate 0', kind: 'mate' }
      output.add({ ...row, strength: 0 }, analysis, analysis && chooseLabelledFace(analysis))
    }
    await dumpPerson(first, chosen)
    report(++done, people.length)
  })
}

async function dumpPerson({ key, person, file }, chosen) {
  const todo = chosen.filter((damage) => !output.has(key, damageName(damage)))
  if (todo.length === 0) return
  const bytes = new Uint8Array(await readFile(file))
  const image = await decodeImage(bytes, limits)
  const clean = await analyze(await encode(image))
  const face = clean && chooseLabelledFace(clean)
  if (face === undefined) return
  for (const damage of todo) {
    const { detection } = face
    const photograph = { image, face: detection, subject: key }
    const { image: picture, box } = damagePicture(damage, photograph, Number(values.seed))
    const png = await encode(picture)
    if (values.sheet !== undefined) sheet.push({ png: Buffer.from(png), name: damageName(damage) })
    const analysis = await analyze(png)
    const found =
      analysis &&
      (damage.showsPerson ? findFaceAt(analysis.faces, box) : findLargestFace(analysis.faces))
    const { kind, strength, family, isTurn, showsPerson } = damage
    const name = damageName(damage)
    const row = { key, person, damage: name, kind, strength, family, isTurn, showsPerson }
    output.add({ ...row, place: box }, analysis, found)
  }
}

function encode({ data, width, height }) {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer()
    .then((buffer) => new Uint8Array(buffer))
}

/** `undefined` for pictures that cannot be decoded. */
async function analyze(bytes) {
  try {
    return await analyzer.analyze(bytes, { embedder: values.embedder })
  } catch (error) {
    if (error.code === undefined || error.code === 'modelNotInstalled') throw error
    return undefined
  }
}

function openOutput(dir) {
  mkdirSync(dir, { recursive: true })
  const files = { rows: join(dir, 'rows.jsonl'), embeddings: join(dir, 'embeddings.bin') }
  const bytesPerRow = 4 * dimension
  const known = new Set()
  let rows = 0
  if (existsSync(files.rows) && existsSync(files.embeddings)) {
    const whole = Math.floor(readFileSync(files.embeddings).length / bytesPerRow)
    const lines = readFileSync(files.rows, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}') && (JSON.parse(line).row ?? -1) < whole)
    rows = lines.filter((line) => JSON.parse(line).row !== null).length
    writeFileSync(files.rows, lines.map((line) => `${line}\n`).join(''))
    truncateSync(files.embeddings, rows * bytesPerRow)
    for (const line of lines) {
      const { key, damage } = JSON.parse(line)
      known.add(`${key} ${damage}`)
    }
  } else {
    writeFileSync(files.rows, '')
    writeFileSync(files.embeddings, '')
  }
  const info = { embedder: values.embedder, dimension, folder: basename(folder), seed: values.seed }
  writeFileSync(join(dir, 'info.json'), JSON.stringify(info))
  return {
    has: (key, damage) => known.has(`${key} ${damage}`),
    add(row, analysis, face) {
      const first = analysis?.faces[0]
      const scalars = {
        ...row,
        row: face?.embedding ? rows++ : null,
        faces: analysis?.faces.length ?? null,
        ...(face === undefined ? {} : toScalars(face)),
        firstIsFace: first !== undefined && first === face,
        first: first === undefined || first === face ? null : toScalars(first),
        size: analysis && [analysis.width, analysis.height],
      }
      if (face?.embedding) {
        const { buffer, byteOffset, byteLength } = face.embedding
        appendFileSync(files.embeddings, Buffer.from(buffer, byteOffset, byteLength))
      }
      appendFileSync(files.rows, `${JSON.stringify(scalars)}\n`)
    },
  }
}

/** Every field of a face that is no array of numbers: also those that later versions add. */
function toScalars({ embedding, crop, detection, ...rest }) {
  return {
    confidence: detection.confidence,
    box: detection.box,
    landmarks: detection.landmarks,
    ...rest,
  }
}

function report(done, total) {
  if (done % 10 !== 0 && done !== total) return
  const seconds = Math.round((Date.now() - started) / 1000)
  console.error(
    `${done}/${total} ${seconds} s, ${Math.round((seconds / done) * (total - done))} s left`,
  )
}

/** All damaged pictures of the run, 160 pixels each, named. */
async function writeSheet() {
  const cell = 160
  const columns = 14
  sheet.sort((a, b) => order(a.name) - order(b.name))
  const tiles = await Promise.all(
    sheet.map(async ({ png, name }, i) => {
      const label = `<svg width="${cell}" height="14"><rect width="100%" height="14" fill="#000"/><text x="2" y="11" font-size="11" fill="#fff">${name}</text></svg>`
      const input = await sharp(png)
        .resize(cell, cell, { fit: 'contain', background: '#335' })
        .composite([{ input: Buffer.from(label), left: 0, top: 0 }])
        .png()
        .toBuffer()
      return { input, left: (i % columns) * cell, top: Math.floor(i / columns) * cell }
    }),
  )
  const rows = Math.ceil(sheet.length / columns)
  await sharp({
    create: { width: columns * cell, height: rows * cell, channels: 3, background: '#000' },
  })
    .composite(tiles)
    .png()
    .toFile(values.sheet)
}

function order(name) {
  return damages.findIndex((damage) => damageName(damage) === name)
}
