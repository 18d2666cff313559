import { setImmediate } from 'node:timers/promises'
import { toLists, toRowNeighbours } from '../table/neighbours.ts'
import { computeLargestNorm } from '../table/norms.ts'
import type { Wanted } from '../table/row-search.ts'
import { createRowTable } from '../table/rows.ts'
import { readRows, toSnapshotBody } from '../table/snapshot-rows.ts'
import type { FrozenRows, SnapshotSink, VectorTable } from '../table/table.ts'
import type { Neighbour } from '../vector-index.ts'
import { toAttachment, toLearnedState } from './attachment.ts'
import { type AuditProbe, createAudit } from './audit.ts'
import { type CodeTable, createCodeTable, maxProbes } from './codes.ts'
import { type Learned, leastReserve, maxSample } from './learning.ts'
import { createAuditProbes } from './probes.ts'
import { createShortlistScan, maxCandidates, maxShortlist, type ShortlistScan } from './scan.ts'
import type { ScanThreads } from './scan-threads.ts'

/** Rows that are encoded between two looks at what else there is to do: some 5 ms. */
const encodedRows = 1024

/** Shortlisted rows for each face asked for; the learned shortlist is for the best few. */
const shortlistPerFace = 16
/**
 * The same for faces behind the best, of which a few may be missed: among 10,000 of LFW's 1 in 110,
 * and the mean of a hundred is too low by 0.0001 on average, for 1 probe in 100 by 0.0016.
 */
const shortlistPerOther = 3

/** Faces that the probes of a verification are made of. */
const auditSample = 4096

/** Longer lists take longer to rank than an exact search would take. */
const maxShortlistShare = 1 / 8

/** A gallery that agrees on too few best faces with the longest lists is learned with so many times the reserve. */
const reserveStep = 4
const maxReserve = leastReserve * reserveStep ** 3

/** A projection with the codes of the rows. */
interface Layer {
  readonly learned: Learned
  readonly codes: CodeTable
  readonly scan: ShortlistScan
  /** Factor by which searches look at more rows than was learned, see [Note: Audit] in audit.ts. */
  widened: number
  /** Faces of the gallery when it was learned, and when that was. */
  readonly faces: number
  readonly at: string
}

export interface ProjectedTableDeps {
  readonly kernels: { readonly exact: WebAssembly.Module; readonly codes: WebAssembly.Module }
  readonly scanThreads: ScanThreads
  /** Learns from a sample of that many faces, in another thread. */
  readonly learn: (
    sample: Float32Array<ArrayBuffer>,
    gallery: { readonly faces: number; readonly reserve: number },
  ) => Promise<Learned | undefined>
  /** A smaller gallery is searched exactly. */
  readonly minFaces: number
}

/**
 * Makes an empty table that is searched in passes: all rows by the heads of their codes, the best
 * of them by their whole codes, and the best of these by their vectors. Before anything is learned,
 * below `minFaces`, for a large `k`, and where the self-check found no projection, it compares all
 * vectors.
 *
 * [Note: Learning again]
 * A projection is learned again when as many faces were written since as the gallery had then, so
 * that it describes at least half of what is stored. The codes in use stay until those of the new
 * projection are complete; until then a row that changes is encoded in both, and a removed row
 * leaves both, because both follow the rows of one table.
 *
 * [Note: Wider codes]
 * Where longer lists would take longer than an exact search and the audit still finds misses, the
 * sample has told too little: a projection is learned with a larger reserve, for which only wider
 * codes have lists that are short enough. It is kept for the learnings that follow.
 */
