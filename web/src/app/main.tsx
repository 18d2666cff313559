import { createRoot } from 'react-dom/client'
import { prepareDialogs } from '../shared/dialog/dialog.tsx'
import { loadStartTexts } from '../shared/text/texts.ts'
import { App } from './app.tsx'
import { prepareOfflinePage } from './offline-page.ts'
import { applyPreferences, readPreferences } from './preferences.ts'
import { createTextStore } from './text-store.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/frame.css'

/** After the start page, when the network has nothing else to do. */
const idleMs = 2_000

async function start(root: HTMLElement): Promise<void> {
  const preferences = readPreferences()
  applyPreferences(preferences)
  const { language } = preferences
  const texts = createTextStore(language, await loadStartTexts(language))
  createRoot(root).render(<App preferences={preferences} texts={texts} />)
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
