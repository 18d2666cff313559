import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../../../shared/icons.tsx'
import { type MetadataRow, parseRows } from './detail-fields.ts'

interface MetadataRowsProps {
  /** JSON of the rows, as {@link parseRows} reads it. */
  readonly value: string
  readonly onChange: (value: string) => void
}

/** Free fields of a person: a key and a text each. */
export function MetadataRows({ value, onChange }: MetadataRowsProps): ReactNode {
  const t = useTranslations('person')
  const rows = parseRows(value)
  const send = (changed: readonly MetadataRow[]) => onChange(JSON.stringify(changed))
  const replace = (index: number, row: MetadataRow) => send(rows.with(index, row))
  return (
    <fieldset className="metadata">
      <legend>{t('field.metadata')}</legend>
      {rows.map(([key, text], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; keys are typed
        <div key={index} className="metadata-row">
          <input
            aria-label={t('metadataKey', { number: index + 1 })}
            value={key}
            onChange={(event) => replace(index, [event.target.value, text])}
          />
          <input
            aria-label={t('metadataValue', { number: index + 1 })}
            value={text}
            onChange={(event) => replace(index, [key, event.target.value])}
          />
          <button
            type="button"
            className="icon-button"
            aria-label={t('removeRow', { number: index + 1 })}
            onClick={() => send(rows.toSpliced(index, 1))}
          >
            <Icon name="cross" />
          </button>
        </div>
      ))}
      <button type="button" className="small" onClick={() => send([...rows, ['', '']])}>
        <Icon name="plus" /> {t('addRow')}
      </button>
    </fieldset>
  )
}
