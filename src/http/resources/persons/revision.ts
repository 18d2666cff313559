import { type TObject, type TOptional, type TString, Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import type { Person, PersonCondition } from '../../../storage/ports/persons.ts'

/** Headers of a change of a person. */
export const ifMatchHeaders: TObject<{ 'if-match': TOptional<TString> }> = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: 200,
      description:
        'The ETag of the person as it was read; `revisionMismatch` when somebody changed the person since. Without it, or with `*`, the change is made in any case.',
      examples: ['"3"'],
    }),
  ),
})

/** The entity tag of a person, which is the revision. */
export function toETag({ revision }: Pick<Person, 'revision'>): string {
  return `"${revision}"`
}

/**
 * The condition that a header says. A tag that is no revision, or a weak one, matches nobody (RFC 9110,
 * 13.1.1).
 *
 * @throws {FaceError} `invalidRequest` for several tags
 */
export function toCondition(ifMatch: string | undefined): PersonCondition {
  const tag = ifMatch?.trim() ?? '*'
  if (tag === '*') return {}
  if (tag.includes(',')) {
    throw new FaceError('invalidRequest', { detail: 'If-Match: give one entity tag.' })
  }
  const revision = /^"([1-9]\d{0,14})"$/.exec(tag)?.[1]
  // No person has the revision 0.
  return { ifRevision: Number(revision ?? 0) }
}
