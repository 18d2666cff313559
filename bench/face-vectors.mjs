// Vectors that lie as embeddings of faces do, as many as wanted: a person is the mean person plus a
// random mixture of real differences between people, a face is the person plus a mixture of real
// differences within a person. Real: LFW's people, as an earlier `face-watcher evaluate` left them;
// one image each of those who have several is in the gallery, the others are probes, and people
// with one image are strangers. Without LFW, or where a power is given, the differences are random,
// with a spectrum like 1 / i^power; the power is 1 where none is given.
import { createRandom, shuffle } from '../dist/platform/random.js'
import { readLfw } from './lfw-embeddings.mjs'

const facesPerPerson = 5
/** Differences that are mixed; enough that the sum is nearly Gaussian. */
const mixed = 24
/** Differences of each kind where there are none of real people. */
const assumedCount = 2000
const models = { 512: 'mobilefacenet', 128: 'sface' }

/**
 * @returns `isReal`: whether it has people of LFW; `probes`: n x dimension; `owners`: the person of each probe, -1 for a stranger;
 *   `next(count)`: the next rows of the gallery and the person of each
 */
export function createFaceVectors({ dimension, mated, strangers, seed, cacheDir, power }) {
  const random = createRandom(seed)
  const lfw = power === undefined ? readLfw(cacheDir, models[dimension]) : undefined
  const people = lfw ? shuffle(lfw.people, random) : []
  const { mean, between, within } = lfw
    ? learn(people, dimension)
    : assume(dimension, createRandom(seed), power)
  const mix = (from, bank) => addMixture(from, bank, random)

  const enrolled = people.filter((images) => images.length > 1)
  const probes = []
  const owners = []
  enrolled.forEach(([, ...others], person) => {
    for (const image of others) {
      if (owners.length === mated) return
      probes.push(image)
      owners.push(person)
    }
  })
  let persons = enrolled.length
  let rows = 0
  let centre = mix(mean, between)
  let facesOfCentre = 0
  const nextRow = () => {
    const row = rows++
    if (row < enrolled.length) return [enrolled[row][0], row]
    if (facesOfCentre === facesPerPerson) {
      centre = mix(mean, between)
      persons++
      facesOfCentre = 0
    }
    facesOfCentre++
    return [mix(centre, within), persons]
  }
  /** Of the first synthetic people, who are drawn anew from what they are drawn from. */
  const drawnProbes = []
  const next = (count) => {
    const vectors = new Float32Array(count * dimension)
    const personOf = new Int32Array(count)
    for (let i = 0; i < count; i++) {
      const [vector, person] = nextRow()
      if (owners.length + drawnProbes.length < mated && facesOfCentre === 1) {
        drawnProbes.push([mix(centre, within), person])
      }
      setUnit(vectors, i * dimension, vector)
      personOf[i] = person
    }
    return { vectors, personOf }
  }
  const others = people.filter((images) => images.length === 1).slice(0, strangers)
  return {
    source: lfw
      ? `${lfw.name}: ${enrolled.length} people of LFW among people mixed from their differences`
      : `random differences${power === undefined ? '; no embeddings of LFW in the cache' : ''}`,
    isReal: lfw !== undefined,
    next,
    /** After the first rows were drawn. */
    probes() {
      const strange = others.map((images) => images[0])
      while (strange.length < strangers) strange.push(mix(mix(mean, between), within))
      const all = [...probes, ...drawnProbes.map(([vector]) => vector), ...strange]
      const out = new Float32Array(all.length * dimension)
      all.forEach((vector, i) => {
        setUnit(out, i * dimension, vector)
      })
      const strangersOwners = strange.map(() => -1)
      return {
        probes: out,
        owners: [...owners, ...drawnProbes.map(([, person]) => person), ...strangersOwners],
      }
    },
  }
}

/** The mean person, and the differences between and within people, n x dimension. */
function learn(people, dimension) {
  const several = people.filter((images) => images.length > 1)
  const means = several.map((images) => meanOf(images, dimension))
  const mean = meanOf(means, dimension)
  const within = several.flatMap((images, i) => {
    // The differences from the mean of n are too small by this factor.
    const scale = Math.sqrt(images.length / (images.length - 1))
    return images.map((image) => image.map((value, j) => scale * (value - means[i][j])))
  })
  const between = means.map((own) => own.map((value, j) => value - mean[j]))
  return { mean, between, within }
}

function assume(dimension, random, power = 1) {
  const spectrum = Float32Array.from({ length: dimension }, (_, i) => 1 / (i + 1) ** power)
  const total = spectrum.reduce((a, b) => a + b)
  const draw = (variance) =>
    Array.from({ length: assumedCount }, () =>
      spectrum.map((share) => gaussian(random) * Math.sqrt((variance * share) / total)),
    )
  return { mean: new Float32Array(dimension), between: draw(0.6), within: draw(0.4) }
}

function gaussian(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function addMixture(from, bank, random) {
  const out = Float32Array.from(from)
  for (let n = 0; n < mixed; n++) {
    const difference = bank[Math.floor(random() * bank.length)]
    const weight = (random() < 0.5 ? -1 : 1) / Math.sqrt(mixed)
    for (let i = 0; i < out.length; i++) out[i] += weight * difference[i]
  }
  return out
}

function meanOf(vectors, dimension) {
  const out = new Float32Array(dimension)
  for (const vector of vectors) for (let i = 0; i < dimension; i++) out[i] += vector[i]
  return out.map((sum) => sum / vectors.length)
}

function setUnit(out, at, vector) {
  let squares = 0
  for (const value of vector) squares += value ** 2
  const norm = Math.sqrt(squares)
  for (let i = 0; i < vector.length; i++) out[at + i] = vector[i] / norm
}
