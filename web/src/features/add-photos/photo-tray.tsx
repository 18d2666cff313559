import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../../shared/icons.tsx'
import { PhotoCanvas } from '../../shared/photos/photo-canvas.tsx'
import type { PhotoState, TrayPhoto } from './use-registration.ts'
import './photo-tray.css'

/** Twice the shown size, for dense screens. */
const thumbnailSide = 192

interface PhotoTrayProps {
  readonly photos: readonly TrayPhoto[]
  readonly sending: boolean
  readonly onRemove: (id: number) => void
  readonly onLargest: (id: number) => void
}

/** The photos of a registration, each with what became of it. */
export function PhotoTray({ photos, sending, onRemove, onLargest }: PhotoTrayProps): ReactNode {
  const t = useTranslations('addPhotos')
  if (photos.length === 0) return <p className="muted">{t('none')}</p>
  return (
    <ul className="tray" aria-label={t('photos')}>
      {photos.map(({ id, photo, state }) => (
        <li key={id} className={`tray-item ${state.kind}`}>
          <PhotoCanvas blob={photo.blob} label={photo.name} maxSide={thumbnailSide} />
          <div className="tray-text" aria-live="polite">
            <p className="tray-name">{photo.name}</p>
            <PhotoStatus state={state} />
            {state.kind === 'rejected' && state.severalFaces && (
              <button
                type="button"
                className="small"
                disabled={sending}
                onClick={() => onLargest(id)}
              >
                {t('useLargest')}
              </button>
            )}
          </div>
          {state.kind !== 'registered' && (
            <button
              type="button"
              className="icon-button"
              aria-label={t('remove', { name: photo.name })}
              disabled={sending}
              onClick={() => onRemove(id)}
            >
              <Icon name="cross" />
            </button>
          )}
        </li>
      ))}
    </ul>
  )
}

function PhotoStatus({ state }: { readonly state: PhotoState }): ReactNode {
  const t = useTranslations('addPhotos')
  switch (state.kind) {
    case 'ready':
      return <p className="muted">{t('notSent')}</p>
    case 'sending':
      return <p className="muted">{t('sending')}</p>
    case 'registered':
      return (
        <>
          <p className="good">
            <Icon name="check" /> {state.alreadyEnrolled ? t('registeredBefore') : t('registered')}
          </p>
          {state.howRead && <p className="muted">{state.howRead}</p>}
          {state.warnings.map((warning) => (
            <p key={warning} className="warning">
              <Icon name="alert" /> {warning}
            </p>
          ))}
        </>
      )
    case 'rejected':
      return state.texts.map((text) => (
        <p key={text} className="bad">
          <Icon name="alert" /> {text}
        </p>
      ))
    case 'failed':
      return (
        <p className="bad">
          <Icon name="alert" /> {state.text}
        </p>
      )
  }
}
