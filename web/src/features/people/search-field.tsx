import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../../shared/icons.tsx'

const typingMs = 250

/** The words that the list is searched by; they go into the address when the typing rests. */
export function SearchField({ value }: { readonly value: string }): ReactNode {
  const t = useTranslations('people')
  const navigate = useNavigate({ from: '/people' })
  const [text, setText] = useState(value)
  const wanted = text.trim()

  const sent = useRef(value)
  // The address changes by other means, too: a link, or the way back.
  useEffect(() => {
    if (value === sent.current) return
    sent.current = value
    setText(value)
  }, [value])
  useEffect(() => {
    if (wanted === value) return
    const timer = setTimeout(() => {
      sent.current = wanted
      void navigate({
        search: ({ query: _query, ...others }) =>
          wanted === '' ? others : { ...others, query: wanted },
        replace: true,
      })
    }, typingMs)
    return () => clearTimeout(timer)
  }, [wanted, value, navigate])

  return (
    <search className="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label={t('search')}
        placeholder={t('search')}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </search>
  )
}
