import type { useTranslations } from 'use-intl'
import type { en } from './en.ts'
import type { TranslationOf } from './translation.ts'

declare module 'use-intl' {
  interface AppConfig {
    Locale: Language
    Messages: typeof en
  }
}

export type Language = 'en' | 'de'

/** All texts in one language; their keys and placeholders are typed by the English sentences. */
export type Catalogue = typeof en

/** Gives the texts of a part of the catalogue; for functions outside of components. */
export type Texts<Part extends keyof typeof en> = ReturnType<typeof useTranslations<Part>>

/** The languages by their own names. */
export const languages: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' }

/** What {@link loadStartTexts} loads. */
type StartTexts = typeof import('./en-start.ts').start
type ScreenTexts = typeof import('./en-screens.ts').screens

/**
 * Loads what the frame and the start page say. It is told to be everything, as who uses a text does not
 * know when it comes: screens wait for {@link loadTexts}.
 */
export async function loadStartTexts(language: Language): Promise<Catalogue> {
  return (await loadStart(language)) as Catalogue
}

/** Loads all texts of a language. */
export async function loadTexts(language: Language): Promise<Catalogue> {
  const [start, screens] = await Promise.all([loadStart(language), loadScreens(language)])
  return { ...start, ...screens } as Catalogue
}

async function loadStart(language: Language): Promise<TranslationOf<StartTexts>> {
  return language === 'en'
    ? (await import('./en-start.ts')).start
    : (await import('./de-start.ts')).start
}

async function loadScreens(language: Language): Promise<TranslationOf<ScreenTexts>> {
  return language === 'en'
    ? (await import('./en-screens.ts')).screens
    : (await import('./de-screens.ts')).screens
}
