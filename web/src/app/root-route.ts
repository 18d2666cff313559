import { createRootRouteWithContext, retainSearchParams } from '@tanstack/react-router'
import { Frame } from './frame.tsx'
import { NotFound } from './not-found.tsx'
import { RouteError } from './route-error.tsx'

/** What routes need of the page. */
export interface RouterContext {
  /** Resolves when there is more to say than the start page needs. */
  readonly completeTexts: () => Promise<void>
}

/** What every address may say. */
interface RootSearch {
  /** Name of the collection; without it, the default one. */
  readonly collection?: string
}

/** The frame, which is there at every address. */
export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Frame,
  errorComponent: RouteError,
  notFoundComponent: NotFound,
  validateSearch: ({ collection }: Readonly<Record<string, unknown>>): RootSearch =>
    collection === undefined || collection === '' ? {} : { collection: String(collection) },
  // Links need not name the collection: it stays.
  search: { middlewares: [retainSearchParams(['collection'])] },
})
