import { consentStateOf } from '../core/consent.ts'
import { FaceError, isFaceError } from '../core/errors.ts'
import type { ChangedPerson, PersonCondition } from '../storage/ports/persons.ts'
import type { ChangedPersons } from './bulk-persons.ts'

/** How a consent is withdrawn. */
export interface WithdrawOptions extends PersonCondition {
  /** From when, ISO 8601; default: now. */
  readonly at?: string
}

/** How often it is tried again when somebody else changed the person meanwhile. */
const maxAttempts = 5

/**
 * Withdraws the consent of a person, whatever else it says. One that was withdrawn stays as it is.
 *
 * @throws {FaceError} `consentRequired` when there is none; `personNotFound`, `revisionMismatch`,
 *   `invalidOption`
 */
export async function withdrawConsent(
  persons: Pick<ChangedPersons, 'get' | 'update'>,
  collectionId: string,
  { personId, at, ifRevision }: WithdrawOptions & { readonly personId: string },
): Promise<ChangedPerson> {
  for (let attempt = 1; ; attempt++) {
    const person = await persons.get(collectionId, personId)
    const { consent, revision } = person
    if (ifRevision !== undefined && ifRevision !== revision) {
      throw new FaceError('revisionMismatch', { info: { revision } })
    }
    if (consent === undefined) {
      throw new FaceError('consentRequired', {
        detail: 'There is none to withdraw.',
        info: { state: 'missing' },
      })
    }
    const now = new Date().toISOString()
    if (consentStateOf(consent, now) === 'withdrawn') return person
    const patch = { consent: { ...consent, withdrawnAt: at ?? now } }
    try {
      return await persons.update(collectionId, personId, patch, { ifRevision: revision })
    } catch (error) {
      const mayRetry = ifRevision === undefined && attempt < maxAttempts
      if (!mayRetry || !isFaceError(error, 'revisionMismatch')) throw error
    }
  }
}
