import { startScreen } from './screens.ts'

/** The code of the screens by their addresses, as the router writes these. Each is loaded when it is wanted. */
export const screenCode = {
  '/identify': () => import('../features/identify/identify-view.tsx'),
  '/live': () => import('../features/live/live-view.tsx'),
  '/people': () => import('../features/people/people-view.tsx'),
  '/people/$person': () => import('../features/people/person/person-view.tsx'),
  '/people/twice': () => import('../features/people/merge/twice-view.tsx'),
  '/history': () => import('../features/people/history/history-view.tsx'),
  '/add-photos': () => import('../features/add-photos/add-photos-view.tsx'),
  '/collections': () => import('../features/collections/collections-view.tsx'),
  '/collections/settings': () => import('../features/collections/settings-view.tsx'),
  '/collections/model': () => import('../features/collections/model-view.tsx'),
  '/collections/examination': () =>
    import('../features/collections/examination/examination-view.tsx'),
  '/evaluation': () => import('../features/evaluation/evaluation-view.tsx'),
  '/system': () => import('../features/system/health-view.tsx'),
  '/system/models': () => import('../features/system/models-view.tsx'),
  '/system/jobs': () => import('../features/system/jobs-view.tsx'),
  '/system/keys': () => import('../features/system/keys-view.tsx'),
  '/unknown': () => import('../features/unknown/unknown-view.tsx'),
  '/unknown/find': () => import('../features/unknown/find-face-view.tsx'),
  '/add-photos/many': () => import('../features/add-many/add-many-view.tsx'),
  '/system/problems': () => import('../features/system/problems-view.tsx'),
  '/system/configuration': () => import('../features/system/configuration-view.tsx'),
} as const

type ScreenAddress = keyof typeof screenCode

/**
 * The code of the screen that an address names; `undefined` where that is not known before the router
 * looks, as with an address of an earlier version.
 *
 * @param hash  of the page's address, as in `#/people?query=ann`
 */
export function findScreenCode(hash: string): (() => Promise<unknown>) | undefined {
  const [path = ''] = hash.replace(/^#/, '').split('?')
  if (path === '' || path === '/') return screenCode[startScreen]
  if (Object.hasOwn(screenCode, path)) return screenCode[path as ScreenAddress]
  return /^\/people\/[^/]+$/.test(path) ? screenCode['/people/$person'] : undefined
}
