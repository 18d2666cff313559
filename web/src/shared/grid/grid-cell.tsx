import type { KeyboardEvent, MouseEvent, ReactNode } from 'react'

interface GridCellProps {
  readonly index: number
  readonly isActive: boolean
  readonly isSelected: boolean
  readonly selectLabel: string
  readonly onFocus: () => void
  readonly onToggle: () => void
  readonly onExtend: () => void
  readonly onKeyDown: (event: KeyboardEvent) => void
  readonly children: ReactNode
}

/** An item of a list with the box that chooses it. */
export function GridCell(props: GridCellProps): ReactNode {
  const { onToggle, onExtend } = props
  // Links inside see only a plain click.
  function choose(event: MouseEvent): void {
    const isCommand = event.ctrlKey || event.metaKey
    if (!event.shiftKey && !isCommand) return
    event.preventDefault()
    event.stopPropagation()
    if (event.shiftKey) onExtend()
    else onToggle()
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table cannot be drawn in parts
    <div
      role="gridcell"
      className="item-cell"
      data-place={props.index}
      tabIndex={props.isActive ? 0 : -1}
      aria-selected={props.isSelected}
      onFocus={props.onFocus}
      onKeyDown={props.onKeyDown}
      onClickCapture={choose}
      onMouseDown={(event) => {
        // Shift would mark text.
        if (!event.shiftKey) return
        event.preventDefault()
        event.currentTarget.focus({ preventScroll: true })
      }}
    >
      {props.children}
      <input
        type="checkbox"
        className="item-check"
        tabIndex={-1}
        aria-label={props.selectLabel}
        checked={props.isSelected}
        onChange={onToggle}
      />
    </div>
  )
}
