import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { MissedFace } from '../../../shared/examination/findings.ts'
import { PersonLink } from '../../../shared/persons/person-link.tsx'
import { ShowMore, useFirstItems } from '../../../shared/show-more.tsx'

const few = 10

/** Faces that nobody would be found by, and who was nearest. */
export function MissedFaces({ faces }: { readonly faces: readonly MissedFace[] }): ReactNode {
  const t = useTranslations('examination.leftOut')
  const { shown, list } = useFirstItems(faces, few)
  if (faces.length === 0) return null
  return (
    <div className="panel">
      <h2>{t('table')}</h2>
      <table className="data-table">
        <caption className="visually-hidden">{t('table')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('face')}</th>
            <th scope="col">{t('outcome')}</th>
            <th scope="col">{t('nearest')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ faceId, personId, outcome, nearest }) => (
            <tr key={faceId}>
              <th scope="row">
                <PersonLink personId={personId} faceId={faceId} />
              </th>
              <td>{t(outcome === 'missed' ? 'missedOne' : 'misnamedOne')}</td>
              <td>
                {nearest && (
                  <>
                    <PersonLink personId={nearest.personId} faceId={nearest.faceId} />{' '}
                    <span className="muted">{nearest.similarity.toFixed(2)}</span>
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <ShowMore list={list} />
    </div>
  )
}
