import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { personOptions } from '../../shared/api/persons.ts'
import { useApp } from '../../shared/app-context.ts'

interface RejectedPersonProps {
  readonly personId: string
  readonly onTakeBack: (name: string) => void
}

/** Somebody who is not named because somebody said so, and the way to take that back. */
export function RejectedPerson({ personId, onTakeBack }: RejectedPersonProps): ReactNode {
  const t = useTranslations('identify')
  const { data: person } = useQuery(personOptions(useApp(), personId))
  if (person === undefined) return null
  return (
    <p className="face-said">
      {t('rejected', { name: person.name })}
      <button type="button" className="small quiet" onClick={() => onTakeBack(person.name)}>
        {t('takeBack')}
      </button>
    </p>
  )
}
