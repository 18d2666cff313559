// What runs first. It is small, so that all that the page needs is asked for at once, and not one after
// the other: the page itself, its texts, and the code of the screen that the address names.
import { loadStartTexts, loadTexts } from '../shared/text/texts.ts'
import { readPreferences } from './preferences.ts'
import { findScreenCode, screenCode } from './screen-code.ts'
import { startScreen } from './screens.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/frame.css'

void import('./main.tsx')
const load = findScreenCode(location.hash)
const { language } = readPreferences()
const isStart = load === undefined || load === screenCode[startScreen]
// What cannot be loaded is asked for again, and told, where it is used.
for (const part of [load?.(), isStart ? loadStartTexts(language) : loadTexts(language)]) {
  part?.catch(() => undefined)
}
