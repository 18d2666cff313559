import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../shared/icons.tsx'
import { screens } from './screens.ts'
import { SettingsMenu } from './settings-menu.tsx'

interface SiteHeaderProps {
  /** Of all collections. */
  readonly names: readonly string[]
  readonly collection: string
}

/** Where one is, and where else one can go. */
export function SiteHeader({ names, collection }: SiteHeaderProps): ReactNode {
  const t = useTranslations('app')
  return (
    <header className="site-header">
      <div className="brand">
        <img src="./icon.svg" alt="" width="28" height="28" />
        <span>{t('name')}</span>
      </div>
      <ScreenLinks />
      <div className="header-tools">
        {names.length > 1 && <CollectionChooser names={names} collection={collection} />}
        <SettingsMenu />
      </div>
    </header>
  )
}

function ScreenLinks(): ReactNode {
  const t = useTranslations()
  return (
    <nav aria-label={t('app.screens')}>
      {screens.map(({ to, icon, text }) => (
        <Link key={to} to={to}>
          <Icon name={icon} /> {t(`${text}.title`)}
        </Link>
      ))}
    </nav>
  )
}

/** The choice is part of the address; what the screen had chosen in the other collection is not kept. */
function CollectionChooser({ names, collection }: SiteHeaderProps): ReactNode {
  const t = useTranslations('app')
  const navigate = useNavigate()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const screen = screens.find(({ to }) => path.startsWith(to))?.to ?? '/'
  return (
    <label className="inline-field collection-field">
      <span>{t('collection')}</span>
      <select
        value={collection}
        onChange={(event) =>
          void navigate({ to: screen, search: { collection: event.target.value } })
        }
      >
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  )
}
