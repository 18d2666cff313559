import { table } from '../text-table.ts'
import type { MeanAndWorst, StrangersResult } from './strangers.ts'

/** Faults that are printed, of each kind; the result in full has more. */
const printedFaults = 5

/** Lines of a plain-text table for a terminal, without a trailing newline. */
export function formatStrangers(result: StrangersResult): string {
  const { precision, recall, worst } = result
  const rate = ({ mean, worst: lowest }: MeanAndWorst): string =>
    `${mean.toFixed(4)}, worst draw ${lowest.toFixed(4)}`
  const summary = table([
    ['data set', `${result.dataset}, ${result.draws} draws, seed ${result.seed}`],
    ['embedder', result.modelId],
    ['photographs', `${Math.round(result.photographs)} of ${result.persons} persons`],
    ['images without a detection', String(result.imagesWithoutDetection)],
    ['images that cannot be compared', String(result.refused)],
    ['strangers', `${result.strangers.toFixed(1)} (${result.joins.toFixed(1)} joins)`],
    ['pairwise precision', rate(precision)],
    ['pairwise recall', rate(recall)],
  ])
  const mixed = worst.mixed.slice(0, printedFaults).map(({ wrongPairs, people }) => {
    const names = people.map(({ person, images }) => `${person} (${images.length})`)
    return [`${wrongPairs} wrong pairs`, names.join(', ')]
  })
  const split = worst.split.slice(0, printedFaults).map(({ person, missedPairs, parts }) => {
    const sizes = parts.map(({ length }) => length)
    return [`${missedPairs} missed pairs`, `${person} (${sizes.join(' + ')})`]
  })
  const parts = [
    summary,
    ...(mixed.length === 0 ? [] : [`put together in draw ${worst.draw}\n${table(mixed)}`]),
    ...(split.length === 0 ? [] : [`split in draw ${worst.draw}\n${table(split)}`]),
  ]
  return parts.join('\n\n')
}
