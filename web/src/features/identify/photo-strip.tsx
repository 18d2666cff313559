import { useQueries, useQueryClient } from '@tanstack/react-query'
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { identificationOptions } from '../../shared/api/identify.ts'
import { collectionKey } from '../../shared/api/keys.ts'
import type { Turns } from '../../shared/api/turns.ts'
import { useApp } from '../../shared/app-context.ts'
import { Icon } from '../../shared/icons.tsx'
import { PhotoCanvas } from '../../shared/photos/photo-canvas.tsx'
import type { ProbePhoto } from '../../shared/photos/probe-photo.ts'

/** Twice the shown size, for dense screens. */
const thumbSide = 160

interface PhotoStripProps {
  readonly photos: readonly ProbePhoto[]
  readonly chosen: string
  readonly turns: Turns
  /** Nothing more is sent until the user goes on. */
  readonly stopped: boolean
  readonly onStop: (stopped: boolean) => void
  readonly onChoose: (id: string) => void
  readonly onClear: () => void
}

type State = { readonly kind: 'waiting' | 'problem' } | { readonly kind: 'done'; faces: number }

/** The photos with what became of each. One is looked at; arrow keys go to the others. */
export function PhotoStrip(props: PhotoStripProps): ReactNode {
  const { photos, chosen, turns, stopped, onStop, onChoose, onClear } = props
  const t = useTranslations('identify')
  const app = useApp()
  const client = useQueryClient()
  const states = useQueries({
    queries: photos.map((photo) => ({
      ...identificationOptions(app, photo, turns),
      // Who is in the others is asked again only when they are looked at.
      enabled: ({ state }: { readonly state: { readonly data: unknown } }) =>
        !stopped && state.data === undefined,
    })),
    combine: (results) =>
      results.map(({ data, error }): State => {
        if (data) return { kind: 'done', faces: data.faces.length }
        return { kind: error ? 'problem' : 'waiting' }
      }),
  })
  const count = (kind: State['kind']) => states.filter((state) => state.kind === kind).length
  const isWaiting = count('waiting') > 0
  const problems = count('problem')

  const list = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the chosen one is found in the document
  useEffect(() => {
    list.current
      ?.querySelector('[aria-selected=true]')
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [chosen])

  function step(event: KeyboardEvent): void {
    const at = photos.findIndex(({ id }) => id === chosen)
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowRight: at + 1, ArrowLeft: at - 1 },
      ...{ Home: 0, End: photos.length - 1 },
    }
    const next = photos[steps[event.key] ?? -1]
    if (next === undefined) return
    event.preventDefault()
    onChoose(next.id)
    list.current?.querySelector<HTMLElement>(`[data-photo="${next.id}"]`)?.focus()
  }
  function stop(): void {
    onStop(true)
    void client.cancelQueries({ queryKey: [...collectionKey(app.collection), 'identification'] })
  }

  return (
    <div className="photo-strip">
      <div className="photo-strip-head">
        <p className="muted" aria-live="polite">
          {t('progress', { done: count('done') + problems, count: photos.length })}
          {problems > 0 && ` · ${t('problems', { count: problems })}`}
        </p>
        {isWaiting && (
          <button type="button" className="small" onClick={stopped ? () => onStop(false) : stop}>
            {t(stopped ? 'goOn' : 'stop')}
          </button>
        )}
        <button type="button" className="small quiet" onClick={onClear}>
          {t('removeAll')}
        </button>
      </div>
      {/* One photo needs no strip. */}
      {photos.length > 1 && (
        <div
          ref={list}
          className="photo-strip-list"
          role="tablist"
          aria-label={t('photos')}
          onKeyDown={step}
        >
          {photos.map((photo, index) => (
            <Thumb
              key={photo.id}
              photo={photo}
              state={states[index] ?? { kind: 'waiting' }}
              chosen={photo.id === chosen}
              onChoose={() => onChoose(photo.id)}
            />
          ))}
        </div>
      )}
    </div>
  )
}

interface ThumbProps {
  readonly photo: ProbePhoto
  readonly state: State
  readonly chosen: boolean
  readonly onChoose: () => void
}

function Thumb({ photo, state, chosen, onChoose }: ThumbProps): ReactNode {
  const t = useTranslations('identify')
  const words = state.kind === 'done' ? t('faces', { count: state.faces }) : t(state.kind)
  return (
    <button
      type="button"
      role="tab"
      className={`photo-thumb ${state.kind}`}
      aria-selected={chosen}
      aria-controls={chosen ? 'photo-work' : undefined}
      aria-label={t('photoState', { name: photo.name, state: words })}
      title={photo.name}
      tabIndex={chosen ? 0 : -1}
      data-photo={photo.id}
      onClick={onChoose}
    >
      <PhotoCanvas blob={photo.blob} maxSide={thumbSide} />
      <span className="photo-thumb-state">
        {state.kind === 'done' ? state.faces : <Icon name={thumbIcons[state.kind]} />}
      </span>
    </button>
  )
}

const thumbIcons = { waiting: 'wait', problem: 'alert' } as const
