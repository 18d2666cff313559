import { table } from '../text-table.ts'
import type { JudgeResult } from './evaluate-judge.ts'

/** Lines of plain text for a terminal, without a trailing newline. */
export function formatJudge(result: JudgeResult): string {
  const head = table([
    ['data set', `${result.dataset}, ${result.people.length} people damaged, seed ${result.seed}`],
    ['embedder', result.modelId],
    [
      'stated FMR',
      `${result.statedFmr.toExponential(0)}, threshold ${result.threshold.toFixed(4)}`,
    ],
  ])
  const clean = table([
    ['clean photographs', 'faces', 'refused', 'at most'],
    ...result.clean.map(({ name, faces, refused, maxRefused }) => [
      ...[name, String(faces), percent(refused), percent(maxRefused)],
    ]),
  ])
  const kinds = table([
    ['damage', 'faces', 'FMR before', 'refused', 'FMR left', 'unseen: refused', 'FMR left'],
    ...result.kinds.map(({ damage, fmrBefore, known, unseen }) => [
      ...[damage, String(known.faces), fmrBefore.toExponential(1), percent(known.refused)],
      ...[rate(known), percent(unseen.refused), rate(unseen)],
    ]),
  ])
  return [head, clean, kinds, explanation].join('\n\n')
}

const explanation = `Judged are people whom the judge did not learn from. FMR: two people damaged alike, before and after
refusals and raised thresholds; "-": fewer than 300 pairs are left. unseen: by judges that did not
learn from this family of damage either.`

const leastPairs = 300

function rate({ pairs, fmr }: { readonly pairs: number; readonly fmr: number }): string {
  return pairs < leastPairs ? '-' : fmr.toExponential(1)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
