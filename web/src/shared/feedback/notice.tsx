import type { ReactNode } from 'react'
import { Icon, type IconName } from '../icons.tsx'

interface NoticeProps {
  readonly kind: 'info' | 'good' | 'warning' | 'bad'
  readonly title?: string
  readonly children?: ReactNode
  readonly actions?: ReactNode
}

const icons: Readonly<Record<NoticeProps['kind'], IconName>> = {
  info: 'shield',
  good: 'check',
  warning: 'alert',
  bad: 'alert',
}

/** A message in the flow of the page. `bad` interrupts a screen reader, the others wait. */
export function Notice({ kind, title, children, actions }: NoticeProps): ReactNode {
  return (
    <div className={`notice notice-${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      <Icon name={icons[kind]} />
      <div className="notice-body">
        {title && <p className="notice-title">{title}</p>}
        {children && <div className="notice-text">{children}</div>}
      </div>
      {actions && <div className="notice-actions">{actions}</div>}
    </div>
  )
}
