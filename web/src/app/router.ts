import { createHashHistory, createRouter } from '@tanstack/react-router'
import { NotFound } from './not-found.tsx'
import type { RouterContext } from './root-route.ts'
import { RouteError } from './route-error.tsx'
import { routeTree } from './routes.ts'

/**
 * Creates the router. Addresses stand behind `#`, so that any static server and any path of a proxy
 * can carry the page.
 */
export function createAppRouter(context: RouterContext) {
  return createRouter({
    ...{ routeTree, context },
    history: createHashHistory(),
    defaultPreload: 'intent',
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  })
}

export type AppRouter = ReturnType<typeof createAppRouter>

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter
  }
}
