import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useApp } from '../app-context.ts'
import { whenSeen } from './when-seen.ts'

interface PhotoCanvasProps {
  readonly blob: Blob
  /** Without one it is decoration: what is beside it says what it shows. */
  readonly label?: string
  /** Longest side of the canvas, pixels. */
  readonly maxSide: number
  /** The user looks at this one: it does not wait for others. */
  readonly first?: boolean
}

/**
 * Shows an image file upright (EXIF orientation applied). A canvas, since an <img> would need blob:
 * in the content security policy.
 *
 * A photo of 12 megapixels takes 48 MB while it is decoded: hundreds at once would take the browser
 * down. So they are decoded when they come into sight, in turn, and only the small ones are kept.
 */
export function PhotoCanvas(props: PhotoCanvasProps): ReactNode {
  const { blob, label, maxSide, first = false } = props
  const t = useTranslations('shared')
  const { decoding } = useApp()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [unreadable, setUnreadable] = useState<Blob>()
  const isUnreadable = unreadable === blob
  useEffect(() => {
    const shown = canvas.current
    if (shown === null) return
    const gone = new AbortController()
    const { signal } = gone
    async function draw(to: HTMLCanvasElement): Promise<void> {
      const bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' })
      if (!signal.aborted) drawBitmap(to, bitmap, maxSide)
      bitmap.close()
    }
    async function drawInTurn(to: HTMLCanvasElement): Promise<void> {
      await whenSeen(to, signal)
      await decoding.run(() => draw(to), signal)
    }
    const drawn = first ? draw(shown) : drawInTurn(shown)
    drawn.catch(() => {
      if (!signal.aborted) setUnreadable(blob)
    })
    return () => gone.abort()
  }, [blob, maxSide, first, decoding])
  if (isUnreadable) {
    return (
      <div className="photo-missing" {...toImage(label)}>
        {t('photoMissing')}
      </div>
    )
  }
  return <canvas ref={canvas} className="photo" {...toImage(label)} />
}

function drawBitmap(canvas: HTMLCanvasElement, bitmap: ImageBitmap, maxSide: number): void {
  const scale = Math.min(1, maxSide / Math.max(bitmap.width, bitmap.height))
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  const context = canvas.getContext('2d')
  if (context) context.imageSmoothingQuality = 'high'
  context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
}

function toImage(label: string | undefined) {
  if (label === undefined) return { 'aria-hidden': true }
  return { role: 'img', 'aria-label': label }
}
