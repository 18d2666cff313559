import { useQueryClient } from '@tanstack/react-query'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { mergePersons, moveFaces } from '../../../shared/api/corrections.ts'
import { undoEntry } from '../../../shared/api/history.ts'
import { collectionKey } from '../../../shared/api/keys.ts'
import { revokeStatement, stateOfFace } from '../../../shared/api/statements.ts'
import type { Person } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import type { Pair } from '../../../shared/examination/findings.ts'
import { KeyHint } from '../../../shared/keyboard/key-hint.tsx'
import { PersonPair } from '../../../shared/persons/person-pair.tsx'

interface PairCardProps {
  readonly pair: Pair
  /** Of the pair, in its order. */
  readonly persons: readonly [Person, Person]
  /** There was one before: the focus stays with the work. */
  readonly takesFocus: boolean
  readonly onDecided: () => void
  /** What was decided is taken back. */
  readonly onReopened: () => void
}

/** Two persons side by side, and what they may be: each answer by a button or its letter. */
export function PairCard(props: PairCardProps): ReactNode {
  const { pair, persons, takesFocus, onDecided, onReopened } = props
  const t = useTranslations('examination.pairs')
  const shared = useTranslations('shared')
  const app = useApp()
  const client = useQueryClient()
  const keysId = useId()
  const group = useRef<HTMLFieldSetElement>(null)
  useEffect(() => {
    if (takesFocus) group.current?.focus()
  }, [takesFocus])

  // Who has more photographs stays; the other one's face is the one in question.
  const [first, second] = persons
  const isFirst = first.faceCount >= second.faceCount
  const [into, from] = isFirst ? [first, second] : [second, first]
  const fromFace = isFirst ? pair.faceIds[1] : pair.faceIds[0]
  const names = { from: from.name, into: into.name }

  const takeBack = (undo: () => Promise<unknown>) => async () => {
    await undo()
    // Whether the pair is decided is asked again before it is shown.
    await client.invalidateQueries({ queryKey: collectionKey(app.collection) })
    onReopened()
  }
  const takeBackEntry = (entry: string | undefined) =>
    entry === undefined ? undefined : takeBack(() => undoEntry(app, entry))
  const merge = useChange({
    send: () => mergePersons(app, { into: into.id, body: { from: [from.id] }, dryRun: false }),
    done: () => t('merged', names),
    undo: ({ entryId }) => takeBackEntry(entryId),
    onDone: onDecided,
  })
  const move = useChange({
    send: () => moveFaces(app, { faceIds: [fromFace], personId: into.id }),
    done: () => t('moved', names),
    undo: ({ entryId }) => takeBackEntry(entryId),
    onDone: onDecided,
  })
  const reject = useChange({
    send: () => stateOfFace(app, 'rejections', { person: into.id, faceId: fromFace }),
    done: () => t('rejected', { one: first.name, other: second.name }),
    undo: (statement) => takeBack(() => revokeStatement(app, statement)),
    onDone: onDecided,
  })
  const isBusy = merge.isPending || move.isPending || reject.isPending
  const answers = [
    { letter: 'm', label: t('merge'), run: () => merge.run(undefined) },
    { letter: 'f', label: t('move', names), run: () => move.run(undefined) },
    { letter: 'd', label: t('different'), run: () => reject.run(undefined) },
    { letter: 's', label: t('skip'), run: onDecided },
  ]
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || isBusy) return
    const answer = answers.find(({ letter }) => letter === event.key.toLowerCase())
    if (answer === undefined) return
    event.preventDefault()
    answer.run()
  }

  return (
    <fieldset
      ref={group}
      className="pair"
      tabIndex={-1}
      aria-describedby={keysId}
      onKeyDown={press}
    >
      <legend className="visually-hidden">
        {t('group', { one: first.name, other: second.name })}
      </legend>
      <PersonPair
        persons={persons}
        faceIds={pair.faceIds}
        describe={({ faceCount }) => shared('faces', { count: faceCount })}
      />
      <p className="muted">{t('similarity', { value: pair.similarity.toFixed(2) })}</p>
      <div className="actions">
        {answers.map(({ letter, label, run }) => (
          <button
            key={letter}
            type="button"
            className={letter === 'm' ? 'primary' : ''}
            aria-keyshortcuts={letter}
            disabled={isBusy}
            onClick={run}
          >
            {label} <KeyHint>{letter.toUpperCase()}</KeyHint>
          </button>
        ))}
      </div>
      <p className="muted hint">{t('mergeText', { ...names, count: from.faceCount })}</p>
      <p id={keysId} className="muted hint">
        {t('keys')}
      </p>
    </fieldset>
  )
}
