import type { ReactNode } from 'react'
import { Icon, type IconName } from './icons.tsx'

interface SegmentedProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly {
    readonly value: Value
    readonly label: string
    readonly icon: IconName
  }[]
  readonly onChange: (value: Value) => void
}

/** A few exclusive choices side by side. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>): ReactNode {
  return (
    <fieldset className="segmented">
      <legend className="visually-hidden">{props.label}</legend>
      {props.options.map(({ value, label, icon }) => (
        <button
          key={value}
          type="button"
          aria-pressed={props.value === value}
          onClick={() => props.onChange(value)}
        >
          <Icon name={icon} /> {label}
        </button>
      ))}
    </fieldset>
  )
}
