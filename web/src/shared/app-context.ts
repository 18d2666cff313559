import { createContext, type Dispatch, type SetStateAction, useContext } from 'react'
import type { Scope } from './api/client.ts'
import type { Turns } from './api/turns.ts'
import type { ProbePhoto } from './photos/probe-photo.ts'

/** The client, the collection, and what screens leave to each other. */
export interface AppContextValue extends Scope {
  /** The user started the camera and did not stop it: the next view may start it, too. */
  readonly cameraWanted: boolean
  readonly setCameraWanted: (wanted: boolean) => void
  /** The photos to identify: they are still there when the user comes back from another screen. */
  readonly photos: readonly ProbePhoto[]
  readonly setPhotos: Dispatch<SetStateAction<readonly ProbePhoto[]>>
  /** Image files are decoded in turn: each takes much memory meanwhile. */
  readonly decoding: Turns
}

export const AppContext = createContext<AppContextValue | undefined>(undefined)

/** The page's context, which is the scope of all queries and changes. Throws outside of {@link AppContext}. */
export function useApp(): AppContextValue {
  const value = useContext(AppContext)
  if (value === undefined) throw new Error('useApp needs an AppContext around it.')
  return value
}
