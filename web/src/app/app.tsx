import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import { ApiKeyDialog } from '../features/access/api-key-dialog.tsx'
import { useApiKey } from '../features/access/use-api-key.ts'
import { PersonsView } from '../features/persons/persons-view.tsx'
import { RecogniseView } from '../features/recognise/recognise-view.tsx'
import { RegisterView } from '../features/register/register-view.tsx'
import { type ApiProblem, asProblem, createApi } from '../shared/api-client.ts'
import type { CollectionDetails } from '../shared/api-types.ts'
import { AppContext, type AppContextValue } from '../shared/app-context.ts'
import { Icon } from '../shared/icons.tsx'
import { problemText } from '../shared/messages.ts'
import { Notice } from '../shared/notice.tsx'
import logo from './icon.svg'
import { PrivacyNote } from './privacy-note.tsx'
import { useRoute, type ViewName } from './use-route.ts'

const defaultCollection = 'default'
const retryMs = 4_000

const tabs: readonly { readonly view: ViewName; readonly label: string }[] = [
  { view: 'recognise', label: 'Recognise' },
  { view: 'register', label: 'Register' },
  { view: 'persons', label: 'Persons' },
]

/** The page: header, the view that the address names, and what all views share. */
export function App(): ReactNode {
  const apiKey = useApiKey()
  const api = useMemo(
    () => createApi({ apiKey: apiKey.current, askForApiKey: apiKey.ask }),
    [apiKey.current, apiKey.ask],
  )
  const route = useRoute()
  const [collections, setCollections] = useState<readonly string[]>([])
  const [collection, setCollection] = useState(defaultCollection)
  const [details, setDetails] = useState<CollectionDetails>()
  const [problem, reportProblem] = useState<ApiProblem>()
  const [cameraWanted, setCameraWanted] = useState(false)
  const [message, setMessage] = useState({ text: '', number: 0 })
  const [generation, setGeneration] = useState(0)

  const refresh = useCallback(() => setGeneration((number) => number + 1), [])
  const changeKey = useCallback(async () => {
    if (await apiKey.change()) refresh()
  }, [apiKey.change, refresh])
  const notify = useCallback(
    (text: string) => setMessage(({ number }) => ({ text, number: number + 1 })),
    [],
  )

  // biome-ignore lint/correctness/useExhaustiveDependencies: `generation` asks for fresh counts
  useEffect(() => {
    let gone = false
    let timer: ReturnType<typeof setTimeout> | undefined
    async function load(): Promise<void> {
      try {
        const names = await api.collectionNames()
        const name = names.includes(collection) ? collection : (names[0] ?? collection)
        const loaded = await api.collection(name)
        if (gone) return
        setCollections(names)
        setCollection(name)
        setDetails(loaded)
        reportProblem(undefined)
      } catch (error) {
        if (gone) return
        const failure = asProblem(error)
        reportProblem(failure)
        if (!isLocked(failure)) timer = setTimeout(load, retryMs)
      }
    }
    void load()
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [api, collection, generation])

  useEffect(() => {
    if (message.text === '') return
    const timer = setTimeout(() => setMessage(({ number }) => ({ text: '', number })), 6_000)
    return () => clearTimeout(timer)
  }, [message])

  const context = useMemo<AppContextValue>(
    () => ({
      api,
      collection,
      details,
      refresh,
      notify,
      cameraWanted,
      setCameraWanted,
      reportProblem,
    }),
    [api, collection, details, refresh, notify, cameraWanted],
  )

  return (
    <AppContext value={context}>
      <a className="skip-link" href={`#${route.view}`} onClick={focusMain}>
        Skip to content
      </a>
      <header className="site-header">
        <div className="brand">
          <img src={logo} alt="" width="28" height="28" />
          <span>Face Watcher</span>
        </div>
        <nav aria-label="Views">
          {tabs.map(({ view, label }) => (
            <a key={view} href={`#${view}`} aria-current={route.view === view ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        {collections.length > 1 && (
          <label className="inline-field collection-field">
            <span>Collection</span>
            <select value={collection} onChange={(event) => setCollection(event.target.value)}>
              {collections.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        {problem && <PageProblem problem={problem} onRetry={refresh} onChangeKey={changeKey} />}
        {route.view === 'recognise' && <RecogniseView key={collection} />}
        {route.view === 'register' && (
          <RegisterView key={`${collection}/${route.id ?? ''}`} personId={route.id} />
        )}
        {route.view === 'persons' && <PersonsView key={collection} />}
        <PrivacyNote storeCrops={details?.storeCrops ?? false} />
      </main>
      <footer className="site-footer">
        <a href="/docs">HTTP API</a>
        {details && <span>Model {details.modelId}</span>}
      </footer>
      <output className={message.text === '' ? 'toast' : 'toast shown'} key={message.number}>
        {message.text !== '' && (
          <>
            <Icon name="check" /> {message.text}
          </>
        )}
      </output>
      {apiKey.question && <ApiKeyDialog refused={apiKey.question.refused} onKey={apiKey.answer} />}
    </AppContext>
  )
}

interface PageProblemProps {
  readonly problem: ApiProblem
  readonly onRetry: () => void
  /** Asks for another key. */
  readonly onChangeKey: () => void
}

/** Whether a key is missing, or may too little: trying again would not help. */
function isLocked({ code }: ApiProblem): boolean {
  return code === 'unauthorized' || code === 'missingScope'
}

function PageProblem({ problem, onRetry, onChangeKey }: PageProblemProps): ReactNode {
  const locked = isLocked(problem)
  const weak = problem.code === 'missingScope'
  return (
    <Notice
      kind="bad"
      title={problemText(problem)}
      actions={
        <button type="button" onClick={weak ? onChangeKey : onRetry}>
          {weak ? 'Enter another API key' : locked ? 'Enter API key' : 'Try now'}
        </button>
      }
    >
      {locked ? undefined : 'Trying again every few seconds.'}
    </Notice>
  )
}

function focusMain(event: { preventDefault: () => void }): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}
