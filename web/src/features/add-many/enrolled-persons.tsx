import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { jobItemsOptions } from '../../shared/api/jobs.ts'
import { personOptions } from '../../shared/api/persons.ts'
import { asProblem } from '../../shared/api/problem.ts'
import type { Job } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { hasEnded } from '../../shared/jobs/use-job.ts'
import { PersonPhoto } from '../../shared/photos/person-photo.tsx'
import { ShowMore } from '../../shared/show-more.tsx'
import { type EnrolledPerson, toPersons } from './bulk-job-data.ts'
import { TakeBack } from './take-back.tsx'
import './enrolled-persons.css'

interface EnrolledPersonsProps {
  readonly job: Job
  readonly isDryRun: boolean
}

/** Who got photographs by a job that has ended, or would get them. */
export function EnrolledPersons({ job, isDryRun }: EnrolledPersonsProps): ReactNode {
  const t = useTranslations('addMany')
  const { api } = useApp()
  const list = useInfiniteQuery({
    ...jobItemsOptions(api, job.id, { rejected: false }),
    enabled: hasEnded(job),
  })
  const persons = toPersons(list.data?.pages.flatMap(({ items }) => items) ?? [])
  if (persons.length === 0) return <ProblemNotice error={list.error} />
  return (
    <div className="panel">
      <div className="view-head">
        <h2 id="enrolled-title">{t(isDryRun ? 'wouldBe' : 'people')}</h2>
        {!isDryRun && (
          <Link className="button" to="/people">
            {t('allPeople')}
          </Link>
        )}
      </div>
      {!isDryRun && <TakeBack job={job} />}
      <ul className="enrolled-persons" aria-labelledby="enrolled-title">
        {persons.map((person) => (
          <li key={person.id ?? person.name}>
            <Enrolled person={person} />
          </li>
        ))}
      </ul>
      <ShowMore list={list} />
    </div>
  )
}

function Enrolled({ person }: { readonly person: EnrolledPerson }): ReactNode {
  const t = useTranslations('addMany')
  const shared = useTranslations('shared')
  const { id = '', name, isNew, photos, alike } = person
  const stored = useQuery({ ...personOptions(useApp(), id), enabled: id !== '', retry: false })
  const isGone = stored.error !== null && asProblem(stored.error).code === 'personNotFound'
  return (
    <>
      <PersonPhoto person={{ id, name, shownFaceId: stored.data?.shownFaceId }} />
      <span className="enrolled-text">
        {id === '' || isGone ? (
          <bdi>{name}</bdi>
        ) : (
          <Link to="/people/$person" params={{ person: id }}>
            <bdi>{name}</bdi>
          </Link>
        )}
        <span className="muted">
          {t('photos', { count: photos })}
          {isGone ? ` · ${shared('personGone')}` : isNew && ` · ${t('isNew')}`}
        </span>
        {alike.length > 0 && (
          <span className="warning">{t('alike', { names: alike.join(', ') })}</span>
        )}
      </span>
    </>
  )
}
