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
