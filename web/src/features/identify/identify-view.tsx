import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../shared/api/collections.ts'
import { createTurns } from '../../shared/api/turns.ts'
import { useApp } from '../../shared/app-context.ts'
import { Notice } from '../../shared/feedback/notice.tsx'
import { Icon } from '../../shared/icons.tsx'
import { DropZone } from '../../shared/photos/drop-zone.tsx'
import { createProbePhotos } from '../../shared/photos/probe-photo.ts'
import './identify.css'

const SnapshotCamera = lazy(async () => ({
  default: (await import('../../shared/camera/snapshot-camera.tsx')).SnapshotCamera,
}))

// The start page is there before a photo is: what works on photos comes with the first one.
const PhotoStrip = lazy(async () => ({
  default: (await import('./photo-strip.tsx')).PhotoStrip,
}))
const PhotoWork = lazy(async () => ({
  default: (await import('./photo-work.tsx')).PhotoWork,
}))

/** So many photos are at the server at once: it has other clients, too. */
const atOnce = 3

/** Finds out who is in photos: a strip of them, and the one that is looked at. */
export function IdentifyView(): ReactNode {
  const t = useTranslations('identify')
  const app = useApp()
  const { photos, setPhotos } = app
  const { data: details } = useQuery(collectionOptions(app))
  const [turns] = useState(() => createTurns(atOnce))
  const [stopped, setStopped] = useState(false)
  const [camera, setCamera] = useState(false)
  const [chosen, setChosen] = useState<string>()
  const [stepped, setStepped] = useState(false)
  const [taken, setTaken] = useState(1)
  const at = Math.max(
    0,
    photos.findIndex(({ id }) => id === chosen),
  )
  const photo = photos[at]

  function choose(id: string | undefined, byStep = false): void {
    setChosen(id)
    setStepped(byStep)
  }
  function add(files: readonly { readonly name: string; readonly blob: Blob }[]): void {
    const added = createProbePhotos(files)
    setPhotos((all) => [...all, ...added])
    setStopped(false)
    choose(added[0]?.id)
  }
  const addFiles = (files: readonly File[]) =>
    add(files.map((file) => ({ name: file.name, blob: file })))
  function remove(id: string): void {
    choose((photos[at + 1] ?? photos[at - 1])?.id)
    setPhotos((all) => all.filter((one) => one.id !== id))
  }

  return (
    <section aria-labelledby="identify-title">
      <div className="view-head">
        <div>
          <h1 id="identify-title" tabIndex={-1}>
            {t('title')}
          </h1>
          <p className="lead">{t('lead')}</p>
        </div>
        <div className="identify-sources">
          {photo && <DropZone compact multiple label={t('chooseMore')} onFiles={addFiles} />}
          <button type="button" aria-pressed={camera} onClick={() => setCamera(!camera)}>
            <Icon name="camera" /> {t('useCamera')}
          </button>
        </div>
      </div>
      {details?.faces === 0 && (
        <Notice
          kind="info"
          title={t('nobodyTitle')}
          actions={
            <Link className="button" to="/add-photos">
              {t('addSomeone')}
            </Link>
          }
        >
          {t('nobodyText')}
        </Notice>
      )}
      {camera && (
        <Suspense fallback={null}>
          <SnapshotCamera
            hint={t('cameraHint')}
            autoStart
            onStop={() => setCamera(false)}
            onSnapshot={(blob) => {
              add([{ name: t('snapshot', { number: taken }), blob }])
              setTaken(taken + 1)
              setCamera(false)
            }}
          />
        </Suspense>
      )}
      {photo === undefined ? (
        !camera && (
          <div className="stage">
            <DropZone multiple label={t('choose')} onFiles={addFiles} />
          </div>
        )
      ) : (
        <Suspense fallback={null}>
          <PhotoStrip
            photos={photos}
            chosen={photo.id}
            turns={turns}
            stopped={stopped}
            onStop={setStopped}
            onChoose={(id) => choose(id)}
            onClear={() => setPhotos([])}
          />
          <PhotoWork
            key={photo.id}
            photo={photo}
            turns={turns}
            stopped={stopped}
            focusFirst={stepped}
            onNext={photos[at + 1] && (() => choose(photos[at + 1]?.id, true))}
            onRemove={() => remove(photo.id)}
          />
        </Suspense>
      )}
    </section>
  )
}
