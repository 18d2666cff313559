import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { moveFaces } from '../../../shared/api/corrections.ts'
import { cropOptions } from '../../../shared/api/faces.ts'
import { personOptions } from '../../../shared/api/persons.ts'
import type { Face, FacesMoved, Person } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { Dialog } from '../../../shared/dialog/dialog.tsx'
import type { PersonChoice } from '../../../shared/persons/person-choice.ts'
import { PersonPicker } from '../../../shared/persons/person-picker.tsx'
import { CropPhoto } from '../../../shared/photos/crop-photo.tsx'
import { PersonPhoto } from '../../../shared/photos/person-photo.tsx'

/** More photographs are counted. */
const mostShown = 8

interface MoveDialogProps {
  readonly person: Person
  readonly faces: readonly Face[]
  readonly onClose: () => void
  readonly onMoved: () => void
}

/** Gives photographs to somebody else, or to somebody new: to whom, and then what that does. */
export function MoveDialog(props: MoveDialogProps): ReactNode {
  const { person, faces, onClose } = props
  const t = useTranslations('person')
  const [choice, setChoice] = useState<PersonChoice>()
  if (choice === undefined) {
    return (
      <PersonPicker
        title={t('moveTitle', { count: faces.length })}
        without={[person.id]}
        allowNew
        onCancel={onClose}
        onChoose={setChoice}
      >
        <FaceRow faces={faces} person={person} />
      </PersonPicker>
    )
  }
  const to = choice.kind === 'new' ? choice.name : choice.person.name
  return (
    <Dialog title={t('moveTo', { name: to, count: faces.length })} onCancel={onClose}>
      <Consequences {...props} choice={choice} to={to} />
    </Dialog>
  )
}

function Consequences({
  person,
  faces,
  choice,
  to,
  onClose,
  onMoved,
}: MoveDialogProps & { readonly choice: PersonChoice; readonly to: string }): ReactNode {
  const t = useTranslations('person')
  const shared = useTranslations('shared')
  const app = useApp()
  const [removeEmptied, setRemoveEmptied] = useState(true)
  const left = person.faceCount - faces.length
  const move = useChange({
    send: (faceIds: readonly string[]) =>
      moveFaces(app, {
        faceIds: [...faceIds],
        removeEmptied: left === 0 && removeEmptied,
        ...(choice.kind === 'person'
          ? { personId: choice.person.id }
          : {
              newPerson: { name: choice.name, ifExists: choice.hasNamesake ? 'create' : 'refuse' },
            }),
      }),
    done: (answer) => movedText(t, answer),
    undo: ({ entryId }) => entryId,
    onDone: () => {
      onClose()
      onMoved()
    },
  })
  return (
    <>
      <FaceRow faces={faces} person={person} />
      {choice.kind === 'person' && <Receiver id={choice.person.id} count={faces.length} />}
      {choice.kind === 'new' && <p>{t('moveNew', { name: to, count: faces.length })}</p>}
      <p>{t('moveLeft', { name: person.name, count: left })}</p>
      {left === 0 && (
        <label className="check-field">
          <input
            type="checkbox"
            checked={removeEmptied}
            onChange={(event) => setRemoveEmptied(event.target.checked)}
          />
          <span>{t('removeEmptied', { name: person.name })}</span>
        </label>
      )}
      <p className="muted">{t('moveUndoable')}</p>
      <div className="dialog-actions">
        <button type="button" onClick={onClose}>
          {shared('cancel')}
        </button>
        <button
          type="button"
          className="primary"
          disabled={move.isPending}
          onClick={() => move.run(faces.map(({ id }) => id))}
        >
          {t('moveNow')}
        </button>
      </div>
    </>
  )
}

/** Who gets the photographs, with a picture, so that a namesake is noticed. */
function Receiver({ id, count }: { readonly id: string; readonly count: number }): ReactNode {
  const t = useTranslations('person')
  const { data: person } = useQuery(personOptions(useApp(), id))
  if (person === undefined) return null
  return (
    <p className="receiver">
      <PersonPhoto person={person} />
      <span>{t('moveReceiver', { name: person.name, count: person.faceCount, more: count })}</span>
    </p>
  )
}

function FaceRow({ faces, person }: Pick<MoveDialogProps, 'faces' | 'person'>): ReactNode {
  const t = useTranslations('person')
  const app = useApp()
  return (
    <div className="face-row">
      {faces.slice(0, mostShown).map((face) => (
        <CropPhoto
          key={face.id}
          crop={cropOptions(app, face.personId, face.id)}
          hasCrop={face.hasCrop}
          label={t('faceOf', { name: person.name, date: new Date(face.createdAt) })}
        />
      ))}
      {faces.length > mostShown && (
        <span>{t('moreFaces', { count: faces.length - mostShown })}</span>
      )}
    </div>
  )
}

function movedText(
  t: ReturnType<typeof useTranslations<'person'>>,
  { person, faces }: FacesMoved,
): string {
  const moved = faces.filter(({ outcome }) => outcome === 'moved').length
  const stayed = faces.length - moved
  return stayed === 0
    ? t('moved', { name: person.name, count: moved })
    : t('movedSome', { name: person.name, moved, stayed })
}
