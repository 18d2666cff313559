import type { CSSProperties, ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Box, IdentifiedFace } from '../../shared/api/types.ts'
import type { Texts } from '../../shared/text/texts.ts'
import type { TrackedFace } from './face-tracks.ts'
import './face-overlay.css'

interface FaceOverlayProps {
  readonly faces: readonly TrackedFace[]
  /** Size of the image that the boxes refer to, pixels. */
  readonly width: number
  readonly height: number
  /** The picture below is shown as in a mirror; the labels stay readable. */
  readonly mirrored?: boolean
  /** Numbers the boxes as the list of faces does. */
  readonly numbered?: boolean
}

/** Names a face in a few words. */
export function faceLabel(t: Texts<'identify'>, face: IdentifiedFace): string {
  if (face.decision === 'undetermined') return t('cannotTell')
  const name = face.candidates[0]?.personName
  if (name === undefined || face.decision === 'unknown') return t('unknown')
  return face.decision === 'match' ? name : t('maybe', { name })
}

/**
 * Boxes with names over a picture; fills its positioned parent. Hidden from screen readers, which
 * have the list.
 */
export function FaceOverlay({
  faces,
  width,
  height,
  mirrored = false,
  numbered = false,
}: FaceOverlayProps): ReactNode {
  const t = useTranslations('identify')
  return (
    <div className="overlay" aria-hidden="true">
      {faces.map(({ key, face }, index) => {
        const box = clip(face.box, width, height)
        const left = mirrored ? width - box.x - box.width : box.x
        const place: CSSProperties & { '--top': number } = {
          left: percent(left / width),
          top: percent(box.y / height),
          width: percent(box.width / width),
          height: percent(box.height / height),
          // The label is above the box, but not outside of the picture.
          '--top': (box.y / height) * 100,
        }
        // Far to the right it grows to the left.
        const labelClass = left / width > 0.6 ? 'overlay-label to-left' : 'overlay-label'
        const isNamed = face.decision === 'match' || face.decision === 'possible'
        const similarity = isNamed ? face.candidates[0]?.similarity : undefined
        return (
          <div key={key} className={`overlay-box ${face.decision}`} style={place}>
            <span className={labelClass}>
              {numbered && <span className="overlay-number">{index + 1}</span>}
              <bdi>{faceLabel(t, face)}</bdi>
              {similarity !== undefined && <small>{similarity.toFixed(2)}</small>}
            </span>
          </div>
        )
      })}
    </div>
  )
}

function clip(box: Box, width: number, height: number) {
  const x = Math.max(0, box.x)
  const y = Math.max(0, box.y)
  return {
    x,
    y,
    width: Math.min(width, box.x + box.width) - x,
    height: Math.min(height, box.y + box.height) - y,
  }
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(2)}%`
}
