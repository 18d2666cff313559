import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { personOptions } from '../../shared/api/persons.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { PersonPicker } from '../../shared/persons/person-picker.tsx'
import { DropZone } from '../../shared/photos/drop-zone.tsx'
import { PhotoCanvas } from '../../shared/photos/photo-canvas.tsx'
import { EraseFace } from './erase-face.tsx'
import { PersonSightings, SimilarSightings } from './found-sightings.tsx'
import './find-face.css'

const route = getRouteApi('/unknown/find')

/** Twice the shown size, for dense screens. */
const longestSide = 320

/** Looks among the sightings for the face of a photograph, or lists those of a person. */
export function FindFaceView(): ReactNode {
  const t = useTranslations('unknown.find')
  const { person } = route.useSearch()
  const navigate = route.useNavigate()
  const [photo, setPhoto] = useState<File>()
  const [asking, setAsking] = useState(false)

  const choosePerson = (id: string | undefined) =>
    void navigate({
      search: ({ person: _before, ...others }) =>
        id === undefined ? others : { ...others, person: id },
      replace: true,
    })

  return (
    <section aria-labelledby="find-face-title">
      <div className="view-head">
        <div>
          <h1 id="find-face-title" tabIndex={-1}>
            {t('title')}
          </h1>
          <p className="lead">{t('lead')}</p>
        </div>
        <Link className="button" to="/unknown">
          {t('back')}
        </Link>
      </div>
      <div className="find-face-ways">
        <DropZone
          compact
          multiple={false}
          label={t('choosePhoto')}
          onFiles={([file]) => {
            choosePerson(undefined)
            setPhoto(file)
          }}
        />
        <button type="button" onClick={() => setAsking(true)}>
          {t('choosePerson')}
        </button>
      </div>
      {asking && (
        <PersonPicker
          title={t('whose')}
          allowNew={false}
          onCancel={() => setAsking(false)}
          onChoose={(choice) => {
            setAsking(false)
            setPhoto(undefined)
            if (choice.kind === 'person') choosePerson(choice.person.id)
          }}
        />
      )}
      {person !== undefined && <OfPerson id={person} />}
      {person === undefined && photo && (
        <div className="columns find-face-columns">
          <SimilarSightings key={photoKey(photo)} photo={photo} />
          <div className="panel">
            <h2>{t('photo')}</h2>
            <PhotoCanvas blob={photo} label={photo.name} maxSide={longestSide} />
            <EraseFace key={photoKey(photo)} photo={photo} />
          </div>
        </div>
      )}
    </section>
  )
}

function OfPerson({ id }: { readonly id: string }): ReactNode {
  const t = useTranslations('unknown.find')
  const person = useQuery(personOptions(useApp(), id))
  return (
    <>
      <ProblemNotice error={person.error} />
      {person.data && (
        <>
          <h2>{t('ofPerson', { name: person.data.name })}</h2>
          <PersonSightings person={id} />
        </>
      )}
    </>
  )
}

/** Another file of the same name is another photograph. */
export function photoKey({ name, size, lastModified }: File): string {
  return `${name} ${size} ${lastModified}`
}
