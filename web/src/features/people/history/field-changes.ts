import type { HistoryDetails } from '../../../shared/api/types.ts'

/** A field of a person before and after a change, as texts; empty where there was none. */
interface FieldChange {
  readonly id: string
  readonly field: string
  readonly before: string
  readonly after: string
}

/** What an entry changed: the fields of persons one by one, faces by their number. */
export function toFieldChanges({ transitions }: HistoryDetails): {
  readonly changes: readonly FieldChange[]
  readonly faces: number
} {
  const changes = transitions
    .filter(({ record }) => record === 'person')
    .flatMap(({ id, before, after }) => {
      const [was, is] = [toObject(before), toObject(after)]
      return [...new Set([...Object.keys(was), ...Object.keys(is)])]
        .map((field) => ({ id, field, before: toText(was[field]), after: toText(is[field]) }))
        .filter((change) => change.before !== change.after)
    })
  return { changes, faces: transitions.filter(({ record }) => record === 'face').length }
}

function toObject(state: unknown): Readonly<Record<string, unknown>> {
  return typeof state === 'object' && state !== null ? { ...state } : {}
}

/** Empty lists and `false` say nothing: they are what a person has without anything said. */
function toText(value: unknown): string {
  if (value === undefined || value === null || value === false) return ''
  if (value === true) return '✓'
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(toText).join(', ')
  const text = JSON.stringify(value)
  return text === '{}' ? '' : text
}
