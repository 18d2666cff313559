import type { IconName } from '../shared/icons.tsx'

/** A screen that the header leads to. */
interface Screen {
  readonly to: '/identify' | '/people' | '/add-photos'
  readonly icon: IconName
  /** The part of the texts whose `title` names the screen. */
  readonly text: 'identify' | 'people' | 'addPhotos'
}

/** The screens in the header's order; their routes are in routes.ts. */
export const screens: readonly Screen[] = [
  { to: '/identify', icon: 'search', text: 'identify' },
  { to: '/people', icon: 'people', text: 'people' },
  { to: '/add-photos', icon: 'plus', text: 'addPhotos' },
]

export const startScreen = '/identify'
