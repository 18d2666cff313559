import { Link } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { NewPerson } from '../../shared/api/enroll.ts'
import { loadPersons } from '../../shared/api/persons.ts'
import { asProblem } from '../../shared/api/problem.ts'
import type { Person } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { SnapshotCamera } from '../../shared/camera/snapshot-camera.tsx'
import { Notice } from '../../shared/feedback/notice.tsx'
import { problemText } from '../../shared/feedback/problem-text.ts'
import { DropZone } from '../../shared/photos/drop-zone.tsx'
import { NamesakeDialog } from './namesake-dialog.tsx'
import { PhotoTray } from './photo-tray.tsx'
import { type SendOutcome, useRegistration } from './use-registration.ts'

const maxNameLength = 200

interface RegistrationFormProps {
  readonly existing: Person | undefined
  readonly onAgain: () => void
}

/** A name, photos by camera or from files, and what becomes of each. */
export function RegistrationForm({ existing, onAgain }: RegistrationFormProps): ReactNode {
  const t = useTranslations('addPhotos')
  const problems = useTranslations('problems')
  const app = useApp()
  const registration = useRegistration(existing)
  const { photos, person, hints, sending } = registration
  const [name, setName] = useState('')
  const [namesakes, setNamesakes] = useState<readonly Person[]>([])
  /** A name that is there, and of which the user wants to register another person. */
  const [sharedName, setSharedName] = useState<string>()
  const [hint, setHint] = useState<string>()
  const nameField = useRef<HTMLInputElement>(null)
  const snapshots = useRef(0)
  const waiting = photos.filter(({ state }) => state.kind !== 'registered').length
  const done = photos.length - waiting

  const wanted = name.trim()
  const newPerson = (): NewPerson => ({
    name: wanted,
    ifExists: wanted === sharedName ? 'create' : 'refuse',
  })

  /** The server looks for the name and makes the person in one step; only then the user is asked. */
  async function askIfTaken(sending: Promise<SendOutcome>): Promise<void> {
    if ((await sending) === 'sent') return
    try {
      const { items } = await loadPersons(app, { exactName: wanted })
      setNamesakes(items)
      // The person who had the name was deleted just now.
      if (items.length === 0) setHint(problems('internal'))
    } catch (error) {
      setHint(problemText(problems, asProblem(error)))
    }
  }

  async function submit(): Promise<void> {
    if (person) {
      await registration.send(person)
      return
    }
    if (wanted === '') {
      setHint(t('nameMissing'))
      nameField.current?.focus()
      return
    }
    if (waiting === 0) return setHint(t('photoMissing'))
    setHint(undefined)
    return askIfTaken(registration.send(newPerson()))
  }

  function takeSnapshot(blob: Blob): void {
    snapshots.current++
    registration.add([{ name: t('snapshot', { number: snapshots.current }), blob }])
  }

  return (
    <section aria-labelledby="add-photos-title">
      <FormHead existing={existing} />
      <div className="columns">
        <SnapshotCamera hint={t('snapshotHint')} faceGuide onSnapshot={takeSnapshot} />
        <form
          className="panel"
          aria-label={existing ? t('formOf') : t('formNew')}
          onSubmit={(event: FormEvent) => {
            event.preventDefault()
            if (!sending) void submit()
          }}
        >
          {!existing && (
            <label className="field">
              <span>{t('name')}</span>
              <input
                ref={nameField}
                value={name}
                maxLength={maxNameLength}
                autoComplete="off"
                placeholder={t('namePlaceholder')}
                disabled={person !== undefined || sending}
                onChange={(event) => setName(event.target.value)}
              />
            </label>
          )}
          <DropZone
            compact
            multiple
            label={t('choose')}
            onFiles={(files) =>
              registration.add(files.map((file) => ({ name: file.name, blob: file })))
            }
          />
          <PhotoTray
            photos={photos}
            sending={sending}
            onRemove={registration.remove}
            onLargest={(id) => void askIfTaken(registration.sendLargest(id, person ?? newPerson()))}
          />
          {hint && (
            <p className="bad" role="alert">
              {hint}
            </p>
          )}
          {done > 0 && waiting === 0 && person ? (
            <Notice kind="good" title={t('isRegistered', { name: person.name })}>
              {[t('done', { count: person.faceCount }), ...hints, t('goOn')].join(' ')}
            </Notice>
          ) : (
            <button type="submit" className="primary wide" disabled={sending}>
              {t(submitLabel(sending, done, person))}
            </button>
          )}
          {done > 0 && !sending && (
            <div className="row">
              <Link className="button" to="/identify">
                {t('identifyNow')}
              </Link>
              <button type="button" onClick={onAgain}>
                {t('someoneElse')}
              </button>
            </div>
          )}
        </form>
      </div>
      {namesakes.length > 0 && (
        <NamesakeDialog
          name={wanted}
          namesakes={namesakes}
          onCancel={() => setNamesakes([])}
          onChoose={(to) => {
            setNamesakes([])
            if (to === 'another') setSharedName(wanted)
            void registration.send(to === 'another' ? { name: wanted, ifExists: 'create' } : to)
          }}
        />
      )}
    </section>
  )
}

function FormHead({ existing }: { readonly existing: Person | undefined }): ReactNode {
  const t = useTranslations('addPhotos')
  return (
    <div className="view-head">
      <div>
        <h1 id="add-photos-title" tabIndex={-1}>
          {existing ? t.rich('titleOf', { name: () => <bdi>{existing.name}</bdi> }) : t('title')}
        </h1>
        <p className="lead">{existing ? t('leadOf', { count: existing.faceCount }) : t('lead')}</p>
      </div>
      {!existing && (
        <Link className="button" to="/add-photos/many">
          {t('manyPeople')}
        </Link>
      )}
    </div>
  )
}

function submitLabel(
  sending: boolean,
  done: number,
  person: Person | undefined,
): 'sending' | 'sendRest' | 'addTo' | 'register' {
  if (sending) return 'sending'
  if (done > 0) return 'sendRest'
  return person ? 'addTo' : 'register'
}
