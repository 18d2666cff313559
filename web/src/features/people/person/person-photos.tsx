import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { useTranslations } from 'use-intl'
import type { Face, Person } from '../../../shared/api/types.ts'
import { Notice } from '../../../shared/feedback/notice.tsx'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { ItemGrid } from '../../../shared/grid/item-grid.tsx'
import { keepOnly, selectionOf } from '../../../shared/grid/selection.ts'
import { useAddressSelection } from '../use-address-selection.ts'
import { FaceCard } from './face-card.tsx'
import { copiesOf } from './face-facts.ts'
import { FaceTools } from './face-tools.tsx'
import { parsePersonSearch } from './search.ts'
import { SetAsideFaces } from './set-aside-faces.tsx'
import { useFaceList } from './use-face-list.ts'

const route = getRouteApi('/people/$person')
const facePx = 160
const faceRowPx = 260

/** The photographs of a person, those that fit least first; some are chosen and corrected. */
export function PersonPhotos({ person }: { readonly person: Person }): ReactNode {
  const t = useTranslations('person')
  const { sort = 'outliers', selected = '' } = route.useSearch()
  const navigate = useNavigate({ from: '/people/$person' })
  const { faces, quality, error, isFetching } = useFaceList(person.id, sort)
  const [selection, select] = useAddressSelection(selected, (text) => {
    void navigate({
      search: ({ selected: _selected, ...others }) =>
        text === '' ? others : { ...others, selected: text },
      replace: true,
      resetScroll: false,
    })
  })
  // What was moved or deleted is not chosen any more.
  useEffect(() => {
    if (faces === undefined || isFetching) return
    const ids = new Set(faces.map(({ id }) => id))
    const kept = keepOnly(selection, (id) => ids.has(id))
    if (kept !== selection) select(kept)
  }, [faces, isFetching, selection, select])

  const outliers = quality?.faces.filter(({ outlier }) => outlier).map(({ faceId }) => faceId) ?? []
  const groups = [
    { key: 'outliers', ids: outliers },
    { key: 'copies', ids: quality ? copiesOf(quality) : [] },
    { key: 'redundant', ids: quality?.redundant ?? [] },
  ] as const
  return (
    <div className="person-part">
      <ProblemNotice error={error} />
      {quality?.advice !== undefined && (
        <Notice kind="info">
          {quality.weaknesses.map((weakness) => (
            <p key={weakness}>{t(`weakness.${weakness}`)}</p>
          ))}
        </Notice>
      )}
      {faces?.length === 0 && <p className="muted">{t('noFace')}</p>}
      {faces !== undefined && faces.length > 0 && (
        <>
          <div className="person-filters">
            <label className="inline-field">
              <span>{t('sortedBy')}</span>
              <select
                value={sort}
                onChange={(event) =>
                  void navigate({
                    search: (before) => parsePersonSearch({ ...before, sort: event.target.value }),
                    replace: true,
                    resetScroll: false,
                  })
                }
              >
                <option value="outliers">{t('sorts.outliers')}</option>
                <option value="best">{t('sorts.best')}</option>
                <option value="newest">{t('sorts.newest')}</option>
              </select>
            </label>
            {groups.map(
              ({ key, ids }) =>
                ids.length > 0 && (
                  <button
                    key={key}
                    type="button"
                    className="small"
                    onClick={() => select(selectionOf(ids))}
                  >
                    {t(`choose.${key}`, { count: ids.length })}
                  </button>
                ),
            )}
          </div>
          <FaceTools person={person} faces={faces} selection={selection} onSelect={select} />
          <ItemGrid<Face>
            label={t('photosOf', { name: person.name })}
            items={faces}
            columnPx={facePx}
            rowPx={faceRowPx}
            selectLabel={(face) =>
              t('selectFace', { number: faces.indexOf(face) + 1, name: person.name })
            }
            selection={selection}
            onSelect={select}
            isBusy={isFetching}
          >
            {(face) => <FaceCard face={face} person={person} quality={quality} />}
          </ItemGrid>
        </>
      )}
      <SetAsideFaces person={person} />
    </div>
  )
}
