import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import {
  restoreFaces,
  setAsideCropOptions,
  setAsideOptions,
} from '../../../shared/api/set-aside.ts'
import type { Person } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { CropPhoto } from '../../../shared/photos/crop-photo.tsx'
import { ShowMore } from '../../../shared/show-more.tsx'

/** The photographs that are kept and not compared with; each can be put back. */
export function SetAsideFaces({ person }: { readonly person: Person }): ReactNode {
  const t = useTranslations('person')
  const app = useApp()
  const list = useInfiniteQuery(setAsideOptions(app, person.id))
  const faces = list.data?.pages.flatMap(({ items }) => items) ?? []
  const putBack = useChange({
    send: (faceIds: readonly string[]) => restoreFaces(app, person.id, faceIds),
    done: ({ faces: outcomes }) =>
      t('putBackDone', { count: outcomes.filter(({ outcome }) => outcome === 'restored').length }),
    undo: ({ entryId }) => entryId,
  })
  if (faces.length === 0) return null
  return (
    <section className="set-aside" aria-labelledby="set-aside-title">
      <div className="view-head">
        <div>
          <h2 id="set-aside-title">{t('asideTitle', { count: faces.length })}</h2>
          <p className="muted">{t('asideText')}</p>
        </div>
        <button
          type="button"
          disabled={putBack.isPending}
          onClick={() => putBack.run(faces.map(({ id }) => id))}
        >
          {t('putAllBack')}
        </button>
      </div>
      <ul className="set-aside-list" aria-labelledby="set-aside-title">
        {faces.map((face, index) => (
          <li key={face.id} className="face-card">
            <CropPhoto
              crop={setAsideCropOptions(app, person.id, face.id)}
              hasCrop={face.hasCrop}
              label={t('faceOf', { name: person.name, date: new Date(face.createdAt) })}
            />
            <button
              type="button"
              className="small"
              aria-label={t('putBackNumber', { number: index + 1 })}
              disabled={putBack.isPending}
              onClick={() => putBack.run([face.id])}
            >
              {t('putBack')}
            </button>
          </li>
        ))}
      </ul>
      <ShowMore list={list} />
    </section>
  )
}
