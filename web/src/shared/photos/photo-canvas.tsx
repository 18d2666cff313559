import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'

interface PhotoCanvasProps {
  readonly blob: Blob
  /** Without one it is decoration: what is beside it says what it shows. */
  readonly label?: string
  /** Longest side of the canvas, pixels. */
  readonly maxSide: number
}

/**
 * Shows an image file upright (EXIF orientation applied). A canvas, since an <img> would need blob:
 * in the content security policy.
 */
export function PhotoCanvas({ blob, label, maxSide }: PhotoCanvasProps): ReactNode {
  const t = useTranslations('shared')
  const canvas = useRef<HTMLCanvasElement>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let gone = false
    setFailed(false)
    async function draw(): Promise<void> {
      const bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' })
      if (!gone && canvas.current) {
        const scale = Math.min(1, maxSide / Math.max(bitmap.width, bitmap.height))
        canvas.current.width = Math.max(1, Math.round(bitmap.width * scale))
        canvas.current.height = Math.max(1, Math.round(bitmap.height * scale))
        const context = canvas.current.getContext('2d')
        if (context) context.imageSmoothingQuality = 'high'
        context?.drawImage(bitmap, 0, 0, canvas.current.width, canvas.current.height)
      }
      bitmap.close()
    }
    draw().catch(() => {
      if (!gone) setFailed(true)
    })
    return () => {
      gone = true
    }
  }, [blob, maxSide])
  if (failed) {
    return (
      <div className="photo-missing" {...toImage(label)}>
        {t('photoMissing')}
      </div>
    )
  }
  return <canvas ref={canvas} className="photo" {...toImage(label)} />
}

function toImage(label: string | undefined) {
  if (label === undefined) return { 'aria-hidden': true }
  return { role: 'img', 'aria-label': label }
}
