import { createRoot } from 'react-dom/client'
import { prepareDialogs } from '../shared/dialog/dialog.tsx'
import { App } from './app.tsx'
import { prepareOfflinePage } from './offline-page.ts'
import { applyPreferences, readPreferences } from './preferences.ts'
import { createAppRouter } from './router.ts'
import { createTextStore } from './text-store.ts'
import './styles/forced-colors.css'

/** After the start page, when the network has nothing else to do. */
const idleMs = 2_000

async function start(root: HTMLElement): Promise<void> {
  const preferences = readPreferences()
  applyPreferences(preferences)
  const texts = createTextStore(preferences.language)
  const router = createAppRouter({ completeTexts: texts.complete })
  await texts.begin()
  createRoot(root).render(<App preferences={preferences} texts={texts} router={router} />)
  setTimeout(() => {
    // What fails here is loaded with the first dialog, or the first other screen.
    void prepareDialogs().catch(() => undefined)
    void texts.complete().catch(() => undefined)
    // The page works without.
    void prepareOfflinePage().catch(() => undefined)
  }, idleMs)
}

const root = document.getElementById('root')
if (root) void start(root)
