import { useCallback, useMemo, useRef, useState } from 'react'

const storageKey = 'faceWatcherApiKey'

export interface ApiKey {
  readonly current: () => string | undefined
  /** Opens the dialog; several requests that fail at once share one question. */
  readonly ask: () => Promise<boolean>
  /** The same for a key that is known and may too little. */
  readonly change: () => Promise<boolean>
  /** Whether the dialog is open, and whether a key was refused before. */
  readonly question: { readonly refused: boolean } | undefined
  readonly answer: (key: string | undefined) => void
}

/** The API key of this tab: kept in sessionStorage, asked for when the server wants one. */
export function useApiKey(): ApiKey {
  const [question, setQuestion] = useState<{ refused: boolean }>()
  const pending = useRef<{ promise: Promise<boolean>; resolve: (given: boolean) => void }>(
    undefined,
  )

  const current = useCallback(() => sessionStorage.getItem(storageKey) ?? undefined, [])
  const open = useCallback((refused: boolean) => {
    if (pending.current) return pending.current.promise
    let resolve: (given: boolean) => void = () => {}
    const promise = new Promise<boolean>((settle) => {
      resolve = settle
    })
    pending.current = { promise, resolve }
    setQuestion({ refused })
    return promise
  }, [])
  const ask = useCallback(() => open(sessionStorage.getItem(storageKey) !== null), [open])
  const change = useCallback(() => open(false), [open])
  const answer = useCallback((key: string | undefined) => {
    if (key === undefined) sessionStorage.removeItem(storageKey)
    else sessionStorage.setItem(storageKey, key)
    setQuestion(undefined)
    pending.current?.resolve(key !== undefined)
    pending.current = undefined
  }, [])
  return useMemo(
    () => ({ current, ask, change, question, answer }),
    [current, ask, change, question, answer],
  )
}
