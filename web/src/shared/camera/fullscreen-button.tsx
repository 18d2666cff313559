import { type ReactNode, type RefObject, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../icons.tsx'

/** Fills the screen with an element and back; Escape goes back, too. Absent where the browser cannot. */
export function FullscreenButton({
  of: element,
}: {
  readonly of: RefObject<HTMLElement | null>
}): ReactNode {
  const t = useTranslations('camera')
  const [full, setFull] = useState(false)
  useEffect(() => {
    const look = () => setFull(document.fullscreenElement === element.current)
    document.addEventListener('fullscreenchange', look)
    return () => document.removeEventListener('fullscreenchange', look)
  }, [element])
  if (!document.fullscreenEnabled) return null
  // A browser that refuses leaves everything as it was.
  const toggle = () =>
    (full ? document.exitFullscreen() : element.current?.requestFullscreen())?.catch(
      () => undefined,
    )
  return (
    <button type="button" aria-pressed={full} onClick={() => void toggle()}>
      <Icon name="expand" /> {t('fullscreen')}
    </button>
  )
}
