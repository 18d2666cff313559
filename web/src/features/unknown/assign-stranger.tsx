import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type Assignment, strangerSuggestionsOptions } from '../../shared/api/strangers.ts'
import type { Stranger, StrangerSuggestion } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { KeyHint } from '../../shared/keyboard/key-hint.tsx'
import { useKeys } from '../../shared/keyboard/use-keys.ts'
import type { PersonChoice } from '../../shared/persons/person-choice.ts'
import { PersonPicker, preparePersonPicker } from '../../shared/persons/person-picker.tsx'
import { FacePhoto } from '../../shared/photos/face-photo.tsx'
import { rateText } from '../../shared/rates.ts'
import { CoverPhoto } from './sighting-photo.tsx'

interface AssignStrangerProps {
  readonly stranger: Stranger
  readonly hasKeys: boolean
  readonly onAssign: (assignment: Assignment) => void
}

/** Says who a stranger is: by a suggestion, by somebody who is enrolled, or by a new name. */
export function AssignStranger({ stranger, hasKeys, onAssign }: AssignStrangerProps): ReactNode {
  const t = useTranslations('unknown')
  const shared = useTranslations('shared')
  const suggestions = useQuery(strangerSuggestionsOptions(useApp(), stranger.id))
  const [asking, setAsking] = useState(false)
  useEffect(() => void preparePersonPicker().catch(() => undefined), [])
  const take = (suggestion: StrangerSuggestion | undefined) =>
    suggestion && (() => onAssign({ personId: suggestion.personId }))
  const [first, second, third] = suggestions.data ?? []
  useKeys({ a: () => setAsking(true), 1: take(first), 2: take(second), 3: take(third) }, hasKeys)

  return (
    <div className="assign-stranger">
      {suggestions.data?.map((suggestion, index) => (
        <Suggestion
          key={suggestion.personId}
          suggestion={suggestion}
          number={index + 1}
          onTake={() => onAssign({ personId: suggestion.personId })}
        />
      ))}
      <button
        type="button"
        className="primary wide"
        aria-keyshortcuts="A"
        onClick={() => setAsking(true)}
      >
        {t('sayWho')} <KeyHint>A</KeyHint>
      </button>
      {asking && (
        <PersonPicker
          title={t('whoIsIt')}
          allowNew
          suggestions={(suggestions.data ?? []).map((one) => ({
            id: one.personId,
            name: one.personName,
            faceId: one.faceId,
            note: t('rate', { rate: rateText(shared, one.rate, one.rateExtrapolated) }),
          }))}
          onCancel={() => setAsking(false)}
          onChoose={(choice) => {
            setAsking(false)
            onAssign(toAssignment(choice))
          }}
        >
          <CoverPhoto coverId={stranger.coverId} />
        </PersonPicker>
      )}
    </div>
  )
}

function toAssignment(choice: PersonChoice): Assignment {
  if (choice.kind === 'person') return { personId: choice.person.id }
  // Who was made since the list was loaded is told, and nobody is made twice.
  return { name: choice.name, ifExists: choice.hasNamesake ? 'create' : 'refuse' }
}

interface SuggestionProps {
  readonly suggestion: StrangerSuggestion
  readonly number: number
  readonly onTake: () => void
}

function Suggestion({ suggestion, number, onTake }: SuggestionProps): ReactNode {
  const t = useTranslations('unknown')
  const shared = useTranslations('shared')
  const { personId, personName: name, faceId, rate, rateExtrapolated } = suggestion
  return (
    <div className="suggestion">
      <FacePhoto person={{ id: personId, name }} faceId={faceId} />
      <div className="suggestion-text">
        <p className="suggestion-name">{t('looksLike', { name })}</p>
        <p className="muted">{t('rate', { rate: rateText(shared, rate, rateExtrapolated) })}</p>
      </div>
      <button type="button" aria-keyshortcuts={String(number)} onClick={onTake}>
        {t('itIs', { name })} <KeyHint>{String(number)}</KeyHint>
      </button>
    </div>
  )
}
