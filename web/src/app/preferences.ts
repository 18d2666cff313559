import { type Language, languages } from '../shared/text/texts.ts'

export type Theme = 'light' | 'dark' | 'system'

/** What the user chose on this device. */
export interface Preferences {
  readonly language: Language
  readonly theme: Theme
}

const languageKey = 'faceWatcherLanguage'
const themeKey = 'faceWatcherTheme'

/** Reads what was chosen before; otherwise the first language of the browser that there is. */
export function readPreferences(): Preferences {
  const wanted = [read(languageKey), ...navigator.languages].map((tag) => tag?.split('-')[0])
  const language = wanted.find((tag): tag is Language => Object.hasOwn(languages, tag ?? ''))
  const theme = read(themeKey)
  return {
    language: language ?? 'en',
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
  }
}

/** Tells the document its language and appearance, for styles and screen readers. */
export function applyPreferences({ language, theme }: Preferences): void {
  document.documentElement.lang = language
  document.documentElement.dataset.theme = theme
}

/** Keeps the choice on this device, where the browser allows it. */
export function savePreferences({ language, theme }: Preferences): void {
  try {
    localStorage.setItem(languageKey, language)
    localStorage.setItem(themeKey, theme)
  } catch {
    // A browser that keeps nothing asks again the next time.
  }
}

function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}
