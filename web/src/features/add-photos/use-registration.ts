import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { createKey, type Scope } from '../../shared/api/client.ts'
import { type EnrollRequest, enroll, type NewPerson, type Photo } from '../../shared/api/enroll.ts'
import { collectionKey } from '../../shared/api/keys.ts'
import { asProblem, isTemporary } from '../../shared/api/problem.ts'
import type { Enrolment, Person } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { problemText } from '../../shared/feedback/problem-text.ts'
import { hintText, reasonText, turnedText, warningText } from '../../shared/photos/photo-texts.ts'
import type { Texts } from '../../shared/text/texts.ts'

export type PhotoState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'sending' }
  | {
      readonly kind: 'registered'
      readonly alreadyEnrolled: boolean
      /** How the photo was read, where that is worth saying. */
      readonly howRead: string | undefined
      readonly warnings: readonly string[]
    }
  | {
      readonly kind: 'rejected'
      readonly texts: readonly string[]
      /** The user may choose to take the largest of several faces. */
      readonly severalFaces: boolean
    }
  | { readonly kind: 'failed'; readonly text: string }

export interface TrayPhoto {
  readonly id: number
  readonly photo: Photo
  readonly state: PhotoState
}

export interface Registration {
  readonly photos: readonly TrayPhoto[]
  /** The person that photos go to, once it exists. */
  readonly person: Person | undefined
  /** Sentences that say how the person would be found more easily. */
  readonly hints: readonly string[]
  readonly sending: boolean
  readonly add: (files: readonly { readonly name: string; readonly blob: Blob }[]) => void
  readonly remove: (id: number) => void
  /** Sends every photo that is not registered, one after the other. */
  readonly send: (to: Person | NewPerson) => Promise<SendOutcome>
  /** Sends one photo again and takes its largest face. */
  readonly sendLargest: (id: number, to: Person | NewPerson) => Promise<SendOutcome>
}

/** `nameTaken`: nothing was stored, because a person of the new one's name is there. */
export type SendOutcome = 'sent' | 'nameTaken'

const attempts = 4
const defaultRetryMs = 1_500

/** The photos of one registration and what became of each. */
export function useRegistration(existing: Person | undefined): Registration {
  const app = useApp()
  const client = useQueryClient()
  const texts = {
    addPhotos: useTranslations('addPhotos'),
    photos: useTranslations('photos'),
    problems: useTranslations('problems'),
  }
  const [photos, setPhotos] = useState<readonly TrayPhoto[]>([])
  const [created, setCreated] = useState<Person>()
  const [hints, setHints] = useState<readonly string[]>([])
  const [sending, setSending] = useState(false)
  const nextId = useRef(1)

  const setState = useCallback((id: number, state: PhotoState) => {
    setPhotos((all) => all.map((item) => (item.id === id ? { ...item, state } : item)))
  }, [])

  const add = useCallback((files: readonly { name: string; blob: Blob }[]) => {
    const items = files.map(({ name, blob }) => {
      const id = nextId.current++
      return { id, photo: { name, blob }, state: { kind: 'ready' } as const }
    })
    setPhotos((all) => [...all, ...items])
  }, [])

  const remove = useCallback((id: number) => {
    setPhotos((all) => all.filter((item) => item.id !== id))
  }, [])

  async function sendAll(
    items: readonly TrayPhoto[],
    to: Person | NewPerson,
    faces: 'one' | 'largest',
  ): Promise<SendOutcome> {
    setSending(true)
    let outcome: SendOutcome = 'sent'
    let person = 'id' in to ? to : created
    let stored = 0
    for (const { id, photo } of items) {
      setState(id, { kind: 'sending' })
      try {
        const answer = await enrollPatiently(app, {
          person: person ? { id: person.id } : to,
          photos: [photo],
          faces,
          key: createKey(),
        })
        if (answer.person && (person !== undefined || answer.faces.length > 0)) {
          person = answer.person
          setCreated(answer.person)
          setHints(answer.hints.map((hint) => hintText(texts.photos, hint)))
        }
        stored += answer.faces.filter((face) => !face.alreadyEnrolled).length
        setState(id, toState(texts, answer))
      } catch (error) {
        const problem = asProblem(error)
        if (problem.code === 'personExists') {
          setState(id, { kind: 'ready' })
          outcome = 'nameTaken'
          break
        }
        setState(id, { kind: 'failed', text: problemText(texts.problems, problem) })
      }
    }
    setSending(false)
    if (stored > 0) {
      await client.invalidateQueries({ queryKey: collectionKey(app.collection) })
    }
    return outcome
  }

  return {
    photos,
    person: created ?? existing,
    hints,
    sending,
    add,
    remove,
    send: (to) =>
      sendAll(
        photos.filter(({ state }) => state.kind !== 'registered'),
        to,
        'one',
      ),
    sendLargest: (id, to) =>
      sendAll(
        photos.filter((item) => item.id === id),
        to,
        'largest',
      ),
  }
}

async function enrollPatiently(scope: Scope, request: EnrollRequest): Promise<Enrolment> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await enroll(scope, request)
    } catch (error) {
      const problem = asProblem(error)
      if (!isTemporary(problem) || attempt === attempts) throw problem
      await new Promise((resolve) =>
        setTimeout(resolve, problem.details.retryAfterMs ?? defaultRetryMs),
      )
    }
  }
}

interface PhotoTexts {
  readonly addPhotos: Texts<'addPhotos'>
  readonly photos: Texts<'photos'>
}

function toState(t: PhotoTexts, answer: Enrolment): PhotoState {
  const [face] = answer.faces
  if (face) {
    const { alreadyEnrolled, turned = 0, warnings } = face
    return {
      kind: 'registered',
      alreadyEnrolled,
      howRead: turnedText(t.photos, turned),
      warnings: warnings.map((warning) => warningText(t.photos, warning)),
    }
  }
  const reasons = answer.rejected.flatMap((rejection) => rejection.reasons)
  const message = answer.rejected[0]?.message ?? t.addPhotos('notRegistered')
  return {
    kind: 'rejected',
    texts:
      reasons.length > 0
        ? reasons.map((reason) => reasonText(t.photos, reason, message))
        : [message],
    severalFaces: reasons.some((reason) => reason === 'multipleFaces'),
  }
}
