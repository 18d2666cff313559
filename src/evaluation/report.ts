import type { JudgeResult } from './calibrate/evaluate-judge.ts'
import { formatJudge } from './calibrate/format-judge.ts'
import type { FmrResult } from './fmr.ts'
import type { IdentificationResult } from './identify.ts'
import type { LfwResult } from './lfw.ts'
import type { MeanRate, PromiseResult } from './promise.ts'
import { formatStrangers } from './strangers/format-strangers.ts'
import type { StrangersResult } from './strangers/strangers.ts'
import { formatStress } from './stress/format-stress.ts'
import type { StressResult } from './stress/stress-types.ts'
import { table } from './text-table.ts'

export type EvaluationResult =
  | LfwResult
  | FmrResult
  | IdentificationResult
  | PromiseResult
  | StrangersResult
  | StressResult
  | JudgeResult

/** Lines of a plain-text table for a terminal, without a trailing newline. */
export function formatReport(result: EvaluationResult): string {
  switch (result.protocol) {
    case 'lfw':
      return formatLfw(result)
    case 'fmr':
      return formatFmr(result)
    case 'identify':
      return formatIdentify(result)
    case 'stress':
      return formatStress(result)
    case 'judge':
      return formatJudge(result)
    case 'promise':
      return formatPromise(result)
    case 'strangers':
      return formatStrangers(result)
  }
}

function formatLfw(result: LfwResult): string {
  return table([
    ['data set', `${result.dataset}, ${result.images} images, ${result.pairs} pairs`],
    ['embedder', `${result.modelId}, ${result.dimension}-D`],
    ['accuracy', `${percent(result.accuracy, 2)} +- ${percent(result.accuracyStd, 2)}`],
    ['best threshold', result.bestThreshold.toFixed(4)],
    ['images without a detection', String(result.imagesWithoutDetection)],
    ['pairs counted as different for that', String(result.failedPairs)],
  ])
}

/** Non-mated pairs that support the highest of the rates: 30 false matches at 1e-2. */
const leastPairs = '3,000'

function formatFmr(result: FmrResult): string {
  const summary = table([
    ['data set', `${result.dataset}, ${result.images} images of ${result.persons} persons`],
    ['embedder', `${result.modelId}, ${result.dimension}-D`],
    ['pairs', `${result.matedPairs} mated, ${result.nonMatedPairs} non-mated`],
    ['images without a detection', String(result.imagesWithoutDetection)],
    [
      'equal error rate',
      result.equalErrorRate === undefined ? '-' : percent(result.equalErrorRate, 3),
    ],
  ])
  if (result.equalErrorRate === undefined) return `${summary}\n\n${explainNothing(result)}`
  if (result.tmrAtFmr.length === 0) {
    return `${summary}\n\nToo few pairs of different people to state a rate: an FMR of 0.01 takes ${leastPairs}, which are 78 people with one image each.`
  }
  const rates = table([
    ['FMR', 'threshold', 'false matches', 'TMR', 'TMR 95 % interval'],
    ...result.tmrAtFmr.map((point) => [
      point.targetFmr.toExponential(0),
      point.similarity.toFixed(4),
      String(point.falseMatches),
      point.tmr.toFixed(4),
      `${point.tmrInterval.lower.toFixed(4)} to ${point.tmrInterval.upper.toFixed(4)}`,
    ]),
  ])
  return `${summary}\n\n${rates}`
}

/** Why a data set has no rates: pairs of one person or of two people are missing. */
function explainNothing({ matedPairs }: FmrResult): string {
  const missing =
    matedPairs === 0
      ? 'nobody has two photographs, so no pair shows one person twice'
      : 'there are not two people, so no pair shows different people'
  return `Nothing to measure: ${missing}.`
}

function formatIdentify(result: IdentificationResult): string {
  const { policy } = result
  const summary = table([
    ['data set', `${result.dataset}, ${result.draws} draws, seed ${result.seed}`],
    ['embedder', result.modelId],
    ['enrolled', `${result.gallerySize} persons, one image each`],
    ['probes', `${result.matedProbes} of enrolled persons, ${result.strangers} strangers`],
    ['rank-1', `${result.rank1.toFixed(4)} +- ${result.rank1Std.toFixed(4)}`],
    ...(policy === undefined
      ? []
      : [
          [
            `policy, maxFpir ${policy.policy.maxFpir}`,
            `threshold ${policy.matchThreshold.toFixed(4)}: FPIR ${policy.match.fpir.toFixed(4)}, FNIR ${policy.match.fnir.toFixed(4)}`,
          ],
          [
            `policy, possibleFpir ${policy.policy.possibleFpir}`,
            `threshold ${policy.possibleThreshold.toFixed(4)}: FPIR ${policy.possible.fpir.toFixed(4)}, FNIR ${policy.possible.fnir.toFixed(4)}`,
          ],
        ]),
  ])
  const rates = table([
    ['FPIR', 'FNIR', 'std', 'threshold'],
    ...result.fnirAtFpir.map((point) => [
      String(point.fpir),
      point.fnir.toFixed(4),
      point.fnirStd.toFixed(4),
      point.threshold.toFixed(4),
    ]),
  ])
  return `${summary}\n\n${rates}`
}

function formatPromise(result: PromiseResult): string {
  const { policy, match, possible, withoutShift, shift } = result
  const summary = table([
    [
      'enrolled',
      `${result.persons} persons of ${result.enrolled}, ${result.photographs} image(s) each`,
    ],
    ['strangers', `${result.strangerProbes} images of ${result.strangers}`],
    [
      'draws',
      `${result.draws}, seed ${result.seed}, ${result.matedProbes} probes of enrolled persons`,
    ],
    ['mean shift of the threshold', `${shift.strangers.toFixed(4)} for strangers`],
  ])
  const rate = (value: MeanRate | undefined): string =>
    value === undefined ? '-' : `${value.mean.toFixed(4)} +- ${value.std.toFixed(4)}`
  const rates = table([
    ['', 'promised', 'strangers named', 'enrolled missed'],
    ['match', String(policy.maxFpir), rate(match.fpir), rate(match.fnir)],
    ['possible', String(policy.possibleFpir), rate(possible.fpir), rate(possible.fnir)],
    ['match without the shift', '', rate(withoutShift.fpir), rate(withoutShift.fnir)],
  ])
  return `${summary}\n\n${rates}`
}

function percent(rate: number, digits: number): string {
  return `${(100 * rate).toFixed(digits)} %`
}
