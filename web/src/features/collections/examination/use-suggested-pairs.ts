import { useQuery } from '@tanstack/react-query'
import { mergeSuggestionsOptions } from '../../../shared/api/examination.ts'
import { useApp } from '../../../shared/app-context.ts'
import type { Pair } from '../../../shared/examination/findings.ts'

const none: readonly Pair[] = []

/** Pairs of persons who may be one, as they were looked for last; none where nobody has looked. */
export function useSuggestedPairs(): readonly Pair[] {
  const { data } = useQuery({ ...mergeSuggestionsOptions(useApp()), retry: false })
  return data?.pairs ?? none
}
