import { useTranslations } from 'use-intl'
import { createKey } from '../../shared/api/client.ts'
import { enroll } from '../../shared/api/enroll.ts'
import { ApiProblem } from '../../shared/api/problem.ts'
import { confirmPerson, rejectPerson, revokeStatement } from '../../shared/api/statements.ts'
import type { Enrolment, Stated, Statement } from '../../shared/api/types.ts'
import { type Change, useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { chosenName, type PersonChoice, toEnrolled } from '../../shared/persons/person-choice.ts'
import { reasonText } from '../../shared/photos/photo-texts.ts'

/** A face and whom it is about. */
export interface FaceAndPerson {
  readonly image: Blob
  readonly person: { readonly id: string; readonly name: string }
}

export interface FaceAndChoice {
  readonly image: Blob
  readonly fileName: string
  readonly choice: PersonChoice
}

export interface StatementOfPerson {
  readonly statement: Pick<Statement, 'id' | 'kind' | 'personId'>
  readonly name: string
  /** Says it again when it is taken back by mistake. */
  readonly image: Blob
}

export interface FaceChanges {
  readonly confirm: Change<FaceAndPerson, Stated>
  readonly reject: Change<FaceAndPerson, Stated>
  readonly takeBack: Change<StatementOfPerson, void>
  readonly enroll: Change<FaceAndChoice, Enrolment>
}

/** What can be said of a face, each with its Undo. */
export function useFaceChanges(): FaceChanges {
  const t = useTranslations('identify')
  const photos = useTranslations('photos')
  const scope = useApp()

  const say = {
    confirmation: (person: string, image: Blob) => confirmPerson(scope, { person, image }),
    rejection: (person: string, image: Blob) => rejectPerson(scope, { person, image }),
  }
  // The newer word on the same face replaces the older one, which the undo says again.
  const unsay = async ({ statement, revoked }: Stated, { image, person }: FaceAndPerson) => {
    if (revoked) await say[revoked.kind](person.id, image)
    else await revokeStatement(scope, statement)
  }
  const undoOf = (stated: Stated, said: FaceAndPerson) =>
    stated.alreadyStated ? undefined : () => unsay(stated, said)

  return {
    confirm: useChange({
      send: ({ person, image }: FaceAndPerson) => say.confirmation(person.id, image),
      done: (_stated, { person }) => t('didConfirm', { name: person.name }),
      undo: undoOf,
    }),
    reject: useChange({
      send: ({ person, image }: FaceAndPerson) => say.rejection(person.id, image),
      done: (_stated, { person }) => t('didReject', { name: person.name }),
      undo: undoOf,
    }),
    takeBack: useChange({
      send: ({ statement }: StatementOfPerson) => revokeStatement(scope, statement),
      done: (_nothing, { name }) => t('didTakeBack', { name }),
      undo:
        (_nothing, { statement, image }) =>
        () =>
          say[statement.kind](statement.personId, image),
    }),
    enroll: useChange({
      send: async ({ image, fileName, choice }: FaceAndChoice) => {
        const answer = await enroll(scope, {
          person: toEnrolled(choice),
          photos: [{ name: fileName, blob: image }],
          faces: 'largest',
          key: createKey(),
        })
        const [refused] = answer.rejected
        if (answer.faces.length > 0 || refused === undefined) return answer
        const { reasons, message } = refused
        const words = reasons.map((reason) => reasonText(photos, reason, message))
        throw new ApiProblem('rejected', words.join(' ') || message)
      },
      done: ({ faces }, { choice }) => {
        const name = chosenName(choice)
        if (faces[0]?.alreadyEnrolled) return t('didHave', { name })
        return t(choice.kind === 'new' ? 'didEnroll' : 'didAdd', { name })
      },
      // A person who came with this face goes with it.
      undo: ({ entryId }) => entryId,
    }),
  }
}
