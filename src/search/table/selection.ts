import { tileRows } from './segments.ts'

/** Keeps the best of the rows that a scan reports for one probe. */
export interface Selection {
  /** Scans need report nothing below it; minus infinity until `k` rows are known. */
  readonly bound: number
  add(row: number, similarity: number): void
  /** Raises the bound when enough has come in; called after each scan of at most {@link tileRows} rows. */
  settle(): void
  /** The best rows, best first, ties by face id; the best `k` with float64 similarities. */
  finish(): readonly { readonly row: number; readonly similarity: number }[]
}

interface SelectionOptions {
  /** Rows wanted whose order is exact, see [Note: Exact selection]. */
  readonly k: number
  /** Rows wanted behind them, default 0, as the scan saw them. */
  readonly more?: number
  /** Twice the largest rounding error of a scanned similarity; see [Note: Exact selection]. */
  readonly slack: number
  /** The similarity of a row in float64. */
  readonly rescore: (row: number) => number
  readonly faceId: (row: number) => string
}

/**
 * Makes the selection of one probe.
 *
 * [Note: Exact selection]
 * The scan rounds to float32, so two rows closer than its rounding error may come in the wrong
 * order. Every row within `slack` of the k-th best scanned similarity is therefore kept, and the
 * last cut is made with float64 similarities and, where those are equal, face ids. The result is
 * that of a float64 search over the stored float32 vectors, whatever order the kernel adds in.
 * Rows behind the best `k` keep their scanned similarity: of a hundred, that is a tenth of a
 * millisecond less. None of them comes before an exact one, because `slack` is twice the error.
 */
export function createSelection(options: SelectionOptions): Selection {
  const { k, more = 0, slack, rescore, faceId } = options
  const wanted = k + more
  const settleAt = Math.max(2 * wanted, wanted + 64)
  const rows = new Uint32Array(settleAt + tileRows)
  const similarities = new Float32Array(settleAt + tileRows)
  let count = 0
  let bound = Number.NEGATIVE_INFINITY

  function prune(): void {
    if (count <= wanted) return
    bound = Math.max(bound, findBound(wanted))
    let kept = 0
    for (let i = 0; i < count; i++) {
      if (similarities[i]! < bound) continue
      rows[kept] = rows[i]!
      similarities[kept++] = similarities[i]!
    }
    count = kept
  }

  /** No row below it can be among the best `n`, of which there are fewer than of rows. */
  function findBound(n: number): number {
    return similarities.slice(0, count).sort()[count - n]! - slack
  }

  function rank(): { row: number; similarity: number; scanned: number }[] {
    const exactFrom = more === 0 || count <= k ? Number.NEGATIVE_INFINITY : findBound(k)
    const ranked = Array.from(rows.subarray(0, count), (row, i) => {
      const scanned = similarities[i]!
      return { row, similarity: scanned >= exactFrom ? rescore(row) : scanned, scanned }
    })
    ranked.sort((a, b) => b.similarity - a.similarity || (faceId(a.row) < faceId(b.row) ? -1 : 1))
    return ranked.slice(0, wanted)
  }

  return {
    get bound() {
      return bound
    },
    add(row, similarity) {
      rows[count] = row
      similarities[count++] = similarity
    },
    settle() {
      if (count < settleAt) return
      prune()
      if (count < settleAt) return
      // Only a crowd of near-equal faces gets here; the full order thins it out.
      const best = rank()
      count = best.length
      for (let i = 0; i < count; i++) {
        rows[i] = best[i]!.row
        similarities[i] = best[i]!.scanned
      }
    },
    finish() {
      prune()
      return rank().map(({ row, similarity }) => ({ row, similarity }))
    },
  }
}
