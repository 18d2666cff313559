import { createContext, useContext } from 'react'
import type { Api, ApiProblem } from './api-client.ts'
import type { CollectionDetails } from './api-types.ts'

/** The client, the collection and the functions that every view needs. */
export interface AppContextValue {
  readonly api: Api
  readonly collection: string
  /** Counts and thresholds; undefined until loaded. */
  readonly details: CollectionDetails | undefined
  /** Loads the counts again, after something was stored or deleted. */
  readonly refresh: () => void
  /** Says something to everybody, screen readers included. */
  readonly notify: (text: string) => void
  /** The user started the camera and did not stop it: the next view may start it, too. */
  readonly cameraWanted: boolean
  readonly setCameraWanted: (wanted: boolean) => void
  /** Takes a failed request that concerns the whole page; undefined clears it. */
  readonly reportProblem: (problem: ApiProblem | undefined) => void
}

export const AppContext = createContext<AppContextValue | undefined>(undefined)

/** The page's context. Throws outside of {@link AppContext}. */
export function useApp(): AppContextValue {
  const value = useContext(AppContext)
  if (value === undefined) throw new Error('useApp needs an AppContext around it.')
  return value
}
