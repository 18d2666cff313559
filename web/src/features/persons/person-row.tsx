import { type ReactNode, useId, useState } from 'react'
import { asProblem } from '../../shared/api-client.ts'
import type { Face, Person } from '../../shared/api-types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ConfirmDialog } from '../../shared/confirm-dialog.tsx'
import { Icon } from '../../shared/icons.tsx'
import { count, problemText } from '../../shared/messages.ts'

interface PersonRowProps {
  readonly person: Person
  readonly onDelete: () => void
  readonly onChanged: (person: Person) => void
}

/** A person with the faces on demand. */
export function PersonRow({ person, onDelete, onChanged }: PersonRowProps): ReactNode {
  const { api, collection, refresh, notify } = useApp()
  const [faces, setFaces] = useState<readonly Face[]>()
  const [problem, setProblem] = useState<string>()
  const [deleting, setDeleting] = useState<Face>()
  const facesId = useId()

  async function toggle(): Promise<void> {
    if (faces) return setFaces(undefined)
    try {
      setFaces((await api.faces(collection, person.id)).items)
      setProblem(undefined)
    } catch (error) {
      setProblem(problemText(asProblem(error)))
    }
  }

  async function removeFace(face: Face): Promise<void> {
    try {
      await api.deleteFace(collection, person.id, face.id)
      setFaces((all) => all?.filter(({ id }) => id !== face.id))
      onChanged({ ...person, faceCount: Math.max(0, person.faceCount - 1) })
      notify(`A face of ${person.name} was deleted.`)
      refresh()
    } catch (error) {
      setProblem(problemText(asProblem(error)))
    }
    setDeleting(undefined)
  }

  return (
    <li className="person">
      <div className="person-line">
        <span className="avatar" aria-hidden="true">
          {initials(person.name)}
        </span>
        <div className="person-text">
          <p className="person-name">
            <bdi>{person.name}</bdi>
          </p>
          <p className="muted">
            {count(person.faceCount, 'face')} · since {toDate(person.createdAt)}
          </p>
        </div>
        <div className="person-actions">
          <button
            type="button"
            className="quiet"
            aria-expanded={faces !== undefined}
            aria-controls={facesId}
            aria-label={`Faces of ${person.name}`}
            onClick={() => void toggle()}
          >
            Faces
          </button>
          <a
            className="button quiet"
            href={`#register/${person.id}`}
            aria-label={`Add photos of ${person.name}`}
          >
            Add photos
          </a>
          <button
            type="button"
            className="icon-button"
            aria-label={`Delete ${person.name}`}
            onClick={onDelete}
          >
            <Icon name="trash" />
          </button>
        </div>
      </div>
      {problem && (
        <p className="bad" role="alert">
          {problem}
        </p>
      )}
      <ul id={facesId} className="faces" hidden={faces === undefined}>
        {faces?.length === 0 && <li className="muted">No face is stored.</li>}
        {faces?.map((face, index) => (
          <li key={face.id}>
            <span>
              Face {index + 1}, {toDate(face.createdAt)}
            </span>
            <span className="muted">
              {face.quality ? `${Math.round(face.quality.sizePx)} px` : 'without an image'}
            </span>
            <button
              type="button"
              className="small quiet"
              aria-label={`Delete face ${index + 1} of ${person.name}`}
              onClick={() => setDeleting(face)}
            >
              Delete
            </button>
          </li>
        ))}
      </ul>
      {deleting && (
        <ConfirmDialog
          title={`Delete a face of ${person.name}?`}
          onCancel={() => setDeleting(undefined)}
          onDelete={() => removeFace(deleting)}
        >
          {person.faceCount === 1
            ? 'It is the last one: the person stays in the list but is no longer recognised.'
            : 'It is no longer compared with.'}{' '}
          This cannot be undone.
        </ConfirmDialog>
      )}
    </li>
  )
}

/** The first letters of the first and the last word. */
function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return letters
    .map((word) => [...(word ?? '?')][0] ?? '?')
    .join('')
    .toUpperCase()
}

function toDate(iso: string): string {
  return new Date(iso).toLocaleDateString(undefined, { dateStyle: 'medium' })
}
