import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { useSlowText } from '../feedback/use-slow-text.ts'
import { Icon, type IconName } from '../icons.tsx'
import './selection-tools.css'

/** A screen reader hears how many are chosen when choosing rests, milliseconds. */
const restMs = 800

interface SelectionToolsProps {
  readonly label: string
  /** How many are chosen. */
  readonly count: number
  /** Said while nothing is chosen. */
  readonly idle: ReactNode
  readonly onClear: () => void
  /** Buttons for what can be done with what is chosen. */
  readonly children: ReactNode
}

/** Stays in sight above a list: how many are chosen, and what can be done with them. */
export function SelectionTools(props: SelectionToolsProps): ReactNode {
  const t = useTranslations('shared')
  const { count } = props
  const spoken = useSlowText(count > 0 ? t('chosen', { count }) : '', restMs)
  return (
    <div className="selection-bar" data-active={count > 0}>
      {count === 0 ? (
        <p className="muted">{props.idle}</p>
      ) : (
        <div role="toolbar" aria-label={props.label} className="selection-tools">
          <button
            type="button"
            className="icon-button"
            aria-label={t('chooseNone')}
            onClick={props.onClear}
          >
            <Icon name="cross" />
          </button>
          <strong className="selection-count">{t('chosen', { count })}</strong>
          <div className="selection-buttons">{props.children}</div>
        </div>
      )}
      <p className="visually-hidden" aria-live="polite">
        {spoken}
      </p>
    </div>
  )
}

interface SelectionToolProps {
  readonly icon: IconName
  readonly label: string
  readonly isDisabled?: boolean
  readonly onPress: () => void
}

/** One thing that can be done with what is chosen. */
export function SelectionTool(props: SelectionToolProps): ReactNode {
  return (
    <button type="button" disabled={props.isDisabled} onClick={props.onPress}>
      <Icon name={props.icon} /> {props.label}
    </button>
  )
}
