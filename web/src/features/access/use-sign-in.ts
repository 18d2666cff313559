import { useCallback, useMemo, useRef, useState } from 'react'

/** The question who one is. */
export interface SignInQuestion {
  /** Opens the dialog; several requests that fail at once share one question. */
  readonly ask: () => Promise<boolean>
  readonly isOpen: boolean
  readonly answer: (signedIn: boolean) => void
}

/** Asks to sign in when the server wants to know who calls, or one may too little. */
export function useSignIn(): SignInQuestion {
  const [isOpen, setOpen] = useState(false)
  const pending = useRef<{ promise: Promise<boolean>; resolve: (signedIn: boolean) => void }>(
    undefined,
  )

  const ask = useCallback(() => {
    if (pending.current) return pending.current.promise
    let resolve: (signedIn: boolean) => void = () => {}
    const promise = new Promise<boolean>((settle) => {
      resolve = settle
    })
    pending.current = { promise, resolve }
    setOpen(true)
    return promise
  }, [])
  const answer = useCallback((signedIn: boolean) => {
    setOpen(false)
    pending.current?.resolve(signedIn)
    pending.current = undefined
  }, [])
  return useMemo(() => ({ ask, isOpen, answer }), [ask, isOpen, answer])
}
