import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import './key-choice.css'

/** Whether single keys do something, kept on this device. */
export interface KeyChoice {
  readonly enabled: boolean
  readonly choose: (enabled: boolean) => void
}

const storageKey = 'faceWatcherKeys'

/** The user's choice about single keys; on, until it is turned off. */
export function useKeyChoice(): KeyChoice {
  const [enabled, setEnabled] = useState(read)
  return {
    enabled,
    choose(wanted) {
      setEnabled(wanted)
      try {
        localStorage.setItem(storageKey, wanted ? 'on' : 'off')
      } catch {
        // A browser that keeps nothing has them on again the next time.
      }
    },
  }
}

/** The box that turns single keys off: who speaks to the computer may trigger them by chance. */
export function KeyChoiceBox({ choice }: { readonly choice: KeyChoice }): ReactNode {
  const t = useTranslations('shared')
  return (
    <label className="key-choice">
      <input
        type="checkbox"
        checked={choice.enabled}
        onChange={(event) => choice.choose(event.target.checked)}
      />
      {t('singleKeys')}
    </label>
  )
}

function read(): boolean {
  try {
    return localStorage.getItem(storageKey) !== 'off'
  } catch {
    return true
  }
}
