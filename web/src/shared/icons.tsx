import type { ReactNode } from 'react'

const paths = {
  camera:
    'M4 8h3l1.500-2h7L17 8h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1ZM12 16.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Z',
  image: 'M4 5h16v14H4ZM4 16l4.500-4.500 4 4 2.500-2.500 5 5M15.500 9.500h.01',
  stop: 'M7 7h10v10H7Z',
  trash: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10.500 11v5M13.500 11v5',
  plus: 'M12 5v14M5 12h14',
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM15.500 15.500 20 20',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  alert: 'M12 4 2.800 19.500h18.400ZM12 10v4.500M12 17h.01',
  cross: 'M6.500 6.500l11 11M17.500 6.500l-11 11',
  shield: 'M12 3.500 5 6v5.500c0 4 3 7.300 7 9 4-1.700 7-5 7-9V6Z',
  key: 'M14.500 13.500a4.500 4.500 0 1 0-4.300-3.200L4 16.500V20h3.500v-2.500H10V15l1.700-1.700a4.500 4.500 0 0 0 2.800.2ZM15.500 8.500h.01',
  settings:
    'M4 7h9M17 7h3M4 17h3M11 17h9M15 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM9 19.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
  collection: 'M4 7.500h6l1.500 2H20V18H4ZM6 5h5.500l1.500 2h5',
  chart: 'M4 4v16h16M8 16v-4M12 16V8M16 16v-6',
  server: 'M4 5h16v5.500H4ZM4 13.500h16V19H4ZM7 7.800h.01M7 16.300h.01M11 7.800h5M11 16.300h5',
  people:
    'M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM2.500 19.500c.4-3.400 3-5.500 6.500-5.500s6.100 2.100 6.500 5.500M15.500 4.800a3.500 3.500 0 0 1 0 6.400M17.500 14.500c2.300.7 3.700 2.500 4 5',
} as const

export type IconName = keyof typeof paths

/** A decorative line icon, 1.25 em; the text next to it carries the meaning. */
export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
