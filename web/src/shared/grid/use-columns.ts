import { type RefObject, useLayoutEffect, useState } from 'react'

interface Place {
  readonly columns: number
  /** How far below the beginning of the document the list begins, pixels. */
  readonly top: number
}

/**
 * How many columns of a width fit into an element, and where it begins; both follow the size of the
 * window and what stands above.
 *
 * @param minWidthPx  of a column; undefined for a single one
 */
export function useColumns(
  element: RefObject<HTMLElement | null>,
  minWidthPx: number | undefined,
): Place {
  const [place, setPlace] = useState<Place>({ columns: 1, top: 0 })
  useLayoutEffect(() => {
    const measure = () => {
      const box = element.current?.getBoundingClientRect()
      if (box === undefined) return
      const columns = minWidthPx === undefined ? 1 : Math.max(1, Math.floor(box.width / minWidthPx))
      const top = Math.round(box.top + window.scrollY)
      setPlace((before) =>
        before.columns === columns && before.top === top ? before : { columns, top },
      )
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    if (element.current) observer.observe(element.current)
    return () => observer.disconnect()
  }, [element, minWidthPx])
  return place
}
