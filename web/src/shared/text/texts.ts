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

/** Loads the texts of a language: each is a file of its own. */
export async function loadTexts(language: Language): Promise<Catalogue> {
  if (language === 'en') return (await import('./en.ts')).en
  const texts: TranslationOf<Catalogue> = (await import('./de.ts')).de
  return texts as Catalogue
}
