import type { Person } from '../ports/persons.ts'
import { isUlid } from './pages.ts'

// [Note: Kept answers]
// The answer of an enrolment is kept for a day, for the same request sent again. It holds a name,
// metadata and hashes of images, so it is erased with each person and face that it names, those of
// its warnings included, and a change of what a person is called, or of notes and metadata, is made in it, too. The ids are
// read from the answer itself, so that no caller has to give them.

const idFields: ReadonlySet<string> = new Set(['id', 'personId', 'faceId'])

/** The JSON objects of an answer, outermost first. Metadata is its owner's and not looked into. */
function* objectsOf(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Record<string, unknown>
  for (const [field, inner] of Object.entries(value)) {
    if (field !== 'metadata') yield* objectsOf(inner)
  }
}

/** @returns undefined for an answer that is not JSON, which names nobody */
function parseAnswer(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** The ids of the persons and faces that an answer names, each once; see [Note: Kept answers]. */
export function findSubjects(body: string): readonly string[] {
  const subjects = new Set<string>()
  for (const object of objectsOf(parseAnswer(body))) {
    for (const [field, value] of Object.entries(object)) {
      if (idFields.has(field) && typeof value === 'string' && isUlid(value)) subjects.add(value)
    }
  }
  return [...subjects]
}

const retoldFields = ['name', 'aliases', 'externalId', 'notes', 'metadata', 'revision'] as const

/** What of a person an answer holds that has to be as it is now. */
export type RetoldPerson = Pick<Person, 'id' | (typeof retoldFields)[number]>

/**
 * The answer with the person's present name, notes and so on in place of earlier ones; the same text
 * when they are in it already, or nothing of the person is. See [Note: Kept answers].
 */
export function retellPerson(body: string, person: RetoldPerson): string {
  const answer = parseAnswer(body)
  let changed = false
  const replace = (object: Record<string, unknown>, field: string, value: unknown): void => {
    if (!(field in object) || JSON.stringify(object[field]) === JSON.stringify(value)) return
    // Without a value it is left out of the JSON.
    object[field] = value
    changed = true
  }
  for (const object of objectsOf(answer)) {
    if (object.id === person.id) {
      for (const field of retoldFields) replace(object, field, person[field])
    }
    if (object.personId === person.id) replace(object, 'personName', person.name)
  }
  return changed ? JSON.stringify(answer) : body
}

/** Who has faces now that were another's, and who stands for persons that were merged; by id. */
export interface NewOwners {
  readonly faces: ReadonlyMap<string, string>
  readonly persons: ReadonlyMap<string, string>
}

/**
 * The answer with the present persons of its faces. Where all faces that it tells of have come to one
 * person, that is who was enrolled. Name and metadata are for {@link retellPerson}.
 */
export function retellOwners(body: string, { faces, persons }: NewOwners): string {
  const answer = parseAnswer(body)
  const replace = (object: Record<string, unknown>, field: string, id: string | undefined) => {
    if (id !== undefined && typeof object[field] === 'string') object[field] = id
  }
  for (const object of objectsOf(answer)) {
    for (const field of ['id', 'personId'])
      replace(object, field, persons.get(String(object[field])))
    for (const field of ['id', 'faceId']) {
      replace(object, 'personId', faces.get(String(object[field])))
    }
  }
  const told = answer as {
    readonly person?: { id?: unknown }
    readonly faces?: unknown
    id?: unknown
  }
  const owners = new Set(
    Array.isArray(told?.faces)
      ? told.faces.map(
          (entry: { readonly face?: { readonly personId?: unknown } }) => entry?.face?.personId,
        )
      : [],
  )
  const [owner, ...others] = owners
  if (typeof owner === 'string' && others.length === 0) (told.person ?? told).id = owner
  return JSON.stringify(answer)
}
