import type { KeyboardEvent } from 'react'

/** What the keys of a list do. */
export interface GridActions {
  /** Puts the focus on one, by its place. */
  readonly moveTo: (index: number) => void
  readonly extendTo: (index: number) => void
  /** Puts the focus on the last, which may have to be loaded first. */
  readonly moveToLast: () => void
  readonly toggle: (index: number) => void
  readonly selectAll: () => void
  readonly clear: () => void
  readonly remove: (() => void) | undefined
  readonly open: ((index: number) => void) | undefined
}

interface GridShape {
  readonly count: number
  readonly columns: number
  /** Rows that a page key passes. */
  readonly pageRows: number
}

/**
 * Answers a key of a list in columns: arrows, Home, End and page keys move, with Shift they choose a
 * range; Space chooses one, Ctrl+A all, Escape none; Enter opens, Delete deletes.
 *
 * @param index  of the item that has the focus
 * @returns whether the key was one of these
 */
export function handleGridKey(
  event: KeyboardEvent,
  index: number,
  { shape, actions }: { readonly shape: GridShape; readonly actions: GridActions },
): boolean {
  const { key, shiftKey } = event
  if (event.altKey) return false
  const command = event.ctrlKey || event.metaKey
  if (key === 'End' && !shiftKey) {
    actions.moveToLast()
    return true
  }
  const target = command && key !== 'Home' ? undefined : targetOf(key, index, shape)
  if (target !== undefined) {
    const place = Math.min(Math.max(target, 0), shape.count - 1)
    if (shiftKey) actions.extendTo(place)
    else actions.moveTo(place)
    return true
  }
  if (command) {
    if (key.toLowerCase() !== 'a') return false
    actions.selectAll()
    return true
  }
  // A control inside of the item has these keys for itself.
  const isItem = event.target === event.currentTarget
  switch (key) {
    case ' ':
      if (!isItem) return false
      actions.toggle(index)
      return true
    case 'Enter':
      if (!isItem || actions.open === undefined) return false
      actions.open(index)
      return true
    case 'Escape':
      actions.clear()
      return true
    case 'Delete':
      if (actions.remove === undefined) return false
      actions.remove()
      return true
    default:
      return false
  }
}

function targetOf(
  key: string,
  index: number,
  { count, columns, pageRows }: GridShape,
): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return index + 1
    case 'ArrowLeft':
      return index - 1
    case 'ArrowDown':
      // From the last but one row into a last one that is shorter.
      return Math.min(index + columns, Math.max(index, count - 1))
    case 'ArrowUp':
      return index - columns < 0 ? index : index - columns
    case 'PageDown':
      return index + columns * pageRows
    case 'PageUp':
      return index - columns * pageRows
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}
