import { useTranslations } from 'use-intl'
import { createKey } from '../../../shared/api/client.ts'
import { enroll } from '../../../shared/api/enroll.ts'
import { ApiProblem } from '../../../shared/api/problem.ts'
import type { Enrolment } from '../../../shared/api/types.ts'
import { type Change, useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { chosenName, type PersonChoice, toEnrolled } from '../../../shared/persons/person-choice.ts'
import { reasonText } from '../../../shared/photos/photo-texts.ts'
import type { TakenPose } from './use-pose-capture.ts'

interface PosesOfPerson {
  readonly choice: PersonChoice
  readonly taken: readonly TakenPose[]
}

/** Enrols the pictures of a person at once: one change, one Undo. */
export function useEnrolPoses(onDone: () => void): Change<PosesOfPerson, Enrolment> {
  const t = useTranslations('live.guide')
  const photos = useTranslations('photos')
  const scope = useApp()
  return useChange({
    send: async ({ choice, taken }: PosesOfPerson) => {
      const answer = await enroll(scope, {
        person: toEnrolled(choice),
        photos: taken.map(({ pose, blob }) => ({ name: `${pose}.jpg`, blob })),
        faces: 'largest',
        key: createKey(),
      })
      const [refused] = answer.rejected
      if (answer.faces.length > 0 || refused === undefined) return answer
      const { reasons, message } = refused
      throw new ApiProblem(
        'rejected',
        reasons.map((reason) => reasonText(photos, reason, message)).join(' ') || message,
      )
    },
    onDone,
    done: ({ faces, rejected }, { choice }) =>
      t('registered', {
        name: chosenName(choice),
        count: faces.length,
        rejected: rejected.length,
      }),
    // A person who came with these pictures goes with them.
    undo: ({ entryId }) => entryId,
  })
}
