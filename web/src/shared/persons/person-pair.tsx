import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Person } from '../api/types.ts'
import { FacePhoto } from '../photos/face-photo.tsx'
import './person-pair.css'

interface PersonPairProps {
  readonly persons: readonly [Person, Person]
  /** The faces that are compared, in the same order. */
  readonly faceIds: readonly [string, string]
  /** Small print under each name. */
  readonly describe: (person: Person) => string
}

/** Two persons side by side, by the faces in which they are alike. */
export function PersonPair({ persons, faceIds, describe }: PersonPairProps): ReactNode {
  return (
    <div className="person-pair">
      {persons.map((person, index) => (
        <div key={person.id} className="person-pair-one">
          <FacePhoto person={person} faceId={faceIds[index]} />
          <p className="person-pair-name">
            <Link to="/people/$person" params={{ person: person.id }}>
              <bdi>{person.name}</bdi>
            </Link>
          </p>
          <p className="muted">{describe(person)}</p>
        </div>
      ))}
    </div>
  )
}
