import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'

/** A list that is shown part by part. */
interface ListInParts {
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
  readonly fetchNextPage: () => Promise<unknown>
}

/** Shows the next part of a list, while there is one. */
export function ShowMore({ list }: { readonly list: ListInParts }): ReactNode {
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

interface FirstItems<Item> {
  readonly shown: readonly Item[]
  readonly list: ListInParts
}

/** The first items of a list that is here as a whole; {@link ShowMore} shows as many again. */
export function useFirstItems<Item>(items: readonly Item[], step: number): FirstItems<Item> {
  const [most, setMost] = useState(step)
  return {
    shown: items.slice(0, most),
    list: {
      hasNextPage: items.length > most,
      isFetchingNextPage: false,
      fetchNextPage: async () => setMost(most + step),
    },
  }
}
