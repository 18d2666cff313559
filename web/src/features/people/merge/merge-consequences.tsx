import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Person, PersonsMerged } from '../../../shared/api/types.ts'

interface MergeConsequencesProps {
  /** The server's answer to a merge that changes nothing; undefined until it is there. */
  readonly plan: PersonsMerged | undefined
  readonly persons: readonly Person[]
}

/** What a merge would do, in sentences. */
export function MergeConsequences({ plan, persons }: MergeConsequencesProps): ReactNode {
  const t = useTranslations('merge')
  const shared = useTranslations('shared')
  if (plan === undefined) return <p className="muted">{shared('loading')}</p>
  const { person, merged, movedFaces, sameImageFaces, lost } = plan
  const nameOf = (id: string) => persons.find((one) => one.id === id)?.name ?? id
  return (
    <div className="merge-consequences" aria-live="polite">
      <p>{t('consequences')}</p>
      <ul>
        <li>{t('moved', { name: person.name, count: movedFaces })}</li>
        <li>
          {t('gone', { names: merged.map(({ name }) => name).join(', '), count: merged.length })}
        </li>
        {person.aliases.length > 0 && <li>{t('aliases', { names: person.aliases.join(', ') })}</li>}
        {sameImageFaces.length > 0 && <li>{t('sameImage', { count: sameImageFaces.length })}</li>}
        {lost.map(({ personId, field, value }) => (
          <li key={`${personId} ${field}`} className="warning">
            {t('lost', { name: nameOf(personId), field, value: toText(value) })}
          </li>
        ))}
      </ul>
      <p className="muted">{t('undoable')}</p>
    </div>
  )
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
