import { type InfiniteData, useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import {
  type Assignment,
  assignStranger,
  discardStranger,
  ignoreStranger,
  releaseStranger,
  strangersKey,
  unassignStranger,
} from '../../shared/api/strangers.ts'
import type { Page, Stranger } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'

/** What can be done with a stranger; each takes it off the list at once and opens the next one. */
export interface StrangerWork {
  readonly assign: (stranger: Stranger, assignment: Assignment) => void
  readonly ignore: (stranger: Stranger) => void
  readonly release: (stranger: Stranger) => void
  readonly discard: (stranger: Stranger) => Promise<void>
  /** Takes back who it is. */
  readonly takeBack: (stranger: Stranger) => void
}

interface Assigning {
  readonly stranger: Stranger
  readonly assignment: Assignment
}

/**
 * The work of the inbox. Where something fails, a toast says so and the stranger is listed again.
 *
 * @param leave  called with the stranger that goes, before it has gone
 */
export function useStrangerWork(leave: (stranger: Stranger) => void): StrangerWork {
  const t = useTranslations('unknown')
  const app = useApp()
  const client = useQueryClient()
  const queryKey = strangersKey(app.collection)

  const assign = useChange({
    send: ({ stranger, assignment }: Assigning) => assignStranger(app, stranger.id, assignment),
    done: ({ person, faces }) => t('assigned', { name: person.name, count: faces.length }),
    // Where nothing was enrolled, the history has nothing that leads back to the stranger.
    undo: ({ entryId, faces }, { stranger }) =>
      entryId !== undefined && faces.length > 0
        ? entryId
        : () => unassignStranger(app, stranger.id),
  })
  const ignore = useChange({
    send: ({ id }: Stranger) => ignoreStranger(app, id),
    done: () => t('ignored'),
    undo:
      (_answer, { id }) =>
      () =>
        releaseStranger(app, id),
  })
  const release = useChange({
    send: ({ id }: Stranger) => releaseStranger(app, id),
    done: () => t('released'),
    undo:
      (_answer, { id }) =>
      () =>
        ignoreStranger(app, id),
  })
  const discard = useChange({
    send: ({ id }: Stranger) => discardStranger(app, id),
    done: () => t('discarded'),
  })
  const takeBack = useChange({
    send: ({ id }: Stranger) => unassignStranger(app, id),
    done: () => t('takenBack'),
  })

  async function work(stranger: Stranger, send: () => Promise<unknown>): Promise<void> {
    // What is on its way was asked before.
    await client.cancelQueries({ queryKey })
    leave(stranger)
    client.setQueriesData<InfiniteData<Page<Stranger>>>({ queryKey }, (list) =>
      withoutStranger(list, stranger.id),
    )
    // A toast tells the problem.
    await send().catch(() => client.invalidateQueries({ queryKey }))
  }

  return {
    assign: (stranger, assignment) =>
      void work(stranger, () => assign.runAsync({ stranger, assignment })),
    ignore: (stranger) => void work(stranger, () => ignore.runAsync(stranger)),
    release: (stranger) => void work(stranger, () => release.runAsync(stranger)),
    discard: (stranger) => work(stranger, () => discard.runAsync(stranger)),
    takeBack: (stranger) => void work(stranger, () => takeBack.runAsync(stranger)),
  }
}

function withoutStranger(
  list: InfiniteData<Page<Stranger>> | undefined,
  gone: string,
): InfiniteData<Page<Stranger>> | undefined {
  if (list === undefined) return undefined
  const pages = list.pages.map((page) => ({
    ...page,
    items: page.items.filter(({ id }) => id !== gone),
  }))
  return { ...list, pages }
}
