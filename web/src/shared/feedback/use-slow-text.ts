import { useEffect, useRef, useState } from 'react'

/**
 * Slows a changing text down for a polite live region: the text is passed on at most once every
 * `intervalMs`, and only when it has changed.
 */
export function useSlowText(text: string, intervalMs = 3_000): string {
  const [spoken, setSpoken] = useState('')
  const lastAt = useRef(0)
  useEffect(() => {
    if (text === spoken) return
    const timer = setTimeout(
      () => {
        lastAt.current = Date.now()
        setSpoken(text)
      },
      Math.max(0, lastAt.current + intervalMs - Date.now()),
    )
    return () => clearTimeout(timer)
  }, [text, spoken, intervalMs])
  return spoken
}
