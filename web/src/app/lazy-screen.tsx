import { lazyRouteComponent, type RouteComponent } from '@tanstack/react-router'
import { type ComponentType, type ReactNode, use } from 'react'
import { toNetworkProblem } from '../shared/api/problem.ts'
import { useSession } from './session.ts'

/**
 * A screen whose code and sentences are loaded when it is opened. What cannot be loaded is an
 * unreachable server: the error view says so and comes back by itself.
 *
 * @param isStart  whether the sentences are those that the page starts with
 */
export function lazyScreen(
  load: () => Promise<ComponentType>,
  { isStart = false }: { readonly isStart?: boolean } = {},
): RouteComponent {
  return lazyRouteComponent(async () => {
    try {
      const Screen = await load()
      return { default: isStart ? Screen : withTexts(Screen) }
    } catch (error) {
      throw toNetworkProblem(error)
    }
  })
}

function withTexts(Screen: ComponentType): ComponentType {
  return function ScreenWithTexts(): ReactNode {
    use(useSession().completeTexts())
    return <Screen />
  }
}
