import { createRoute, redirect } from '@tanstack/react-router'
import { parseAddPhotosSearch } from '../features/add-photos/search.ts'
import { parsePeopleSearch } from '../features/people/search.ts'
import { lazyScreen } from './lazy-screen.ts'
import { rootRoute } from './root-route.ts'
import { startScreen } from './screens.ts'

const getParentRoute = () => rootRoute

const start = createRoute({
  getParentRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: startScreen, replace: true })
  },
})

const identify = createRoute({
  getParentRoute,
  path: '/identify',
  component: lazyScreen(
    async () => (await import('../features/identify/identify-view.tsx')).IdentifyView,
  ),
})

const people = createRoute({
  getParentRoute,
  path: '/people',
  validateSearch: parsePeopleSearch,
  component: lazyScreen(
    async () => (await import('../features/people/people-view.tsx')).PeopleView,
  ),
})

const addPhotos = createRoute({
  getParentRoute,
  path: '/add-photos',
  validateSearch: parseAddPhotosSearch,
  component: lazyScreen(
    async () => (await import('../features/add-photos/add-photos-view.tsx')).AddPhotosView,
  ),
})

/** All addresses. A screen loads its code when it is first opened, or when a link is pointed at. */
export const routeTree = rootRoute.addChildren([start, identify, people, addPhotos])
