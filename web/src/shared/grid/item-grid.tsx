import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { GridCell } from './grid-cell.tsx'
import { type GridActions, handleGridKey } from './grid-keys.ts'
import { extend, nothingSelected, type Selection, selectionOf, toggle } from './selection.ts'
import { useColumns } from './use-columns.ts'
import './item-grid.css'

/** Something of a list. */
export interface GridItem {
  readonly id: string
}

export interface ItemGridProps<Item extends GridItem> {
  readonly label: string
  readonly items: readonly Item[]
  /** Name of an item, for the box that chooses it. */
  readonly selectLabel: (item: Item) => string
  /** A card or a line; a link or a button inside has `tabIndex={-1}`, as the item has the focus. */
  readonly children: (item: Item) => ReactNode
  /** Width of a column at least, pixels; without it the list has one column. */
  readonly columnPx?: number | undefined
  /** Height of a row before it is drawn, pixels. */
  readonly rowPx: number
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
  readonly onOpen?: (item: Item) => void
  /** The Delete key: what is chosen, else the item with the focus. */
  readonly onDelete?: (ids: readonly string[]) => void
  /** Loads more, called near the end; absent when everything is there. */
  readonly onNearEnd?: (() => void) | undefined
  /** Told the first and the last place that are drawn. */
  readonly onSee?: (first: number, last: number) => void
  /** Loads everything and answers it, for the End key and Ctrl+A. */
  readonly loadAll?: () => Promise<readonly Item[]>
  readonly isBusy?: boolean
}

/** Rows beyond what is seen that are drawn, too. */
const overscan = 4
/** Rows before the end from which more is loaded. */
const nearRows = 12
/** The header that covers the top of the window, pixels. */
const headerPx = 120

/**
 * A list in columns of which only what is seen is drawn, so that it may be of any length; it scrolls
 * with the page. One item is in the order of Tab, arrow keys move, and what is chosen is chosen by
 * mouse (Ctrl, Shift, the box of each item) and keyboard alike.
 */
