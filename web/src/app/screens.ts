import type { IconName } from '../shared/icons.tsx'

/** A screen that the header leads to. */
interface Screen {
  readonly to:
    | '/identify'
    | '/live'
    | '/people'
    | '/unknown'
    | '/add-photos'
    | '/collections'
    | '/evaluation'
    | '/system'
  readonly icon: IconName
  /** The part of the texts whose `title` names the screen. */
  readonly text:
    | 'identify'
    | 'live'
    | 'people'
    | 'unknown'
    | 'addPhotos'
    | 'collections'
    | 'evaluation'
    | 'system'
}

/** The screens in the header's order; their routes are in routes.ts. */
export const screens: readonly Screen[] = [
  { to: '/identify', icon: 'search', text: 'identify' },
  { to: '/live', icon: 'live', text: 'live' },
  { to: '/people', icon: 'people', text: 'people' },
  { to: '/unknown', icon: 'question', text: 'unknown' },
  { to: '/add-photos', icon: 'plus', text: 'addPhotos' },
  { to: '/collections', icon: 'collection', text: 'collections' },
  { to: '/evaluation', icon: 'chart', text: 'evaluation' },
  { to: '/system', icon: 'server', text: 'system' },
]

export const startScreen = '/identify'
