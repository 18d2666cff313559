import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { useApp } from '../app-context.ts'
import { problemText } from '../feedback/problem-text.ts'
import { type Toasts, useToasts } from '../feedback/toasts.ts'
import type { Texts } from '../text/texts.ts'
import type { Scope } from './client.ts'
import { undoEntry } from './history.ts'
import { collectionKey } from './keys.ts'
import { type ApiProblem, asProblem } from './problem.ts'

export interface ChangeOptions<Input, Answer> {
  /**
   * Sends the change. With `overwrite` it is sent without `If-Match`: the user wants it although
   * somebody else was faster.
   */
  readonly send: (input: Input, how: { readonly overwrite: boolean }) => Promise<Answer>
  /** Says what was done, for the toast; `undefined` where the screen says it itself. */
  readonly done?: (answer: Answer, input: Input) => string | undefined
  /**
   * The entry of the history that the answer names, and no other: the newest one may be somebody
   * else's. For what is not in the history, the request that takes it back.
   */
  readonly undo?: (answer: Answer, input: Input) => string | TakeBack | undefined
  /** Called before what was loaded is loaded again. */
  readonly onDone?: (answer: Answer, input: Input) => void
  /** `screen`: the caller shows `error` itself; otherwise a toast says it. */
  readonly problems?: 'toast' | 'screen'
}

/** Takes back a change that the history does not hold. */
export type TakeBack = () => Promise<unknown>

interface Variables<Input> {
  readonly input: Input
  readonly overwrite: boolean
}

/** A change: `run` makes it and never throws, `runAsync` gives its answer or throws. */
export interface Change<Input, Answer> {
  readonly run: (input: Input) => void
  readonly runAsync: (input: Input) => Promise<Answer>
  readonly isPending: boolean
  readonly error: ApiProblem | undefined
  readonly reset: () => void
}

/**
 * The one way in which screens change something of a collection: everything that was loaded of it is
 * loaded again, a toast says what was done and offers to undo it, a problem is told in words, and
 * where somebody else was faster (412) the user sees their change or saves all the same.
 */
export function useChange<Input, Answer>(
  options: ChangeOptions<Input, Answer>,
): Change<Input, Answer> {
  const { send, done, undo, onDone, problems: shownBy = 'toast' } = options
  const scope = useApp()
  const client = useQueryClient()
  const toasts = useToasts()
  const shared = useTranslations('shared')
  const problems = useTranslations('problems')

  const refresh = () => client.invalidateQueries({ queryKey: collectionKey(scope.collection) })

  async function takeBack(undoIt: TakeBack): Promise<void> {
    try {
      await undoIt()
      toasts.show({ kind: 'good', text: shared('undone') })
    } catch (error) {
      showProblem({ toasts, shared, problems }, asProblem(error))
    }
    await refresh()
  }

  const mutation: UseMutationResult<Answer, Error, Variables<Input>> = useMutation({
    mutationFn: ({ input, overwrite }: Variables<Input>) => send(input, { overwrite }),
    onSuccess: (answer, { input }) => {
      onDone?.(answer, input)
      void refresh()
      const text = done?.(answer, input)
      if (text === undefined) return
      const undoIt = toTakeBack(scope, undo?.(answer, input))
      const actions =
        undoIt === undefined
          ? []
          : [{ label: shared('undo'), onPress: () => void takeBack(undoIt) }]
      toasts.show({ kind: 'good', text, actions })
    },
    onError: (error, { input }) => {
      const problem = asProblem(error)
      // What the screen shows is out of date: the person is gone, or somebody else's now.
      if (problem.details.status === 404) void refresh()
      if (problem.code === 'revisionMismatch') {
        toasts.show({
          kind: 'bad',
          text: problemText(problems, problem),
          actions: [
            { label: problems('seeTheirs'), onPress: () => void refresh() },
            {
              label: problems('overwrite'),
              onPress: () => mutation.mutate({ input, overwrite: true }),
            },
          ],
        })
      } else if (shownBy === 'toast') {
        showProblem({ toasts, shared, problems }, problem)
      }
    },
  })

  return {
    run: (input) => mutation.mutate({ input, overwrite: false }),
    runAsync: (input) => mutation.mutateAsync({ input, overwrite: false }),
    isPending: mutation.isPending,
    error: mutation.error === null ? undefined : asProblem(mutation.error),
    reset: mutation.reset,
  }
}

function toTakeBack(scope: Scope, undo: string | TakeBack | undefined): TakeBack | undefined {
  return typeof undo === 'string' ? () => undoEntry(scope, undo) : undo
}

interface ProblemTelling {
  readonly toasts: Toasts
  readonly shared: Texts<'shared'>
  readonly problems: Texts<'problems'>
}

function showProblem({ toasts, shared, problems }: ProblemTelling, problem: ApiProblem): void {
  const { requestId } = problem.details
  toasts.show({
    kind: 'bad',
    text: problemText(problems, problem),
    detail: requestId === undefined ? undefined : shared('requestId', { id: requestId }),
  })
}