export function createProjectedTable(dimension: number, deps: ProjectedTableDeps): VectorTable {
  const { kernels, scanThreads, minFaces } = deps
  const identity = { kind: 'projected', dimension }
  const rows = createRowTable(kernels.exact, dimension, (row) => {
    audit.changed()
    if (restoring) return
    written++
    current?.codes.write(row, rows.at(row))
    if (next !== undefined && row < next.encoded) next.layer.codes.write(row, rows.at(row))
  })
  /** Its codes are those of all rows. */
  let current: Layer | undefined
  /** Its codes are those of the first `encoded` rows, as far as there are so many. */
  let next: { readonly layer: Layer; encoded: number } | undefined
  /** Faces when the last learning began; 0 before the first. */
  let learnedFaces = 0
  /** Rows that got another vector since. */
  let written = 0
  /** How much longer lists are than the sample asks for; see [Note: Wider codes]. */
  let reserve = leastReserve
  let learning: Promise<void> | undefined
  let failed = false
  let restoring = false
  let disposed = false
  const audit = createAudit({
    get count() {
      return rows.count
    },
    raiseBest: rows.raiseBest,
    findBest,
    widen,
    createProbes,
  })

  function createLayer(
    learned: Learned,
    { faces, at, widened }: Pick<Layer, 'faces' | 'at' | 'widened'>,
  ): Layer {
    const codes = createCodeTable(kernels.codes, learned, {
      dimension,
      threads: scanThreads.threads,
    })
    const scan = createShortlistScan(kernels.codes, codes, scanThreads)
    return { learned, codes, scan, faces, at, widened }
  }

  function learnWhenDue(): void {
    if (learning !== undefined || rows.count < minFaces) return
    if (Math.max(written, rows.count - learnedFaces) < learnedFaces) return
    // What was in use stays so, or searches are exact; `status` tells, and the next attempt comes
    // when it is due again.
    learnInTurn().catch(() => undefined)
  }

  function learnInTurn(): Promise<void> {
    learning ??= learnNow()
      .then(
        () => {
          failed = false
        },
        (error: unknown) => {
          failed = true
          throw error
        },
      )
      .finally(() => {
        learning = undefined
        // Much may have been written while it learned, and perhaps no write or search follows that
        // would look again.
        if (!disposed) learnWhenDue()
      })
    return learning
  }

  /** Rows to rank for the best `k`, and candidates for it; the learned lengths grow with the gallery. */
  function toLengths(
    { learned, faces, widened }: Layer,
    { k, more }: { readonly k: number; readonly more: number },
  ): { wanted: number; candidates: number } {
    const { shortlist, candidates } = learned
    const growth = widened * Math.max(1, rows.count / faces)
    const wanted = Math.max(
      ...[Math.ceil(shortlist * growth), k * shortlistPerFace, (k + more) * shortlistPerOther],
    )
    return {
      wanted,
      candidates: Math.min(Math.ceil((wanted * candidates) / shortlist), maxCandidates),
    }
  }

  async function learnNow(): Promise<void> {
    const faces = rows.count
    learnedFaces = faces
    written = 0
    const learned = await deps.learn(takeSample(maxSample), { faces, reserve })
    if (disposed) return
    if (learned === undefined) {
      use(undefined)
      return
    }
    const layer = createLayer(learned, { faces, at: new Date().toISOString(), widened: 1 })
    await encodeAll(layer).finally(() => {
      next = undefined
      if (current !== layer) layer.scan.dispose()
    })
  }

  /** The best similarity of a search by codes; of an exact one where there are none. */
  function findBest({ probe, own }: AuditProbe): number {
    const wanted = { k: own === undefined ? 1 : 2, more: 0 }
    const found =
      current === undefined
        ? (toLists(rows.search(probe, wanted))[0] ?? [])
        : (searchByCodes(current, probe, { ...wanted, ...toLengths(current, wanted) })[0] ?? [])
    const ownId = own === undefined ? undefined : rows.faceIds(own, 1)[0]
    return found.find(({ faceId }) => faceId !== ownId)?.similarity ?? Number.NEGATIVE_INFINITY
  }

  function widen(): boolean {
    if (current === undefined) return false
    current.widened *= 2
    if (!isExact(current)) return true
    learnWider()
    return false
  }

  /** Searches are exact meanwhile. */
  function learnWider(): void {
    if (learning !== undefined || reserve >= maxReserve) return
    reserve *= reserveStep
    learnInTurn().catch(() => undefined)
  }

  function isExact(layer: Layer): boolean {
    return isTooLong(layer, toLengths(layer, { k: 1, more: 0 }))
  }

  /** Whether an exact search takes less time, or the candidates would not be enough for the list. */
  function isTooLong(
    { learned, widened }: Layer,
    { wanted }: { readonly wanted: number },
  ): boolean {
    const isCut = widened > 1 && wanted * (learned.candidates / learned.shortlist) > maxCandidates
    return isCut || wanted > Math.min(maxShortlist, rows.count * maxShortlistShare)
  }

  function createProbes(): readonly AuditProbe[] {
    const sample = takeSample(auditSample)
    const m = sample.length / dimension
    return createAuditProbes(sample, dimension).map(({ probe, own }) => ({
      probe,
      own: own === undefined ? undefined : toSampledRow(own, m),
    }))
  }

  function toSampledRow(i: number, m: number): number {
    return Math.floor((i * rows.count) / m)
  }

  /** Writes the codes of all rows while changes and searches go on, then takes the layer into use. */
  async function encodeAll(layer: Layer): Promise<void> {
    const progress = { layer, encoded: 0 }
    next = progress
    while (progress.encoded < rows.count) {
      const from = progress.encoded
      const end = Math.min(from + encodedRows, rows.count)
      const vectors = new Float32Array((end - from) * dimension)
      for (let row = from; row < end; row++) vectors.set(rows.at(row), (row - from) * dimension)
      layer.codes.write(from, vectors)
      progress.encoded = end
      await setImmediate()
      if (disposed) return
    }
    use(layer)
    audit.resume({ tried: 0, missed: 0 })
    audit.verify().catch(() => undefined)
  }

  function use(layer: Layer | undefined): void {
    current?.scan.dispose()
    current = layer
    audit.codesChanged()
  }

  function takeSample(limit: number): Float32Array<ArrayBuffer> {
    const m = Math.min(rows.count, limit)
    const sample = new Float32Array(m * dimension)
    for (let i = 0; i < m; i++) sample.set(rows.at(toSampledRow(i, m)), i * dimension)
    return sample
  }

  function freezeRows(): FrozenRows {
    const frozen = rows.freeze()
    if (current === undefined) return frozen
    const { codes, learned, faces, at, widened } = current
    return {
      ...frozen,
      attachment: toAttachment({ learned, faces, widened, audit: audit.counts, written, at }),
      next(limit) {
        const batch = frozen.next(limit)
        // From the vectors, because other codes may be in use by now.
        return { ...batch, codes: codes.toCodes(batch.vectors) }
      },
    }
  }

  const sink: SnapshotSink = {
    attach(attachment) {
      const state = toLearnedState(attachment, dimension)
      current = createLayer(state.learned, state)
      reserve = state.learned.reserve
      learnedFaces = state.faces
      written = state.written
      audit.resume(state.audit)
    },

    room: rows.room,

    restore({ faceIds, vectors, codes }) {
      if (codes !== undefined) current?.codes.put(rows.count, codes)
      restoring = true
      rows.upsert(faceIds, vectors)
      restoring = false
    },
  }

  return {
    get count() {
      return rows.count
    },

    upsert(faceIds, vectors) {
      rows.upsert(faceIds, vectors)
      learnWhenDue()
      return undefined
    },

    remove(faceIds) {
      // The last row that goes leaves no other row in its place.
      audit.changed()
      return rows.remove(faceIds)
    },

    search(probes, k, more) {
      learnWhenDue()
      if (current === undefined || k === 0) return rows.search(probes, { k, more })
      const lengths = toLengths(current, { k, more })
      if (isTooLong(current, lengths)) return rows.search(probes, { k, more })
      const lists: (readonly Neighbour[])[] = []
      for (let i = 0; i < probes.length; i += maxProbes * dimension) {
        const some = probes.subarray(i, i + maxProbes * dimension)
        lists.push(...searchByCodes(current, some, { k, more, ...lengths }))
      }
      const best = lists[0]?.[0]
      if (best !== undefined) audit.offer(probes.subarray(0, dimension), best.similarity)
      return toRowNeighbours(lists)
    },

    faceIds: rows.faceIds,
    vectors: rows.vectors,
    freeze: () => toSnapshotBody(freezeRows(), identity),
    restore: (file) => readRows(file, identity, sink),

    async optimize() {
      await learning?.catch(() => undefined)
      if (rows.count >= minFaces) await learnInTurn()
      do {
        await learning
        if (current !== undefined) await audit.verify()
        // What it found may have begun another one.
      } while (learning !== undefined)
    },

    status() {
      const bytes = 4 * dimension + (current?.learned.width ?? 0)
      return {
        faces: rows.count,
        bytesPerFace: bytes,
        learning: learning !== undefined,
        ...(failed && { learningFailed: true }),
        ...describeAgreement(),
        ...(current && {
          width: current.learned.width,
          head: current.learned.head,
          candidates: current.learned.candidates,
          shortlist: current.learned.shortlist,
          sampleAgreement: current.learned.agreement,
          ...(current.widened > 1 && { widened: current.widened }),
          learnedFaces: current.faces,
          learnedAt: current.at,
        }),
      }
    },

    dispose() {
      disposed = true
      audit.dispose()
      use(undefined)
    },
  }

  /** The agreement that was measured in the gallery; empty before that. */
  function describeAgreement(): Readonly<Record<string, unknown>> {
    return current === undefined || isExact(current)
      ? { exact: true, agreement: 1 }
      : { exact: false, ...audit.status() }
  }

  function searchByCodes(
    layer: Layer,
    probes: Float32Array,
    { k, more, ...lengths }: Wanted & { readonly candidates: number; readonly wanted: number },
  ): readonly (readonly Neighbour[])[] {
    const units = probes.slice()
    for (let i = 0; i < units.length; i += dimension) {
      const unit = units.subarray(i, i + dimension)
      const norm = computeLargestNorm(unit, dimension)
      for (let j = 0; j < dimension; j++) unit[j]! /= norm
    }
    layer.codes.setProbes(units)
    const count = probes.length / dimension
    return layer.scan.run({ count, rows: rows.count, ...lengths }).flatMap((shortlist, i) => {
      const probe = probes.subarray(i * dimension, (i + 1) * dimension)
      if (shortlist === undefined) return toLists(rows.search(probe, { k, more }))
      return [rows.rank(probe, { listed: shortlist, k, more })]
    })
  }
}
