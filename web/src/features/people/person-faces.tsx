import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { deleteFace, facesOptions } from '../../shared/api/faces.ts'
import type { Face, Person } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { ConfirmDialog } from '../../shared/dialog/confirm-dialog.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'

/** The faces of a person, each of which can be deleted. */
export function PersonFaces({ person }: { readonly person: Person }): ReactNode {
  const t = useTranslations('people')
  const shared = useTranslations('shared')
  const { name } = person
  const app = useApp()
  const list = useInfiniteQuery(facesOptions(app, person.id))
  const faces = list.data?.pages.flatMap(({ items }) => items)
  const [deleting, setDeleting] = useState<Face>()
  const remove = useChange({
    send: (face: Face) => deleteFace(app, person.id, face.id),
    done: () => t('faceDeleted', { name }),
    undo: () => ({ person: person.id, kind: 'faceDeleted' }),
  })

  return (
    <>
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      <ul className="faces">
        {faces === undefined && !list.error && <li className="muted">{shared('loading')}</li>}
        {faces?.length === 0 && <li className="muted">{t('noFace')}</li>}
        {faces?.map((face, index) => (
          <li key={face.id}>
            <span>{t('face', { number: index + 1, date: new Date(face.createdAt) })}</span>
            <span className="muted">
              {face.quality
                ? t('faceSize', { px: Math.round(face.quality.sizePx) })
                : t('withoutImage')}
            </span>
            <button
              type="button"
              className="small quiet"
              aria-label={t('deleteFace', { number: index + 1, name })}
              onClick={() => setDeleting(face)}
            >
              {shared('delete')}
            </button>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <button type="button" className="wide" onClick={() => void list.fetchNextPage()}>
          {shared('showMore')}
        </button>
      )}
      {deleting && (
        <ConfirmDialog
          title={t('deleteFaceTitle', { name })}
          onCancel={() => setDeleting(undefined)}
          onConfirm={async () => {
            await remove.runAsync(deleting).catch(() => undefined)
            setDeleting(undefined)
          }}
        >
          {person.faceCount === 1 ? t('deleteLastFaceText') : t('deleteFaceText')}
        </ConfirmDialog>
      )}
    </>
  )
}
