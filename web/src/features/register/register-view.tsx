import { type ReactNode, useEffect, useRef, useState } from 'react'
import { type ApiProblem, asProblem, type NewPerson } from '../../shared/api-client.ts'
import type { Person } from '../../shared/api-types.ts'
import { useApp } from '../../shared/app-context.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { DropZone } from '../../shared/drop-zone.tsx'
import { count, problemText } from '../../shared/messages.ts'
import { Notice } from '../../shared/notice.tsx'
import { PhotoTray } from './photo-tray.tsx'
import { SnapshotCamera } from './snapshot-camera.tsx'
import { type SendOutcome, useRegistration } from './use-registration.ts'

const maxNameLength = 200

/** Registers a new person, or adds photos to a person (`personId`). */
export function RegisterView({ personId }: { readonly personId: string | undefined }): ReactNode {
  const { api, collection } = useApp()
  const [existing, setExisting] = useState<Person>()
  const [problem, setProblem] = useState<ApiProblem>()
  const [round, setRound] = useState(0)

  useEffect(() => {
    if (personId === undefined) return
    let gone = false
    api.person(collection, personId).then(
      (person) => !gone && setExisting(person),
      (error) => !gone && setProblem(asProblem(error)),
    )
    return () => {
      gone = true
    }
  }, [api, collection, personId])

  if (problem) return <Notice kind="bad">{problemText(problem)}</Notice>
  if (personId !== undefined && existing === undefined) return <p className="muted">Loading …</p>
  return (
    <RegistrationForm
      key={round}
      existing={existing}
      onAgain={() => {
        if (personId !== undefined) window.location.hash = '#register'
        else setRound(round + 1)
      }}
    />
  )
}

interface RegistrationFormProps {
  readonly existing: Person | undefined
  readonly onAgain: () => void
}

function RegistrationForm({ existing, onAgain }: RegistrationFormProps): ReactNode {
  const { api, collection } = useApp()
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
      const { items } = await api.persons(collection, { exactName: wanted })
      setNamesakes(items)
      // The person who had the name was deleted just now.
      if (items.length === 0) setHint('Try again.')
    } catch (error) {
      setHint(problemText(asProblem(error)))
    }
  }

  async function submit(): Promise<void> {
    if (person) {
      await registration.send(person)
      return
    }
    if (wanted === '') {
      setHint('Enter a name first.')
      nameField.current?.focus()
      return
    }
    if (waiting === 0) return setHint('Add at least one photo.')
    setHint(undefined)
    return askIfTaken(registration.send(newPerson()))
  }

  return (
    <section aria-labelledby="register-title">
      <div className="view-head">
        <div>
          <h1 id="register-title" tabIndex={-1}>
            {existing ? (
              <>
                Add photos of <bdi>{existing.name}</bdi>
              </>
            ) : (
              'Register'
            )}
          </h1>
          <p className="lead">
            {existing
              ? `${count(existing.faceCount, 'face')} so far. Different light and angles help.`
              : 'A name and one clear photo of the face, by camera or from a file.'}
          </p>
        </div>
      </div>
      <div className="columns">
        <SnapshotCamera
          onSnapshot={(blob) => {
            snapshots.current++
            registration.add([{ name: `Snapshot ${snapshots.current}.jpg`, blob }])
          }}
        />
        <form
          className="panel"
          aria-label={existing ? 'Photos to add' : 'Person to register'}
          onSubmit={(event) => {
            event.preventDefault()
            if (!sending) void submit()
          }}
        >
          {!existing && (
            <label className="field">
              <span>Name</span>
              <input
                ref={nameField}
                value={name}
                maxLength={maxNameLength}
                autoComplete="off"
                placeholder="For instance Ann"
                disabled={person !== undefined || sending}
                onChange={(event) => setName(event.target.value)}
              />
            </label>
          )}
          <DropZone
            compact
            multiple
            label="Choose photos"
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
            <Notice kind="good" title={`${person.name} is registered`}>
              {[`${count(person.faceCount, 'face')}.`, ...hints, 'Add more photos, or go on.'].join(
                ' ',
              )}
            </Notice>
          ) : (
            <button type="submit" className="primary wide" disabled={sending}>
              {submitLabel(sending, done, person)}
            </button>
          )}
          {done > 0 && !sending && (
            <div className="row">
              <a className="button" href="#recognise">
                Recognise now
              </a>
              <button type="button" onClick={onAgain}>
                Register someone else
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

function submitLabel(sending: boolean, done: number, person: Person | undefined): string {
  if (sending) return 'Analysing …'
  if (done > 0) return 'Try the rest again'
  return person ? 'Add photos' : 'Register'
}

interface NamesakeDialogProps {
  readonly name: string
  readonly namesakes: readonly Person[]
  readonly onCancel: () => void
  readonly onChoose: (to: Person | 'another') => void
}

/** Names are not unique: the user says whether a known name means the same person. */
function NamesakeDialog({ name, namesakes, onCancel, onChoose }: NamesakeDialogProps): ReactNode {
  return (
    <Dialog title={`${name} is registered already`} onCancel={onCancel}>
      <p>Are these photos of the same person, or of somebody else with this name?</p>
      <div className="dialog-actions stacked">
        {namesakes.slice(0, 3).map((person) => (
          <button
            key={person.id}
            type="button"
            className={namesakes.length === 1 ? 'primary' : ''}
            onClick={() => onChoose(person)}
          >
            Same person: add to {person.name} ({count(person.faceCount, 'face')})
          </button>
        ))}
        <button type="button" onClick={() => onChoose('another')}>
          Somebody else: register another {name}
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </Dialog>
  )
}
