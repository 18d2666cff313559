import type { ExaminedPerson } from './face-owners.ts'

/**
 * Why a person is found less often than others. `onePhotograph`: all faces are of one image;
 * `onlyTurned`: no face looks at the camera; `notFound`: no face is found by the others.
 */
export type PersonWeakness = 'onePhotograph' | 'onlyTurned' | 'notFound'

export const personWeaknesses: readonly PersonWeakness[] = [
  'onePhotograph',
  'onlyTurned',
  'notFound',
]

/** What would help most, for each weakness; the first one of a person is the one to begin with. */
const advice: Readonly<Record<PersonWeakness, string>> = {
  onePhotograph:
    'A second photograph, of another day and from another angle, about halves how often the person is missed.',
  onlyTurned: 'A photograph that looks straight into the camera would help most.',
  notFound:
    'The photographs do not find one another: look whether all of them show the person, then add one like those that are looked up.',
}

/** @param found  how many of the person's faces are found by the others */
export function weaknessesOf(
  person: Pick<ExaminedPerson, 'faces' | 'severalImages' | 'facing'>,
  found: number,
): readonly PersonWeakness[] {
  return [
    ...(person.severalImages ? [] : (['onePhotograph'] as const)),
    ...(person.facing > 0 ? [] : (['onlyTurned'] as const)),
    ...(person.faces < 2 || found > 0 ? [] : (['notFound'] as const)),
  ]
}

/** What would help most; absent for a person without weakness. */
export function adviseOnPerson(weaknesses: readonly PersonWeakness[]): string | undefined {
  const [first] = weaknesses
  return first && advice[first]
}
