// A gallery of many people around few real ones. Real: one embedding each of LFW people who have
// two, and other embeddings of theirs as probes. Synthetic: people drawn from the covariance of
// LFW's people, their faces from the covariance within a person (Gaussian, then normalised).
// Without LFW embeddings of an earlier `face-watcher evaluate`, all are synthetic, with spectra
// that fall off like 1 / i.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, shuffle } from '../dist/evaluation/random.js'

const dimension = 512
const facesPerPerson = 5

/**
 * @returns {{source: string, dimension: number, vectors: Float32Array, persons: number[][],
 *   probes: Float32Array, mated: number}} `persons`: rows of `vectors` of each person; `probes`:
 *   first `mated` of enrolled people, then of strangers
 */
export function makeFaces({ faces, mated, strangers, seed, cacheDir }) {
  const random = createRandom(seed)
  const real = readLfw(cacheDir)
  const people = real ? shuffle(real.people, random) : []
  const model = real ? learn(people) : assume()
  const draw = createSampler(model, random)

  const several = people.filter((images) => images.length > 1).slice(0, Math.min(mated, faces))
  const rest = people.filter((images) => !several.includes(images))
  const rows = several.map((images) => images[0])
  const persons = rows.map((_, row) => [row])
  const probeRows = several.map((images) => images[1])
  while (rows.length < faces) {
    const person = draw.person()
    const own = []
    while (own.length < facesPerPerson && rows.length < faces) {
      own.push(rows.length)
      rows.push(draw.face(person))
    }
    persons.push(own)
    if (probeRows.length < mated) probeRows.push(draw.face(person))
  }
  const others = rest.slice(0, strangers).map((images) => images[0])
  while (others.length < strangers) others.push(draw.face(draw.person()))
  return {
    source: real ? `LFW, ${real.name}, and people drawn from its covariances` : 'synthetic only',
    dimension,
    vectors: pack(rows),
    persons,
    probes: pack([...probeRows, ...others]),
    mated: probeRows.length,
  }
}

/**
 * A complete cache of a model's embeddings of LFW's photographs.
 *
 * @returns {{name: string, people: Float32Array[][]} | undefined} unit vectors, grouped by person
 */
export function readLfw(cacheDir, model = 'mobilefacenet') {
  let files
  try {
    const pattern = new RegExp(`^${model}-[0-9a-f]{16}\\.jsonl$`)
    files = readdirSync(join(cacheDir, 'embeddings')).filter((name) => pattern.test(name))
  } catch {
    return undefined
  }
  const size = (file) => statSync(join(cacheDir, 'embeddings', file)).size
  const largest = Math.max(0, ...files.map(size))
  const name = files.filter((file) => size(file) === largest).sort()[0]
  if (name === undefined) return undefined
  const people = new Map()
  for (const line of readFileSync(join(cacheDir, 'embeddings', name), 'utf8').split('\n')) {
    if (line === '') continue
    const { key, embedding } = JSON.parse(line)
    if (embedding === undefined) continue
    const person = key.split('/')[0]
    const bytes = Uint8Array.from(Buffer.from(embedding, 'base64'))
    people.set(person, [...(people.get(person) ?? []), new Float32Array(bytes.buffer)])
  }
  return { name, people: [...people].sort().map(([, images]) => images) }
}

/** Mean, and lower Cholesky factors of the covariance of persons' means and within a person. */
function learn(people) {
  const several = people.filter((images) => images.length > 1)
  const means = several.map(meanOf)
  const mean = meanOf(means)
  const between = zeros()
  const within = zeros()
  let degrees = 0
  several.forEach((images, i) => {
    addOuter(between, subtract(means[i], mean))
    for (const image of images) addOuter(within, subtract(image, means[i]))
    degrees += images.length - 1
  })
  return {
    mean,
    between: cholesky(between, 1 / several.length),
    within: cholesky(within, 1 / degrees),
  }
}

function assume() {
  const diagonal = (sum) => {
    const out = zeros()
    let total = 0
    for (let i = 0; i < dimension; i++) total += 1 / (i + 1)
    for (let i = 0; i < dimension; i++) out[i * dimension + i] = sum / (i + 1) / total
    return out
  }
  return {
    mean: new Float64Array(dimension),
    between: cholesky(diagonal(0.6), 1),
    within: cholesky(diagonal(0.4), 1),
  }
}

function createSampler({ mean, between, within }, random) {
  const around = (centre, factor) => {
    const noise = Float64Array.from({ length: dimension }, () => gaussian(random))
    const out = new Float64Array(dimension)
    for (let i = 0; i < dimension; i++) {
      let sum = centre[i]
      for (let j = 0, at = i * dimension; j <= i; j++) sum += factor[at + j] * noise[j]
      out[i] = sum
    }
    return out
  }
  return { person: () => around(mean, between), face: (person) => around(person, within) }
}

function gaussian(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function zeros() {
  return new Float64Array(dimension * dimension)
}

/** Adds x x^T to the lower triangle. */
function addOuter(out, x) {
  for (let i = 0; i < dimension; i++) {
    const a = x[i]
    for (let j = 0, at = i * dimension; j <= i; j++) out[at + j] += a * x[j]
  }
}

/** Lower factor of `scale` x the matrix, whose lower triangle is given, with a small ridge. */
function cholesky(matrix, scale) {
  let trace = 0
  for (let i = 0; i < dimension; i++) trace += matrix[i * dimension + i] * scale
  const ridge = (1e-6 * trace) / dimension
  const out = zeros()
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * dimension + j] * scale + (i === j ? ridge : 0)
      for (let k = 0; k < j; k++) sum -= out[i * dimension + k] * out[j * dimension + k]
      out[i * dimension + j] = i === j ? Math.sqrt(sum) : sum / out[j * dimension + j]
    }
  }
  return out
}

function meanOf(vectors) {
  const out = new Float64Array(dimension)
  for (const vector of vectors) for (let i = 0; i < dimension; i++) out[i] += vector[i]
  return out.map((sum) => sum / vectors.length)
}

function subtract(a, b) {
  return Float64Array.from(a, (value, i) => value - b[i])
}

/** Unit rows. */
function pack(rows) {
  const out = new Float32Array(rows.length * dimension)
  rows.forEach((row, r) => {
    let squares = 0
    for (let i = 0; i < dimension; i++) squares += row[i] ** 2
    const norm = Math.sqrt(squares)
    for (let i = 0; i < dimension; i++) out[r * dimension + i] = row[i] / norm
  })
  return out
}
