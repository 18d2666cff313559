import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import {
  type ReactNode,
  StrictMode,
  useCallback,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react'
import { I18nProvider } from 'react-aria-components/I18nProvider'
import { IntlProvider } from 'use-intl'
import { SignInDialog } from '../features/access/sign-in-dialog.tsx'
import { useSignIn } from '../features/access/use-sign-in.ts'
import { createApi } from '../shared/api/client.ts'
import { createConnection } from '../shared/api/connection.ts'
import { createQueryClient } from '../shared/api/query-client.ts'
import { createSignIn } from '../shared/api/sign-in.ts'
import { ToastProvider } from '../shared/feedback/toast-provider.tsx'
import { applyPreferences, type Preferences, savePreferences } from './preferences.ts'
import type { AppRouter } from './router.ts'
import { SessionContext } from './session.ts'
import type { TextStore } from './text-store.ts'

interface AppProps {
  readonly preferences: Preferences
  readonly texts: TextStore
  readonly router: AppRouter
}

/** The page: what lives as long as the tab, around the screens that the address names. */
export function App({ preferences: first, texts, router }: AppProps): ReactNode {
  const [preferences, setPreferences] = useState(first)
  const messages = useSyncExternalStore(texts.subscribe, texts.texts)
  const [queryClient] = useState(createQueryClient)
  const [connection] = useState(createConnection)
  const [signIn] = useState(createSignIn)
  const { ask, isOpen, answer } = useSignIn()
  useEffect(() => void signIn.load(), [signIn])
  const api = useMemo(
    () => createApi({ signIn, askToSignIn: ask, onContact: connection.report }),
    [signIn, ask, connection],
  )

  const choose = useCallback(
    async (wanted: Preferences) => {
      await texts.change(wanted.language)
      setPreferences(wanted)
      applyPreferences(wanted)
      savePreferences(wanted)
    },
    [texts],
  )
  const session = useMemo(
    () => ({ api, connection, signIn, askToSignIn: ask, preferences, choose }),
    [api, connection, signIn, ask, preferences, choose],
  )

  return (
    <StrictMode>
      <IntlProvider locale={preferences.language} messages={messages} timeZone={ownTimeZone()}>
        {/* React Aria follows the browser's language otherwise. */}
        <I18nProvider locale={preferences.language}>
          <QueryClientProvider client={queryClient}>
            <SessionContext value={session}>
              <ToastProvider>
                <RouterProvider router={router} />
                {isOpen && <SignInDialog signIn={signIn} onAnswer={answer} />}
              </ToastProvider>
            </SessionContext>
          </QueryClientProvider>
        </I18nProvider>
      </IntlProvider>
    </StrictMode>
  )
}

function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}
