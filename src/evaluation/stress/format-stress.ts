import { damageName } from '../damage/damage.ts'
import { table } from '../text-table.ts'
import type { CountedRate } from './pair-rates.ts'
import type { DamageResult, RefusalRates, StressResult } from './stress-types.ts'
import { leastPairs } from './summary.ts'

/** Lines of plain text for a terminal, without a trailing newline. */
export function formatStress(result: StressResult): string {
  const { summary, policy } = result
  const head = table([
    ['data set', `${result.dataset}, seed ${result.seed}`],
    ['embedder', result.modelId],
    ['people damaged', `${result.people} (${result.peopleWithoutFace} more without a face)`],
    ['clean strangers', String(result.strangers)],
    ['stated FMR', `${rate(result.statedFmr)}, threshold ${result.threshold.toFixed(4)}`],
    ['policy of galleries', `maxFpir ${policy.maxFpir}`],
  ])
  const sizes = result.damages.find((each) => each.galleries.length > 0)?.galleries ?? []
  const rows = table([
    [
      ...['damage', 'detected', 'not enrolled', 'not compared', 'recognised', 'of compared'],
      ...['FMR alike', 'undecided', 'FMR clean'],
      ...sizes.map(({ cleanPeople }) => `named +${cleanPeople}`),
    ],
    ...result.damages.map((each) => toCells(each, sizes.length)),
  ])
  const clean = result.clean.map(({ dataset, detected, refused }) => [
    dataset,
    `${detected.of} images`,
    percent(1 - detected.rate),
    percent(refused.enrolment.rate),
    percent(refused.comparison.rate),
    reasons(refused),
  ])
  const cleanHead = ['clean photographs', '', 'no face', 'not enrolled', 'not compared', 'reasons']
  const countedName = (name: string): string => {
    const found = result.damages.find((each) => damageName(each) === name)
    const decided = found?.againstClean.decided
    return `${name} (${decided?.count} of ${decided?.of})`
  }
  const verdict = table([
    ['kinds with at least 300 pairs left', String(summary.measurableKinds)],
    ['median FMR of two people damaged alike', rate(summary.medianFmr)],
    ['above 3e-3', list(summary.worstKinds)],
    [
      `above ${rate(result.statedFmr)} against clean strangers`,
      list(summary.aboveStatedRate.map(countedName)),
    ],
    ['strangers named above 0.02', list(summary.namedKinds)],
    ...result.damages.flatMap((each) =>
      each.recognisedOfUpright === undefined
        ? []
        : [[`${damageName(each)}, of upright`, percent(each.recognisedOfUpright)]],
    ),
  ])
  return [
    head,
    rows,
    explanation,
    ...(clean.length > 0 ? [table([cleanHead, ...clean])] : []),
    verdict,
  ].join('\n\n')
}

const explanation = `detected: of all pictures; not enrolled, not compared: of detected faces; recognised: against the own
clean photograph, of all and of compared faces; FMR alike: two people with the same damage, after and
before ("undecided") refusals and shifts; FMR clean: against clean strangers; named +N: strangers named
where 20 damaged and N clean people are enrolled. "-": too few faces or pairs are left.`

function toCells(each: DamageResult, sizes: number): readonly string[] {
  const { detected, refused, recognised, againstSame, againstClean, galleries } = each
  return [
    damageName(each),
    percent(detected.rate),
    shareOf(refused.enrolment),
    shareOf(refused.comparison),
    recognised === undefined ? '-' : percent(recognised.ofAll.rate),
    recognised === undefined ? '-' : shareOf(recognised.ofComparable),
    pairRate(againstSame.decided),
    pairRate(againstSame.plain),
    pairRate(againstClean.decided),
    ...Array.from({ length: sizes }, (_, i) => {
      const gallery = galleries[i]
      return gallery === undefined ? '-' : gallery.named.rate.toFixed(3)
    }),
  ]
}

function shareOf({ rate: share, of }: CountedRate): string {
  return of === 0 ? '-' : percent(share)
}

function pairRate({ rate: value, of }: CountedRate): string {
  return of < leastPairs ? '-' : rate(value)
}

function rate(value: number): string {
  return value === 0 ? '0' : value.toExponential(1)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : `${names.length}: ${names.join(', ')}`
}

function reasons({ reasons: counts }: RefusalRates): string {
  return Object.entries(counts)
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ')
}
