import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Notice } from '../../shared/feedback/notice.tsx'
import { PhotoCanvas } from '../../shared/photos/photo-canvas.tsx'
import { ShowMore, useFirstItems } from '../../shared/show-more.tsx'
import type { NamedPhotos, Selection } from './selection.ts'
import { useNamePreview } from './use-name-preview.ts'
import './selection-preview.css'

/** Persons that are shown at first: their photographs are drawn. */
const personsAtOnce = 24
const photosOfPerson = 3
/** Twice the shown size, for dense screens. */
const thumbnailSide = 128

/** Whom the photographs show, by their names, before anything is sent. */
export function SelectionPreview({ selection }: { readonly selection: Selection }): ReactNode {
  const t = useTranslations('addMany')
  const { source, leftOut } = selection
  const preview = useNamePreview(source)
  if (source.kind === 'archive') {
    const megabytes = source.archive.size / 1_000_000
    return <p>{t('archive', { name: source.archive.name, megabytes })}</p>
  }
  if (preview === undefined) return <p className="muted">{t('reading')}</p>
  const { persons, nameless, same = 0, isTableBad } = preview
  return (
    <div className="selection-preview">
      <p>
        <strong>{t('photosOf', { photos: preview.photos.length, persons: persons.length })}</strong>
        {leftOut > 0 && <span className="muted"> {t('leftOut', { count: leftOut })}</span>}
        {same > 0 && <span className="muted"> {t('same', { count: same })}</span>}
      </p>
      {isTableBad && <Notice kind="warning">{t('badTable')}</Notice>}
      {nameless.length > 0 && (
        <Notice kind="warning">{t('nameless', { count: nameless.length })}</Notice>
      )}
      <Persons persons={persons} />
    </div>
  )
}

function Persons({ persons }: { readonly persons: readonly NamedPhotos[] }): ReactNode {
  const t = useTranslations('addMany')
  const { shown, list } = useFirstItems(persons, personsAtOnce)
  return (
    <>
      <ul className="named-photos" aria-label={t('persons')}>
        {shown.map(({ name, photos }) => (
          <li key={name}>
            <span className="named-photos-row">
              {photos.slice(0, photosOfPerson).map(({ path, file }) => (
                <PhotoCanvas key={path} blob={file} label={path} maxSide={thumbnailSide} />
              ))}
            </span>
            <bdi className="named-photos-name">{name}</bdi>
            <span className="muted">{t('photos', { count: photos.length })}</span>
          </li>
        ))}
      </ul>
      <ShowMore list={list} />
    </>
  )
}
