import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { BulkEnrollOptions } from '../../shared/api/bulk-enroll.ts'

interface EnrolOptionsProps {
  readonly options: BulkEnrollOptions
  readonly onChange: (options: BulkEnrollOptions) => void
}

const duplicates = ['warn', 'reject', 'ignore'] as const

/** What is done with photographs that are not clear. */
export function EnrolOptions({ options, onChange }: EnrolOptionsProps): ReactNode {
  const t = useTranslations('addMany.options')
  return (
    <details className="enrol-options">
      <summary>{t('title')}</summary>
      <label className="inline-field">
        <span>{t('duplicates')}</span>
        <select
          value={options.duplicates ?? 'warn'}
          onChange={(event) =>
            onChange({
              ...options,
              duplicates: event.target.value as (typeof duplicates)[number],
            })
          }
        >
          {duplicates.map((way) => (
            <option key={way} value={way}>
              {t(way)}
            </option>
          ))}
        </select>
      </label>
      <label className="check-field">
        <input
          type="checkbox"
          checked={options.onAmbiguous === 'first'}
          onChange={(event) =>
            onChange({ ...options, onAmbiguous: event.target.checked ? 'first' : 'reject' })
          }
        />
        <span>{t('firstOfName')}</span>
      </label>
      <label className="check-field">
        <input
          type="checkbox"
          checked={options.faces === 'largest'}
          onChange={(event) =>
            onChange({ ...options, faces: event.target.checked ? 'largest' : 'one' })
          }
        />
        <span>{t('largest')}</span>
      </label>
      <label className="check-field">
        <input
          type="checkbox"
          checked={options.skipQualityGates ?? false}
          onChange={(event) => onChange({ ...options, skipQualityGates: event.target.checked })}
        />
        <span>{t('skipGates')}</span>
      </label>
    </details>
  )
}
