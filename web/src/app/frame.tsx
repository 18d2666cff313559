import { Outlet, useRouterState, useSearch } from '@tanstack/react-router'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { createTurns } from '../shared/api/turns.ts'
import { AppContext, type AppContextValue } from '../shared/app-context.ts'
import type { ProbePhoto } from '../shared/photos/probe-photo.ts'
import { ConnectionBanner } from './connection-banner.tsx'
import { PrivacyNote } from './privacy-note.tsx'
import { useSession } from './session.ts'
import { SiteHeader } from './site-header.tsx'
import { useFrameData } from './use-frame-data.ts'
import { useKeptFocus } from './use-kept-focus.ts'

const defaultCollection = 'default'

/** So many image files are decoded at once: as many as keep the browser busy. */
const decodedAtOnce = 2

/** The frame around all screens: header, messages about the server, footer. */
export function Frame(): ReactNode {
  const t = useTranslations('app')
  const { api } = useSession()
  const wanted = useSearch({ from: '__root__' }).collection ?? defaultCollection
  const { names, collection, details, problem, retry } = useFrameData(wanted)
  const [cameraWanted, setCameraWanted] = useState(false)
  const [photos, setPhotos] = useState<readonly ProbePhoto[]>([])
  const [decoding] = useState(() => createTurns(decodedAtOnce))
  useFocusOnChange()
  useKeptFocus()

  const context = useMemo<AppContextValue>(
    () => ({ api, collection, cameraWanted, setCameraWanted, photos, setPhotos, decoding }),
    [api, collection, cameraWanted, photos, decoding],
  )
  return (
    <AppContext value={context}>
      {/* A link would change the address, which names the screen behind "#". */}
      <button
        type="button"
        className="skip-link"
        onClick={() => document.getElementById('main')?.focus()}
      >
        {t('skip')}
      </button>
      <SiteHeader names={names} collection={collection} />
      <main id="main" tabIndex={-1}>
        <ConnectionBanner problem={problem} onRetry={retry} />
        <Outlet key={collection} />
        <PrivacyNote details={details} />
      </main>
      <footer className="site-footer">
        <a href="docs">{t('httpApi')}</a>
        {details && <span>{t('model', { model: details.modelId })}</span>}
      </footer>
    </AppContext>
  )
}

/** The heading of a screen has the focus when it comes in the place of another. */
function useFocusOnChange(): void {
  const t = useTranslations('app')
  // The address changes at once; this one when the screen has come.
  const path = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname })
  const before = useRef<string>(undefined)
  const name = t('name')
  useEffect(() => {
    if (path === undefined) return
    const heading = () => document.querySelector<HTMLElement>('main h1')
    const settle = (): boolean => {
      const found = heading()
      if (found === null) return false
      document.title = `${found.textContent} · ${name}`
      // The first screen leaves the focus where the browser has it.
      if (before.current !== undefined && before.current !== path) found.focus()
      before.current = path
      return true
    }
    if (settle()) return
    // The code of the screen is still on its way.
    const observer = new MutationObserver(() => {
      if (settle()) observer.disconnect()
    })
    observer.observe(document.body, { childList: true, subtree: true })
    return () => observer.disconnect()
  }, [path, name])
}
