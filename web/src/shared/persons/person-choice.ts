import type { NewPerson } from '../api/enroll.ts'
import type { Person } from '../api/types.ts'

/** A person that a list of suggestions offers. */
export interface PersonSuggestion extends Pick<Person, 'id' | 'name'> {
  /** The face whose picture is shown; initials without one. */
  readonly faceId?: string | undefined
  /** Why the person is suggested, in a few words. */
  readonly note?: string
}

/** Somebody who is enrolled, or the name of somebody to be made. */
export type PersonChoice =
  | { readonly kind: 'person'; readonly person: Pick<Person, 'id' | 'name'> }
  | {
      readonly kind: 'new'
      readonly name: string
      /** The list showed somebody of this name, so that another one is wanted. */
      readonly hasNamesake: boolean
    }

/** The person of an enrolment; a name that the list did not show anybody of is not given twice. */
export function toEnrolled(choice: PersonChoice): { readonly id: string } | NewPerson {
  if (choice.kind === 'person') return { id: choice.person.id }
  return { name: choice.name, ifExists: choice.hasNamesake ? 'create' : 'refuse' }
}

/** What the chosen one is called. */
export function chosenName(choice: PersonChoice): string {
  return choice.kind === 'person' ? choice.person.name : choice.name
}
