import type { CSSProperties, ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Box, IdentifiedFace } from '../api/types.ts'
import { faceLabel } from './face-texts.ts'
import './face-overlay.css'

/** A face on screen; `key` stays the same while the face is on it. */
export interface ShownFace {
  readonly key: number
  readonly face: IdentifiedFace
}

/** Joins the boxes with the lines of a list: either lights the other. */
export interface FaceLight {
  /** The face that is pointed at, in the picture or in the list. */
  readonly lit: number | undefined
  readonly onLight: (key: number | undefined) => void
  readonly chosen: number | undefined
  readonly onChoose: (key: number) => void
}

interface FaceOverlayProps {
  readonly faces: readonly ShownFace[]
  /** Size of the image that the boxes refer to, pixels. */
  readonly width: number
  readonly height: number
  /** The picture below is shown as in a mirror; the labels stay readable. */
  readonly mirrored?: boolean
  /** Numbers the boxes as the list of faces does. */
  readonly numbered?: boolean
  /** Makes each box a button. Without it they are hidden from screen readers, which have the list. */
  readonly light?: FaceLight
}

/** Boxes with names over a picture; fills its positioned parent. */
export function FaceOverlay(props: FaceOverlayProps): ReactNode {
  const { faces, width, height, mirrored = false, light } = props
  return (
    <div className="overlay" aria-hidden={light === undefined}>
      {faces.map((shown, index) => {
        const box = clip(shown.face.box, width, height)
        const left = mirrored ? width - box.x - box.width : box.x
        const place: CSSProperties & { '--top': number } = {
          left: percent(left / width),
          top: percent(box.y / height),
          width: percent(box.width / width),
          height: percent(box.height / height),
          // The label is above the box, but not outside of the picture.
          '--top': (box.y / height) * 100,
        }
        return (
          <FaceBox
            key={shown.key}
            shown={shown}
            place={place}
            number={props.numbered ? index + 1 : undefined}
            // Far to the right the label grows to the left.
            toLeft={left / width > 0.6}
            light={light}
          />
        )
      })}
    </div>
  )
}

interface FaceBoxProps {
  readonly shown: ShownFace
  readonly place: CSSProperties
  readonly number: number | undefined
  readonly toLeft: boolean
  readonly light: FaceLight | undefined
}

function FaceBox({ shown: { key, face }, place, number, toLeft, light }: FaceBoxProps): ReactNode {
  const t = useTranslations('faces')
  const isNamed = face.decision === 'match' || face.decision === 'possible'
  const similarity = isNamed ? face.candidates[0]?.similarity : undefined
  const label = (
    <span className={toLeft ? 'overlay-label to-left' : 'overlay-label'}>
      {number !== undefined && <span className="overlay-number">{number}</span>}
      <bdi>{faceLabel(t, face)}</bdi>
      {light === undefined && similarity !== undefined && <small>{similarity.toFixed(2)}</small>}
    </span>
  )
  if (light === undefined) {
    return (
      <div className={`overlay-box ${face.decision}`} style={place}>
        {label}
      </div>
    )
  }
  const { lit, chosen, onLight, onChoose } = light
  const state = `${lit === key ? ' lit' : ''}${chosen === key ? ' chosen' : ''}`
  return (
    <button
      type="button"
      className={`overlay-box ${face.decision}${state}`}
      style={place}
      aria-pressed={chosen === key}
      onPointerEnter={() => onLight(key)}
      onPointerLeave={() => onLight(undefined)}
      onFocus={() => onLight(key)}
      onBlur={() => onLight(undefined)}
      onClick={() => onChoose(key)}
    >
      {label}
    </button>
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
