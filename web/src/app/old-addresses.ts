import { createRoute, redirect } from '@tanstack/react-router'
import { rootRoute } from './root-route.ts'
import { startScreen } from './screens.ts'

/** Addresses of earlier versions, which stand in bookmarks, and the screens that took their place. */
const successors = {
  '/recognise': startScreen,
  '/register': '/add-photos',
  '/persons': '/people',
} as const

const getParentRoute = () => rootRoute

/** Another photo of a person. */
const registerOf = createRoute({
  getParentRoute,
  path: '/register/$person',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/add-photos', search: { person: params.person }, replace: true })
  },
})

/** Routes that lead from old addresses to the screens. */
export const oldAddresses = [
  registerOf,
  ...Object.entries(successors).map(([path, to]) =>
    createRoute({
      getParentRoute,
      path,
      beforeLoad: () => {
        throw redirect({ to, replace: true })
      },
    }),
  ),
]
