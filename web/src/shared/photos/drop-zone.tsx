import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../icons.tsx'
import './drop-zone.css'

interface DropZoneProps {
  readonly label: string
  readonly multiple: boolean
  readonly compact?: boolean
  readonly onFiles: (files: readonly File[]) => void
}

/** Takes image files by dialog, drag and drop, or paste. The file field is the keyboard's way. */
export function DropZone({ label, multiple, compact = false, onFiles }: DropZoneProps): ReactNode {
  const t = useTranslations('shared')
  const [over, setOver] = useState(false)
  const id = useId()
  const latest = useRef(onFiles)
  latest.current = onFiles

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])]
      if (files.length > 0) latest.current(files)
    }
    document.addEventListener('paste', paste)
    return () => document.removeEventListener('paste', paste)
  }, [])

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for several fields
    <div
      role="group"
      aria-label={label}
      className={`drop-zone ${over ? 'over' : ''} ${compact ? 'compact' : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        const files = [...event.dataTransfer.files]
        if (files.length > 0) onFiles(multiple ? files : files.slice(0, 1))
      }}
    >
      <input
        id={id}
        type="file"
        accept="image/*"
        multiple={multiple}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          // The same file may be chosen twice in a row.
          event.target.value = ''
          if (files.length > 0) onFiles(files)
        }}
      />
      <label htmlFor={id}>
        <Icon name="image" />
        <span className="drop-zone-label">{label}</span>
        <span className="drop-zone-hint">{t('drop', { count: multiple ? 2 : 1 })}</span>
      </label>
    </div>
  )
}
