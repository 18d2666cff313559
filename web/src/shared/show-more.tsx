import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'

interface ShowMoreProps {
  /** A list that is loaded page by page. */
  readonly list: {
    readonly hasNextPage: boolean
    readonly isFetchingNextPage: boolean
    readonly fetchNextPage: () => Promise<unknown>
  }
}

/** Loads the next page of a list, while there is one. */
export function ShowMore({ list }: ShowMoreProps): ReactNode {
  const shared = useTranslations('shared')
  if (!list.hasNextPage) return null
  return (
    <button
      type="button"
      className="wide"
      disabled={list.isFetchingNextPage}
      onClick={() => void list.fetchNextPage()}
    >
      {shared('showMore')}
    </button>
  )
}
