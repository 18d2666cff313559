import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { sightingOptions } from '../../shared/api/sightings.ts'
import type { Stranger } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { CoverPhoto } from './sighting-photo.tsx'
import './stranger-list.css'

/** Estimate of a row's height, pixels; the true one is measured. */
const rowPx = 76
/** Rows beyond those that are seen. */
const overscan = 6

interface StrangerListProps {
  readonly strangers: readonly Stranger[]
  readonly openId: string | undefined
  /** Loads the next page, where there is one. */
  readonly onEnd: () => void
}

/** The strangers; only those in sight are in the document. */
export function StrangerList({ strangers, openId, onEnd }: StrangerListProps): ReactNode {
  const t = useTranslations('unknown')
  const frame = useRef<HTMLUListElement>(null)
  const rows = useVirtualizer({
    count: strangers.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowPx,
    getItemKey: (index) => strangers[index]?.id ?? index,
    overscan,
  })
  const shown = rows.getVirtualItems()
  const last = shown.at(-1)?.index ?? 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: onEnd is another function each time
  useEffect(() => {
    if (last >= strangers.length - overscan) onEnd()
  }, [last, strangers.length])
  const openIndex = strangers.findIndex(({ id }) => id === openId)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another row scrolls the list
  useEffect(() => {
    // The first one is in sight when the list comes.
    if (openIndex > 0 || (openIndex === 0 && rows.scrollOffset))
      rows.scrollToIndex(openIndex, { align: 'auto' })
  }, [openIndex])

  return (
    <ul ref={frame} className="stranger-list" aria-label={t('strangers')} tabIndex={-1}>
      <li className="stranger-list-height" style={{ height: rows.getTotalSize() }} aria-hidden />
      {shown.map(({ index, key, start }) => {
        const stranger = strangers[index]
        return (
          stranger && (
            <li
              key={key}
              ref={rows.measureElement}
              className="stranger-row"
              data-index={index}
              style={{ transform: `translateY(${start}px)` }}
              aria-setsize={strangers.length}
              aria-posinset={index + 1}
            >
              <StrangerLink stranger={stranger} isOpen={stranger.id === openId} />
            </li>
          )
        )
      })}
    </ul>
  )
}

interface StrangerLinkProps {
  readonly stranger: Stranger
  readonly isOpen: boolean
}

function StrangerLink({ stranger, isOpen }: StrangerLinkProps): ReactNode {
  const t = useTranslations('unknown')
  const { id, count, coverId, firstSeenAt, lastSeenAt } = stranger
  const cover = useQuery({ ...sightingOptions(useApp(), coverId), retry: false })
  const times = { first: new Date(firstSeenAt), last: new Date(lastSeenAt) }
  return (
    <Link
      from="/unknown"
      to="/unknown"
      search={(before) => ({ ...before, stranger: id })}
      className="stranger-link"
      // The router says so itself of the one that the address names.
      aria-current={isOpen ? 'true' : undefined}
      preload={false}
      resetScroll={false}
    >
      <CoverPhoto coverId={coverId} />
      <span className="stranger-text">
        <span className="stranger-count">{t('seen', { count })}</span>
        <span className="muted">{t(count === 1 ? 'when' : 'lastSeen', times)}</span>
        {cover.data?.source !== undefined && <span className="muted">{cover.data.source}</span>}
      </span>
    </Link>
  )
}
