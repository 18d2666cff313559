import { computeAxesInPlace, computeMoments } from '../table/axes.ts'
import { createRowTable } from '../table/rows.ts'
import { minAgreement } from './audit.ts'
import { type CodeTable, createCodeTable, maxProbes, type Projection } from './codes.ts'
import { createFaceProbes, createStrangers } from './probes.ts'
import { maxCandidates, maxShortlist } from './scan.ts'

/** Faces of the gallery that learning looks at; the self-check compares each probe with all of them. */
export const maxSample = 32_768
/** Most rows that the axes are computed from: 16 for each of 512 dimensions. */
const maxMomentRows = 8192
/** Probes of each sort in the self-check: one missed best face is still an agreement of 0.999. */
const checkedProbes = 1024
/** How much longer lists are than the self-check needs, because that has seen only a sample. */
export const leastReserve = 4
const minShortlist = 64
/** Coordinates that are tried, and the whole vector. */
const widths = [32, 48, 64, 80, 96, 128, 192, 256, 384]
/** Ranking a shortlisted face costs as much as scanning so many bytes for each of its dimensions. */
const rankingBytes = 32
/** Keeping a candidate and comparing its whole code costs as much as scanning so many bytes. */
const candidateBytes = 1024
/** Fewer different faces have nothing to learn from. */
const minSample = 128

/** Result of learning, with what `status` reports of it. */
export interface Learned extends Projection {
  /** Rows whose whole codes a search compares, at least; more for a larger k. */
  readonly candidates: number
  /** Rows that a search ranks with the full vectors, at least; more for a larger k. */
  readonly shortlist: number
  /** Share of the self-check's probes whose best face was among both, 0 to 1. */
  readonly agreement: number
  /** How much longer both lists are than the self-check needs, from {@link leastReserve}. */
  readonly reserve: number
}

/**
 * Learns axes, width, head and the lengths of both lists from a sample of a gallery, or finds that
 * no projection of it agrees with exact search.
 *
 * [Note: Self-check]
 * Probes are faces of the sample, each compared with all others, and strangers mixed from its faces
 * so that they have the gallery's mean and covariance. For each probe the best face of an exact
 * search is looked up, and then its place in the order of the codes, at every width. A shortlist of
 * a gallery of n faces is tested in a sample of m by a list m / n as long: the share of other faces
 * that come before the best one is the same, and the best face of a sample is farther away than the
 * whole gallery's, so the test is, if anything, too strict. Of the widths and lists with an
 * agreement of at least 0.999 for both sorts of probes, the one that reads the fewest bytes is taken.
 * Heads of the codes are then tested in the same way, together with that list: a probe agrees when
 * its best face is among the candidates by the heads and in the list by the whole codes. (That the
 * list is taken from the candidates only can but improve a place.) Where no head agrees, or none
 * saves anything, one pass over the whole codes remains.
 *
 * @param vectors a sample, at most {@link maxSample} x dimension, spread over the gallery; copies of a face count once
 * @param faces   faces of the gallery, n
 * @param reserve how much longer both lists are than the self-check needs
 * @param kernels the compiled `scan-f32.wasm` and `scan-i8.wasm`
 */
export function learnProjection(
  vectors: Float32Array<ArrayBuffer>,
  {
    dimension,
    faces,
    reserve,
  }: { readonly dimension: number; readonly faces: number; readonly reserve: number },
  kernels: { readonly exact: WebAssembly.Module; readonly codes: WebAssembly.Module },
): Learned | undefined {
  const sample = dropCopies(vectors, dimension)
  const m = sample.length / dimension
  if (m < minSample) return undefined
  const gallery = { faces, sampled: m, reserve }
  const full = createFullProjection(sample, dimension)
  const codes = createCodeTable(kernels.codes, full, { dimension, threads: 1 })
  codes.write(0, sample)
  const exact = createRowTable(kernels.exact, dimension)
  exact.upsert(
    Array.from({ length: m }, (_, i) => String(i)),
    sample,
  )

  const wanted = { dimension, count: checkedProbes }
  const sorts = [createFaceProbes(sample, wanted), createStrangers(sample, wanted)].map(
    ({ probes, own }) => {
      const best = findBest(probes, own)
      return (width: number) => computePlaces(codes, { probes, own, best, count: m, used: width })
    },
  )

  const checks: Check[] = []
  let found: { width: number; shortlist: number; places: Places; cost: number } | undefined
  for (const width of [...widths.filter((w) => w < full.width), full.width]) {
    if (found !== undefined && faces * width >= found.cost) break
    const places = sorts.map((computePlacesAt) => computePlacesAt(width))
    checks.push({ width, places })
    const shortlist = Math.max(minShortlist, toLength(places, gallery))
    if (shortlist > maxShortlist || shortlist * 8 > faces) continue
    const cost = faces * width + shortlist * dimension * rankingBytes
    if (found !== undefined && cost >= found.cost) continue
    found = { width, shortlist, places, cost }
  }
  if (found === undefined) return undefined
  const axes = full.axes.slice(0, Math.min(found.width, dimension) * dimension)
  const { width, shortlist } = found
  const chosen = chooseHead(checks, found, gallery)
  return { width, axes, scale: full.scale, shortlist, reserve, ...chosen }

  /** The best row for each probe, other than its own. */
  function findBest(probes: Float32Array, own: readonly number[]): readonly number[] {
    const best: number[] = []
    for (let i = 0; i < probes.length; i += 64 * dimension) {
      const { counts, faceIds } = exact.search(probes.subarray(i, i + 64 * dimension), {
        k: 2,
        more: 0,
      })
      let at = 0
      for (const count of counts) {
        const rows = faceIds.slice(at, at + count).map(Number)
        best.push(rows.find((row) => row !== own[best.length])!)
        at += count
      }
    }
    return best
  }
}

