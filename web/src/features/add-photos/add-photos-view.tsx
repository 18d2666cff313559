import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { personOptions } from '../../shared/api/persons.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { RegistrationForm } from './registration-form.tsx'

const route = getRouteApi('/add-photos')

/** Registers a new person, or adds photos to the person that the address names. */
export function AddPhotosView(): ReactNode {
  const { person } = route.useSearch()
  return person === undefined ? <NewPerson /> : <KnownPerson key={person} id={person} />
}

function NewPerson(): ReactNode {
  const [round, setRound] = useState(0)
  return <RegistrationForm key={round} existing={undefined} onAgain={() => setRound(round + 1)} />
}

function KnownPerson({ id }: { readonly id: string }): ReactNode {
  const t = useTranslations('addPhotos')
  const shared = useTranslations('shared')
  const navigate = route.useNavigate()
  const person = useQuery(personOptions(useApp(), id))
  if (person.data === undefined) {
    return (
      <section>
        <h1 tabIndex={-1}>{t('title')}</h1>
        {person.isPending && <p className="muted">{shared('loading')}</p>}
        <ProblemNotice error={person.error} onRetry={() => void person.refetch()} />
      </section>
    )
  }
  return (
    <RegistrationForm
      existing={person.data}
      onAgain={() => void navigate({ search: ({ person: _person, ...others }) => others })}
    />
  )
}
