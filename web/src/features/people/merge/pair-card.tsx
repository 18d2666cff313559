import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../../shared/api/collections.ts'
import type { MergeSuggestion } from '../../../shared/api/examination.ts'
import { cropOptions } from '../../../shared/api/faces.ts'
import { revokeStatement, stateOfFace } from '../../../shared/api/statements.ts'
import type { Person } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { usePair } from '../../../shared/examination/use-pair.ts'
import { Icon } from '../../../shared/icons.tsx'
import { CropPhoto } from '../../../shared/photos/crop-photo.tsx'
import { rateText } from '../../../shared/rates.ts'
import { MergeDialog } from './merge-dialog.tsx'

/** Two persons who may be one, with their nearest photographs, and what somebody says about it. */
export function PairCard({ pair }: { readonly pair: MergeSuggestion }): ReactNode {
  const t = useTranslations('merge')
  const shared = useTranslations('shared')
  const app = useApp()
  const [first] = pair.personIds
  const [firstFace, secondFace] = pair.faceIds
  const { persons, isDecided } = usePair(pair)
  const [isMerging, setMerging] = useState(false)
  const differ = useChange({
    send: () => stateOfFace(app, 'rejections', { person: first, faceId: secondFace }),
    done: () =>
      t('nowDifferent', { first: persons?.[0].name ?? '', second: persons?.[1].name ?? '' }),
    undo: (statement) => () => revokeStatement(app, statement),
  })
  // One of them was merged or deleted since the pairs were looked for.
  if (persons === undefined) return null
  const [a, b] = persons
  const names = { first: a.name, second: b.name }
  return (
    <li className="pair" data-decided={isDecided}>
      <PairPerson person={a} faceId={firstFace} />
      <PairPerson person={b} faceId={secondFace} />
      <div className="pair-text">
        <p>{t('alike', { rate: rateText(shared, pair.rate) })}</p>
        {!isDecided ? (
          <div className="pair-actions">
            <button
              type="button"
              className="primary"
              aria-label={t('samePair', names)}
              onClick={() => setMerging(true)}
            >
              <Icon name="merge" /> {t('same')}
            </button>
            <button
              type="button"
              aria-label={t('differentPair', names)}
              disabled={differ.isPending}
              onClick={() => differ.run(undefined)}
            >
              <Icon name="cross" /> {t('different')}
            </button>
          </div>
        ) : (
          <p className="muted">{t('saidDifferent')}</p>
        )}
      </div>
      {isMerging && (
        <MergeDialog
          ids={pair.personIds}
          onClose={() => setMerging(false)}
          onMerged={() => setMerging(false)}
        />
      )}
    </li>
  )
}

function PairPerson({
  person,
  faceId,
}: {
  readonly person: Person
  readonly faceId: string
}): ReactNode {
  const t = useTranslations('merge')
  const app = useApp()
  const { data: details } = useQuery(collectionOptions(app))
  return (
    <Link className="pair-person" to="/people/$person" params={{ person: person.id }}>
      <CropPhoto
        crop={cropOptions(app, person.id, faceId)}
        hasCrop={details?.storeCrops === true}
        label={t('nearestFace', { name: person.name })}
      />
      <bdi>{person.name}</bdi>
    </Link>
  )
}
