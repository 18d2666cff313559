import { useCallback, useEffect, useRef, useState } from 'react'
import { type Selection, selectionOf } from '../../shared/grid/selection.ts'

/** More ids would make an address that mail programs break. */
const mostInAddress = 40

/**
 * What is chosen; as long as it is a few, it is part of the address, so that it can be sent to
 * somebody.
 *
 * @param text    the ids of the address, with commas between
 * @param setText changes the address
 */
export function useAddressSelection(
  text: string,
  setText: (text: string) => void,
): readonly [Selection, (selection: Selection) => void] {
  const [selection, setSelection] = useState(() => fromAddress(text))
  const sent = useRef(text)
  const send = useRef(setText)
  send.current = setText

  // The address changes by other means, too: a filter, a link, or the way back.
  useEffect(() => {
    if (text === sent.current) return
    sent.current = text
    setSelection(fromAddress(text))
  }, [text])

  const select = useCallback((wanted: Selection) => {
    setSelection(wanted)
    const ids = wanted.ids.size > mostInAddress ? '' : [...wanted.ids].join(',')
    if (ids === sent.current) return
    sent.current = ids
    send.current(ids)
  }, [])
  return [selection, select]
}

function fromAddress(text: string): Selection {
  return selectionOf(text === '' ? [] : text.split(','))
}
