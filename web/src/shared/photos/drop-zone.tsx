import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../icons.tsx'
import { FileField } from './file-field.tsx'
import { useDrop } from './use-drop.ts'
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
  const take = (files: readonly File[]) => onFiles(multiple ? files : files.slice(0, 1))
  const { isOver, handlers } = useDrop((files) => take(files.map(({ file }) => file)))
  const latest = useRef(take)
  latest.current = take

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
      className={`drop-zone ${isOver ? 'over' : ''} ${compact ? 'compact' : ''}`}
      {...handlers}
    >
      <FileField attributes={{ accept: 'image/*', multiple }} onFiles={take}>
        <Icon name="image" />
        <span className="drop-zone-label">{label}</span>
        <span className="drop-zone-hint">{t('drop', { count: multiple ? 2 : 1 })}</span>
      </FileField>
    </div>
  )
}
