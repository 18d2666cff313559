import { type ReactNode, useId } from 'react'
import { useTranslations } from 'use-intl'
import { Account } from '../features/access/account.tsx'
import { Icon } from '../shared/icons.tsx'
import { type Language, languages } from '../shared/text/texts.ts'
import type { Theme } from './preferences.ts'
import { useSession } from './session.ts'

const themes: readonly Theme[] = ['system', 'light', 'dark']

/** Language and appearance, kept on this device. The browser's own popover closes by Escape. */
export function SettingsMenu(): ReactNode {
  const t = useTranslations('app.settings')
  const { preferences, choose, signIn } = useSession()
  const id = useId()
  return (
    <>
      <button
        type="button"
        className="icon-button"
        popoverTarget={id}
        aria-label={t('title')}
        title={t('title')}
      >
        <Icon name="settings" />
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only closes when the focus goes on */}
      <div
        id={id}
        popover="auto"
        className="settings-menu"
        onBlur={({ currentTarget, relatedTarget }) => {
          // It would cover what the focus goes on to.
          if (relatedTarget !== null && !currentTarget.contains(relatedTarget)) {
            currentTarget.hidePopover()
          }
        }}
      >
        <label className="field">
          <span>{t('language')}</span>
          <select
            value={preferences.language}
            onChange={(event) =>
              void choose({ ...preferences, language: event.target.value as Language })
            }
          >
            {Object.entries(languages).map(([language, name]) => (
              <option key={language} value={language} lang={language}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>{t('theme')}</span>
          <select
            value={preferences.theme}
            onChange={(event) =>
              void choose({ ...preferences, theme: event.target.value as Theme })
            }
          >
            {themes.map((theme) => (
              <option key={theme} value={theme}>
                {t(theme)}
              </option>
            ))}
          </select>
        </label>
        <Account signIn={signIn} />
      </div>
    </>
  )
}
