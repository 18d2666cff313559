import { type ReactNode, useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../../shared/icons.tsx'
import { readDropped } from './dropped-files.ts'
import type { ChosenFile } from './selection.ts'
import './choose-photos.css'

/** Takes a folder, an archive, or photographs with a table, by dialog or by dropping them. */
export function ChoosePhotos({
  onFiles,
}: {
  readonly onFiles: (files: readonly ChosenFile[]) => void
}): ReactNode {
  const t = useTranslations('addMany')
  const [over, setOver] = useState(false)
  const take = (files: readonly ChosenFile[]) => {
    if (files.length > 0) onFiles(files)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for several fields
    <div
      role="group"
      aria-label={t('choose')}
      className={`choose-photos ${over ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        void readDropped(event.dataTransfer).then(take)
      }}
    >
      <Icon name="image" />
      <p>{t('drop')}</p>
      <div className="choose-photos-ways">
        <FileButton label={t('chooseFolder')} attributes={{ webkitdirectory: '' }} onFiles={take} />
        <FileButton
          label={t('chooseFiles')}
          attributes={{ multiple: true, accept: 'image/*,.zip,.tar,.tgz,.gz,.csv' }}
          onFiles={take}
        />
      </div>
      <p className="muted">{t('how')}</p>
    </div>
  )
}

interface FileButtonProps {
  readonly label: string
  /** `webkitdirectory` is an attribute that all browsers know and no type lists. */
  readonly attributes: Readonly<Record<string, string | boolean>>
  readonly onFiles: (files: readonly ChosenFile[]) => void
}

function FileButton({ label, attributes, onFiles }: FileButtonProps): ReactNode {
  const id = useId()
  return (
    <span className="file-button">
      <input
        id={id}
        type="file"
        {...attributes}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          // The same files may be chosen twice in a row.
          event.target.value = ''
          onFiles(files.map((file) => ({ path: file.webkitRelativePath || file.name, file })))
        }}
      />
      <label htmlFor={id} className="button">
        {label}
      </label>
    </span>
  )
}
