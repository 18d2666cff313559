import { createContext, useContext } from 'react'
import type { Api } from '../shared/api/client.ts'
import type { Connection } from '../shared/api/connection.ts'
import type { SignIn } from '../shared/api/sign-in.ts'
import type { Preferences } from './preferences.ts'

/** What lives as long as the tab. */
export interface Session {
  readonly api: Api
  readonly connection: Connection
  readonly signIn: SignIn
  /** Asks to sign in as somebody else; resolves to false when the user does not. */
  readonly askToSignIn: () => Promise<boolean>
  readonly preferences: Preferences
  readonly choose: (preferences: Preferences) => Promise<void>
}

export const SessionContext = createContext<Session | undefined>(undefined)

/** The tab's session. Throws outside of {@link SessionContext}. */
export function useSession(): Session {
  const value = useContext(SessionContext)
  if (value === undefined) throw new Error('useSession needs a SessionContext around it.')
  return value
}
