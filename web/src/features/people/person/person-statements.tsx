import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { cropOptions } from '../../../shared/api/faces.ts'
import { personOptions } from '../../../shared/api/persons.ts'
import { revokeStatement, statementsOptions, stateOfFace } from '../../../shared/api/statements.ts'
import type { Person, Statement } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { CropPhoto } from '../../../shared/photos/crop-photo.tsx'

/** What was said of faces: that they are this person, or are not. Each can be taken back. */
export function PersonStatements({ person }: { readonly person: Person }): ReactNode {
  return (
    <div className="person-part">
      <StatementList person={person} kind="rejections" />
      <StatementList person={person} kind="confirmations" />
    </div>
  )
}

/** The picture of what was said something of, where one is kept. */
function StatedPhoto({ statement }: { readonly statement: Statement }): ReactNode {
  const t = useTranslations('person')
  const app = useApp()
  const { faceId, facePersonId, hasCrop } = statement
  if (faceId === undefined || facePersonId === undefined || !hasCrop) return null
  return <CropPhoto crop={cropOptions(app, facePersonId, faceId)} hasCrop label={t('statedFace')} />
}

/** Of what it was said; a photograph of somebody else leads to that person. */
function StatedOf({ statement }: { readonly statement: Statement }): ReactNode {
  const t = useTranslations('person')
  const { personId, facePersonId, hasCrop } = statement
  if (facePersonId === undefined) return <span>{t('statedImage')}</span>
  return (
    <>
      <span>{t(hasCrop ? 'statedFace' : 'statedFaceWithoutPhoto')}</span>
      {facePersonId !== personId && (
        <span>
          {t.rich('statedFaceOf', { person: () => <NameOf key="name" id={facePersonId} /> })}
        </span>
      )}
    </>
  )
}

function NameOf({ id }: { readonly id: string }): ReactNode {
  const { data: person } = useQuery({ ...personOptions(useApp(), id), retry: false })
  return (
    <Link to="/people/$person" params={{ person: id }}>
      <bdi>{person?.name ?? '…'}</bdi>
    </Link>
  )
}

function StatementList({
  person,
  kind,
}: {
  readonly person: Person
  readonly kind: 'confirmations' | 'rejections'
}): ReactNode {
  const t = useTranslations('person')
  const shared = useTranslations('shared')
  const app = useApp()
  const { name } = person
  const list = useQuery(statementsOptions(app, person.id, kind))
  const { data: statements } = list
  const revoke = useChange({
    send: (statement: Statement) => revokeStatement(app, statement),
    done: () => t('revoked'),
    // What was said of an image cannot be said again without it.
    undo: (_answer, { faceId }) =>
      faceId === undefined
        ? undefined
        : () => stateOfFace(app, kind, { person: person.id, faceId }),
  })
  const titleId = `${kind}-title`
  return (
    <section aria-labelledby={titleId}>
      <div>
        <h2 id={titleId}>{t(`statements.${kind}`, { name })}</h2>
        <p className="muted">{t(`statementsText.${kind}`, { name })}</p>
      </div>
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      {statements === undefined && !list.error && <p className="muted">{shared('loading')}</p>}
      {statements?.length === 0 && <p className="muted">{t(`noStatements.${kind}`)}</p>}
      <ul className="statements" aria-labelledby={titleId}>
        {statements?.map((statement) => (
          <li key={statement.id} className="statement">
            <StatedPhoto statement={statement} />
            <span className="statement-text">
              <StatedOf statement={statement} />
              <span className="muted">
                {t('statedBy', {
                  date: new Date(statement.createdAt),
                  actor: shared(`actors.${statement.createdBy.kind}`, {
                    name: statement.createdBy.name,
                  }),
                })}
                {!statement.inForce && ` ${t('notInForce')}`}
              </span>
            </span>
            <button
              type="button"
              className="small"
              disabled={revoke.isPending}
              onClick={() => revoke.run(statement)}
            >
              {t('revoke')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
