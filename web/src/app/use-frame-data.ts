import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import { collectionNamesOptions, collectionOptions } from '../shared/api/collections.ts'
import { type ApiProblem, asProblem, isLocked, toNetworkProblem } from '../shared/api/problem.ts'
import type { CollectionDetails } from '../shared/api/types.ts'
import { useToasts } from '../shared/feedback/toasts.ts'
import { useSession } from './session.ts'

/** How often the server is asked whether it is there. */
const restMs = 30_000
const retryMs = 4_000

interface FrameData {
  readonly names: readonly string[]
  readonly collection: string
  readonly details: CollectionDetails | undefined
  /** Concerns the whole page. */
  readonly problem: ApiProblem | undefined
  readonly retry: () => void
}

/**
 * What the frame knows of the server. It looks for a server that is gone until it is back; then
 * everything on the screen is loaded again.
 *
 * @param wanted  the collection that the address names; another one where it is not there
 */
export function useFrameData(wanted: string): FrameData {
  const { api, connection } = useSession()
  const t = useTranslations('app.connection')
  const toasts = useToasts()
  const client = useQueryClient()
  const lost = useSyncExternalStore(connection.subscribe, connection.isLost)

  const names = useQuery({
    ...collectionNamesOptions(api),
    refetchInterval: ({ state }) => {
      if (state.error === null) return lost ? retryMs : restMs
      return isLocked(asProblem(state.error)) ? false : retryMs
    },
  })
  const known = names.data ?? []
  const collection = known.includes(wanted) ? wanted : (known[0] ?? wanted)
  const details = useQuery({
    ...collectionOptions({ api, collection }),
    enabled: names.data !== undefined,
  })

  const wasLost = useRef(lost)
  useEffect(() => {
    if (wasLost.current && !lost) {
      void client.invalidateQueries()
      toasts.show({ kind: 'good', text: t('back') })
    }
    wasLost.current = lost
  }, [lost, client, toasts, t])

  const error = names.error ?? details.error
  const problem = error === null ? undefined : asProblem(error)
  return {
    names: known,
    collection,
    details: details.data,
    problem: problem ?? (lost ? toNetworkProblem(undefined) : undefined),
    retry: () => void client.invalidateQueries(),
  }
}
