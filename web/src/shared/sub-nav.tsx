import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import './sub-nav.css'

interface SubNavProps {
  readonly label: string
  readonly links: readonly { readonly to: NonNullable<LinkProps['to']>; readonly label: string }[]
}

/** The parts of a screen, each with an address of its own. */
export function SubNav({ label, links }: SubNavProps): ReactNode {
  return (
    <nav className="sub-nav" aria-label={label}>
      {links.map(({ to, label: name }) => (
        <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }}>
          {name}
        </Link>
      ))}
    </nav>
  )
}
