import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../shared/api/collections.ts'
import { strangersOptions } from '../../shared/api/strangers.ts'
import type { Stranger } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { Icon } from '../../shared/icons.tsx'
import { KeyChoiceBox, useKeyChoice } from '../../shared/keyboard/key-choice.tsx'
import { KeyHint } from '../../shared/keyboard/key-hint.tsx'
import { useKeys } from '../../shared/keyboard/use-keys.ts'
import { InboxFilters } from './inbox-filters.tsx'
import { KeepUnknown } from './keep-unknown.tsx'
import { StrangerList } from './stranger-list.tsx'
import { StrangerPanel } from './stranger-panel.tsx'
import { useStrangerWork } from './use-stranger-work.ts'
import './unknown.css'

const route = getRouteApi('/unknown')

/** Strangers come while one works. */
const lookAgainMs = 15_000

/** The inbox of people who were seen and are not enrolled: one after the other is decided on. */
export function UnknownView(): ReactNode {
  const t = useTranslations('unknown')
  const app = useApp()
  const { status = 'shown', sort = 'count', stranger: chosen } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: details } = useQuery(collectionOptions(app))
  const list = useInfiniteQuery({
    ...strangersOptions(app, { status, sort }),
    staleTime: 0,
    refetchInterval: lookAgainMs,
  })
  const strangers = list.data?.pages.flatMap(({ items }) => items) ?? []
  const openId = chosen ?? strangers[0]?.id
  const index = strangers.findIndex(({ id }) => id === openId)
  const hasWorked = useRef(false)

  const open = (stranger: Stranger | undefined) =>
    navigate({
      search: ({ stranger: _before, ...others }) =>
        stranger === undefined ? others : { ...others, stranger: stranger.id },
      replace: true,
      resetScroll: false,
    })
  const after = (place: number) => strangers[place + 1] ?? strangers[place - 1]
  const work = useStrangerWork(({ id }) => {
    hasWorked.current = true
    const place = strangers.findIndex((one) => one.id === id)
    void open(after(place))
  })
  const move = (by: number) => {
    const to = strangers[index + by]
    if (to) void open(to)
  }
  const keys = useKeyChoice()
  useKeys({ j: () => move(1), k: () => move(-1) }, keys.enabled)

  const isEmpty = list.isSuccess && strangers.length === 0
  useEffect(() => {
    if (isEmpty && hasWorked.current && document.activeElement === document.body) {
      document.querySelector<HTMLElement>('main h1')?.focus()
    }
  }, [isEmpty])

  return (
    <section aria-labelledby="unknown-title">
      <div className="view-head">
        <div>
          <h1 id="unknown-title" tabIndex={-1}>
            {t('title')}
          </h1>
          <p className="lead">
            {list.isSuccess && !isEmpty
              ? t(list.hasNextPage ? 'countMore' : 'count', { count: strangers.length })
              : t('lead')}
          </p>
        </div>
        <Link className="button" to="/unknown/find">
          <Icon name="search" /> {t('find.link')}
        </Link>
      </div>
      {details && <KeepUnknown kept={details.keepUnknown} />}
      {(details?.keepUnknown !== undefined || strangers.length > 0) && (
        <InboxFilters status={status} sort={sort} />
      )}
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      {isEmpty && chosen === undefined && details?.keepUnknown && (
        <div className="empty">
          <Icon name="question" />
          <p>{t(`none.${status}`)}</p>
        </div>
      )}
      {(strangers.length > 0 || chosen !== undefined) && (
        <div
          className={`inbox ${chosen === undefined ? '' : 'has-chosen'} ${keys.enabled ? '' : 'without-keys'}`}
        >
          <div className="inbox-list">
            <p className="muted inbox-keys">
              {t.rich('moveKeys', { key: (name) => <KeyHint>{String(name)}</KeyHint> })}
            </p>
            {/* Its room is measured when it comes: not before there is something in it. */}
            {strangers.length > 0 && (
              <StrangerList
                strangers={strangers}
                openId={openId}
                onEnd={() => {
                  if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
                }}
              />
            )}
            <KeyChoiceBox choice={keys} />
          </div>
          {openId !== undefined && (
            <StrangerPanel
              key={openId}
              id={openId}
              listed={strangers[index]}
              work={work}
              hasKeys={keys.enabled}
              takesFocus={hasWorked.current}
              onSkip={() => {
                hasWorked.current = true
                void open(after(index))
              }}
              onBack={() => void open(undefined)}
            />
          )}
        </div>
      )}
      {list.isPending && <p className="muted">{t('loading')}</p>}
    </section>
  )
}
