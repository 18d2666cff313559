import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { confirmationsOptions } from '../../shared/api/statements.ts'
import type { Identification, IdentifiedFace } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import type { ShownFace } from '../../shared/faces/face-overlay.tsx'
import { useToasts } from '../../shared/feedback/toasts.ts'
import { KeyChoiceBox, useKeyChoice } from '../../shared/keyboard/key-choice.tsx'
import { KeyHint } from '../../shared/keyboard/key-hint.tsx'
import { useKeys } from '../../shared/keyboard/use-keys.ts'
import type { PersonChoice } from '../../shared/persons/person-choice.ts'
import { PersonPicker } from '../../shared/persons/person-picker.tsx'
import type { ProbePhoto } from '../../shared/photos/probe-photo.ts'
import { CandidateList } from './candidate-list.tsx'
import { RejectedPerson } from './rejected-person.tsx'
import { type FaceAndPerson, useFaceChanges } from './use-face-changes.ts'
import { useFaceImage } from './use-face-image.ts'

type Candidate = IdentifiedFace['candidates'][number]

interface FaceWorkProps {
  readonly photo: ProbePhoto
  readonly result: Identification
  readonly shown: ShownFace
  readonly onNext: () => void
  readonly onSaid: () => void
}

/** A face beside those whom it resembles, and what can be said of it. */
export function FaceWork({ photo, result, shown, onNext, onSaid }: FaceWorkProps): ReactNode {
  const t = useTranslations('identify')
  const app = useApp()
  const toasts = useToasts()
  const changes = useFaceChanges()
  const keys = useKeyChoice()
  const [asking, setAsking] = useState(false)
  const { face } = shown
  const { image, load } = useFaceImage(photo, result, shown.key)
  const isComparable = face.decision !== 'undetermined'
  const isNamed = face.decision === 'match' || face.decision === 'possible'
  const best = isNamed ? face.candidates[0] : undefined
  const confirmations = useQuery({
    ...confirmationsOptions(app, best?.personId ?? ''),
    enabled: best !== undefined,
  })
  const confirmed = confirmations.data?.find(
    ({ imageHash }) => image?.hash !== undefined && imageHash === image.hash,
  )
  const isBusy = changes.confirm.isPending || changes.reject.isPending || changes.enroll.isPending

  /** Does something with the picture of the face, or says why there is none. */
  async function withImage(act: (sent: Blob) => void): Promise<void> {
    if (isBusy) return
    const { sent } = await load()
    if (sent === undefined) toasts.show({ kind: 'bad', text: t('noCut') })
    else act(sent)
  }
  const about = (candidate: Candidate, sent: Blob): FaceAndPerson => ({
    image: sent,
    person: { id: candidate.personId, name: candidate.personName },
  })
  const confirm = (candidate: Candidate) =>
    void withImage((sent) => {
      changes.confirm.run(about(candidate, sent))
      onSaid()
    })
  const reject = (candidate: Candidate) =>
    void withImage((sent) => {
      changes.reject.run(about(candidate, sent))
      onSaid()
    })
  const ask = () => setAsking(true)
  function enroll(choice: PersonChoice): void {
    setAsking(false)
    void withImage((sent) => {
      changes.enroll.run({ image: sent, fileName: photo.name, choice })
      onSaid()
    })
  }

  useKeys(
    {
      c: best && !confirmed ? () => void confirm(best) : undefined,
      x: best ? () => void reject(best) : undefined,
      e: isComparable ? ask : undefined,
      n: onNext,
    },
    keys.enabled,
  )

  return (
    <div className="face-work">
      <CandidateList face={face} cut={image?.cut} onAdd={(other) => enroll(toChoice(other))} />
      {face.suppressed?.map((one) => (
        <RejectedPerson
          key={one.rejectionId}
          personId={one.personId}
          onTakeBack={(name) =>
            void withImage((sent) => {
              const statement = {
                id: one.rejectionId,
                kind: 'rejection' as const,
                personId: one.personId,
              }
              changes.takeBack.run({ statement, name, image: sent })
              onSaid()
            })
          }
        />
      ))}
      {best && confirmed && (
        <p className="face-said">
          {t('confirmed', { name: best.personName })}
          <button
            type="button"
            className="small quiet"
            onClick={() =>
              void withImage((sent) => {
                changes.takeBack.run({ statement: confirmed, name: best.personName, image: sent })
                onSaid()
              })
            }
          >
            {t('takeBack')}
          </button>
        </p>
      )}
      <div className="face-actions">
        {best && !confirmed && (
          <KeyButton keyName="C" primary onPress={() => void confirm(best)}>
            {t('confirm', { name: best.personName })}
          </KeyButton>
        )}
        {best && (
          <KeyButton keyName="X" onPress={() => void reject(best)}>
            {t('reject', { name: best.personName })}
          </KeyButton>
        )}
        {isComparable && (
          <KeyButton keyName="E" primary={!best} onPress={ask}>
            {t('enroll')}
          </KeyButton>
        )}
        <KeyButton keyName="N" onPress={onNext}>
          {t('next')}
        </KeyButton>
      </div>
      <KeyChoiceBox choice={keys} />
      {asking && (
        <PersonPicker
          title={t('whoIsIt')}
          allowNew
          suggestions={face.candidates.map((candidate) => ({
            id: candidate.personId,
            name: candidate.personName,
            faceId: candidate.faceId,
            note: t('looksAlike'),
          }))}
          onCancel={() => setAsking(false)}
          onChoose={enroll}
        />
      )}
    </div>
  )
}

function toChoice({ personId: id, personName: name }: Candidate): PersonChoice {
  return { kind: 'person', person: { id, name } }
}

interface KeyButtonProps {
  readonly keyName: string
  readonly primary?: boolean
  readonly onPress: () => void
  readonly children: ReactNode
}

/** A button that shows the key that does the same. */
function KeyButton({ keyName, primary = false, onPress, children }: KeyButtonProps): ReactNode {
  return (
    <button
      type="button"
      className={primary ? 'primary' : ''}
      aria-keyshortcuts={keyName.toLowerCase()}
      onClick={onPress}
    >
      {children} <KeyHint>{keyName}</KeyHint>
    </button>
  )
}