export function ItemGrid<Item extends GridItem>(props: ItemGridProps<Item>): ReactNode {
  const { items, selection, onSelect, onNearEnd, onSee, loadAll, onDelete } = props
  const list = useRef<HTMLDivElement>(null)
  const { columns, top } = useColumns(list, props.columnPx)
  const rows = Math.ceil(items.length / columns)
  const [activeId, setActiveId] = useState<string>()
  // The item with the focus may have been deleted: its neighbour is in the order of Tab then.
  const lastPlace = useRef(0)
  const found = useMemo(() => {
    if (activeId === undefined) return -1
    // Mostly it is where it was; to look through 100,000 takes milliseconds.
    if (items[lastPlace.current]?.id === activeId) return lastPlace.current
    return items.findIndex(({ id }) => id === activeId)
  }, [items, activeId])
  if (found >= 0) lastPlace.current = found
  const active = found >= 0 ? found : Math.min(lastPlace.current, Math.max(items.length - 1, 0))

  const virtualizer = useWindowVirtualizer({
    count: rows,
    estimateSize: () => props.rowPx,
    overscan,
    scrollMargin: top,
    scrollPaddingStart: headerPx,
    scrollPaddingEnd: 16,
    rangeExtractor: ({ startIndex, endIndex }) => {
      const first = Math.max(0, startIndex - overscan)
      const last = Math.min(rows - 1, endIndex + overscan)
      const drawn = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
      // The item with the focus stays, however far away it is.
      const row = Math.floor(active / columns)
      if (row < rows && (row < first || row > last)) drawn.push(row)
      return drawn.sort((a, b) => a - b)
    },
  })
  const drawn = virtualizer.getVirtualItems()
  const lastDrawn = drawn.at(-1)?.index ?? 0
  useEffect(() => {
    if (lastDrawn >= rows - nearRows) onNearEnd?.()
  }, [lastDrawn, rows, onNearEnd])

  const { startIndex = 0, endIndex = 0 } = virtualizer.range ?? {}
  useEffect(() => {
    onSee?.(startIndex * columns, (endIndex + 1) * columns - 1)
  }, [startIndex, endIndex, columns, onSee])

  const [wanted, setWanted] = useState<{ readonly index: number }>()
  useEffect(() => {
    if (wanted === undefined) return
    const cell = list.current?.querySelector<HTMLElement>(`[data-place="${wanted.index}"]`)
    cell?.focus({ preventScroll: true })
  }, [wanted])

  // What had the focus may be deleted: the focus goes on to its neighbour.
  const hasFocus = useRef(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another list takes the focus away
  useEffect(() => {
    if (hasFocus.current && document.activeElement === document.body) setWanted({ index: active })
  }, [items])
  useEffect(() => {
    return () => {
      if (!hasFocus.current) return
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) document.querySelector('h1')?.focus()
      })
    }
  }, [])

  const idAt = (index: number): string => items[index]?.id ?? ''
  const order = (): readonly string[] => items.map(({ id }) => id)
  function moveTo(index: number, among: readonly Item[] = items): void {
    setActiveId(among[index]?.id)
    virtualizer.scrollToIndex(Math.floor(index / columns))
    setWanted({ index })
  }
  function extendTo(index: number, from = active): void {
    onSelect(extend(selection, order(), { from: idAt(from), to: idAt(index) }))
    moveTo(index)
  }
  const actions: GridActions = {
    moveTo,
    extendTo,
    toggle: (index) => onSelect(toggle(selection, idAt(index))),
    clear: () => onSelect(nothingSelected),
    selectAll: () => void selectAll(),
    moveToLast: () => void moveToLast(),
    remove:
      onDelete && (() => onDelete(selection.ids.size > 0 ? [...selection.ids] : [idAt(active)])),
    open: props.onOpen && ((index) => items[index] && props.onOpen?.(items[index])),
  }
  async function selectAll(): Promise<void> {
    onSelect(selectionOf(order()))
    if (loadAll) onSelect(selectionOf((await loadAll()).map(({ id }) => id)))
  }
  const [jumpTo, setJumpTo] = useState<string>()
  async function moveToLast(): Promise<void> {
    const all = loadAll ? await loadAll() : items
    setJumpTo(all.at(-1)?.id)
  }
  // What was loaded is drawn with one of the next renders.
  useEffect(() => {
    const index = items.length - 1
    if (jumpTo === undefined || items[index]?.id !== jumpTo) return
    setJumpTo(undefined)
    setActiveId(jumpTo)
    virtualizer.scrollToIndex(Math.floor(index / columns))
    setWanted({ index })
  }, [jumpTo, items, columns, virtualizer])

  const pageRows = Math.max(1, Math.floor(window.innerHeight / props.rowPx) - 1)
  const shape = { count: items.length, columns, pageRows }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table cannot be drawn in parts
    <div
      ref={list}
      role="grid"
      className="item-grid"
      aria-label={props.label}
      aria-multiselectable="true"
      aria-rowcount={onNearEnd === undefined ? rows : -1}
      aria-busy={props.isBusy ?? false}
      style={{ height: virtualizer.getTotalSize() }}
      onFocus={() => {
        hasFocus.current = true
      }}
      onBlur={() => {
        hasFocus.current = false
      }}
    >
      {drawn.map((row) => (
        // biome-ignore lint/a11y/useSemanticElements: a table cannot be drawn in parts
        // biome-ignore lint/a11y/useFocusableInteractive: its cells have the focus
        <div
          key={row.key}
          ref={virtualizer.measureElement}
          role="row"
          className="item-row"
          aria-rowindex={row.index + 1}
          data-index={row.index}
          style={{
            gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            transform: `translateY(${row.start - top}px)`,
          }}
        >
          {items.slice(row.index * columns, (row.index + 1) * columns).map((item, column) => {
            const index = row.index * columns + column
            return (
              <GridCell
                key={item.id}
                index={index}
                isActive={index === active}
                isSelected={selection.ids.has(item.id)}
                selectLabel={props.selectLabel(item)}
                onFocus={() => setActiveId(item.id)}
                onToggle={() => actions.toggle(index)}
                onExtend={() => extendTo(index)}
                onKeyDown={(event) => {
                  if (handleGridKey(event, index, { shape, actions })) event.preventDefault()
                }}
              >
                {props.children(item)}
              </GridCell>
            )
          })}
        </div>
      ))}
    </div>
  )
}
