import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import {
  type ReactNode,
  StrictMode,
  useCallback,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react'
import { I18nProvider } from 'react-aria-components/I18nProvider'
import { IntlProvider } from 'use-intl'
import { ApiKeyDialog } from '../features/access/api-key-dialog.tsx'
import { useApiKey } from '../features/access/use-api-key.ts'
import { createApi } from '../shared/api/client.ts'
import { createConnection } from '../shared/api/connection.ts'
import { createQueryClient } from '../shared/api/query-client.ts'
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
  const apiKey = useApiKey()
  const { current, ask, change, question, answer } = apiKey
  const api = useMemo(
    () => createApi({ apiKey: current, askForApiKey: ask, onContact: connection.report }),
    [current, ask, connection],
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
    () => ({ api, connection, changeKey: change, preferences, choose }),
    [api, connection, change, preferences, choose],
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
                {question && <ApiKeyDialog refused={question.refused} onKey={answer} />}
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
