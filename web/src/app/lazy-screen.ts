import { lazyRouteComponent, type RouteComponent } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { toNetworkProblem } from '../shared/api/problem.ts'
import type { RouterContext } from './root-route.ts'

/**
 * A screen whose code is loaded when it is opened. Code that cannot be loaded is an unreachable
 * server: the error view says so and comes back by itself.
 */
export function lazyScreen(load: () => Promise<ComponentType>): RouteComponent {
  return lazyRouteComponent(async () => {
    try {
      return { default: await load() }
    } catch (error) {
      throw toNetworkProblem(error)
    }
  })
}

/** `loader` of every screen but the one that the page starts with: its sentences come beside its code. */
export async function loadSentences({
  context,
}: {
  readonly context: RouterContext
}): Promise<void> {
  try {
    await context.completeTexts()
  } catch (error) {
    throw toNetworkProblem(error)
  }
}