/** The different rows. Many equal ones would be a crowd in each search of the self-check. */
function dropCopies(vectors: Float32Array, dimension: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(vectors.length)
  const seen = new Set<string>()
  for (let from = 0; from < vectors.length; from += dimension) {
    // Different faces do not agree in a few numbers to the last bit.
    const key = vectors.subarray(from, from + 4).join()
    if (seen.has(key)) continue
    out.set(vectors.subarray(from, from + dimension), seen.size * dimension)
    seen.add(key)
  }
  return out.slice(0, seen.size * dimension)
}

/** All axes of the sample's energy, and the scale that puts its largest coordinate at 127. */
function createFullProjection(sample: Float32Array, dimension: number): Projection {
  const m = sample.length / dimension
  const step = Math.max(1, Math.floor(m / maxMomentRows))
  const rows = Math.min(m, maxMomentRows)
  const part = new Float32Array(rows * dimension)
  for (let i = 0; i < rows; i++) {
    const from = i * step * dimension
    part.set(sample.subarray(from, from + dimension), i * dimension)
  }
  const axes = computeAxesInPlace(computeMoments(part, dimension), dimension)
  let largest = 0
  for (let row = 0; row < Math.min(rows, 1024); row++) {
    for (let axis = 0; axis < dimension; axis++) {
      let sum = 0
      for (let i = 0; i < dimension; i++) {
        sum += part[row * dimension + i]! * axes[axis * dimension + i]!
      }
      largest = Math.max(largest, Math.abs(sum))
    }
  }
  const width = Math.ceil(dimension / 16) * 16
  return { width, head: width, axes, scale: largest === 0 ? 1 : 127 / largest }
}

/** Computes the rank of each probe's best row when the codes are cut to `used`, from 1. */
function computePlaces(
  codes: CodeTable,
  options: {
    readonly probes: Float32Array
    readonly own: readonly number[]
    readonly best: readonly number[]
    readonly count: number
    readonly used: number
  },
): readonly number[] {
  const { probes, own, best, count, used } = options
  const dimension = probes.length / best.length
  const places: number[] = []
  for (let from = 0; from < best.length; from += maxProbes) {
    codes.setProbes(probes.subarray(from * dimension, (from + maxProbes) * dimension))
    const rows = best.slice(from, from + maxProbes)
    for (const above of codes.countAbove({ rows, count, used })) {
      // A face comes before all others in its own order.
      places.push(own[places.length] === undefined ? above + 1 : Math.max(1, above))
    }
  }
  return places
}

/** Ranks of the best rows, a list for each sort of probes. */
type Places = readonly (readonly number[])[]

/** Result of the self-check for codes of one width. */
interface Check {
  readonly width: number
  readonly places: Places
}

/** Faces of the gallery and of the sample, and how much longer lists are than the sample needs. */
interface Sizes {
  readonly faces: number
  readonly sampled: number
  readonly reserve: number
}

/** The length of a list that is long enough for all probes but those that may be missed. */
function toLength(places: Places, { faces, sampled, reserve }: Sizes): number {
  const needed = places.map((list) => {
    const missed = Math.floor(list.length * (1 - minAgreement))
    return [...list].sort((a, b) => b - a)[missed]!
  })
  return Math.ceil((Math.max(...needed) * faces * reserve) / sampled)
}

/**
 * The head of the codes for which the first two passes read least, and the candidates that it
 * leaves. The shares that count are those of probes that both passes leave their best face.
 */
function chooseHead(
  checks: readonly Check[],
  { width, shortlist, places }: Check & { readonly shortlist: number },
  gallery: Sizes,
): Pick<Learned, 'head' | 'candidates' | 'agreement'> {
  const { faces, sampled } = gallery
  const isWithin = (place: number, length: number) => place * faces <= length * sampled
  let found: Pick<Learned, 'head' | 'candidates' | 'agreement'> | undefined
  let least = Number.POSITIVE_INFINITY
  for (const { width: head, places: headPlaces } of checks) {
    if (head > width) continue
    // With the whole code for a head there is one pass, and its candidates are the shortlist.
    const isWhole = head === width
    const candidates = isWhole ? shortlist : Math.max(2 * shortlist, toLength(headPlaces, gallery))
    const cost = faces * head + (isWhole ? 0 : candidates * candidateBytes)
    const shares = places.map((list, sort) => {
      const kept = list.filter(
        (place, i) => isWithin(place, shortlist) && isWithin(headPlaces[sort]![i]!, candidates),
      )
      return kept.length / list.length
    })
    const agreement = Math.min(...shares)
    const fits = isWhole || (candidates <= maxCandidates / 2 && agreement >= minAgreement)
    if (!fits || cost >= least) continue
    found = { head, candidates, agreement }
    least = cost
  }
  return found!
}
