import { useEffect, useState } from 'react'

export type ViewName = 'recognise' | 'register' | 'persons'

export interface Route {
  readonly view: ViewName
  /** `#register/ID`: photos are added to this person. */
  readonly id: string | undefined
}

/** The view that the address names after `#`; links change it. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(window.location.hash))
  useEffect(() => {
    const update = () => setRoute(parseRoute(window.location.hash))
    window.addEventListener('hashchange', update)
    return () => window.removeEventListener('hashchange', update)
  }, [])
  return route
}

/** Reads `#view` or `#view/id`; anything else is the first view. */
export function parseRoute(hash: string): Route {
  const [view, id] = hash.replace(/^#/, '').split('/')
  if (view === 'register') return { view, id: id === '' ? undefined : id }
  return { view: view === 'persons' ? view : 'recognise', id: undefined }
}
